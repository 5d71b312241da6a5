"""Phantoms: made-up axial head slices, with and without a lesion, for tests and quick starts.

A phantom is drawn from a seed with nothing downloaded, so anyone can run the whole pipeline without
patient data. It is no patient and says nothing about patients: whatever was trained or measured on
phantoms must be reported as synthetic (`is_synthetic`).

A classifier must find the lesion, not a shortcut. So head, weighting, brightness, noise and
everything else in which scans vary are drawn from streams that do not know the class: the same seed
with and without a lesion is the same scan of the same head.
"""

from dataclasses import dataclass

import numpy as np

from train.phantom.anatomy import Head, draw_head
from train.phantom.lesion import add_lesion
from train.phantom.shapes import smooth_noise

GENERATOR_VERSION: int = 1
"""Raised whenever a seed gives other pixels than before."""
DEFAULT_SIZE = 256
MIN_SIZE = 64
"""Below it, sulci and small lesions are lost between the pixels."""
MAX_SEED = 2**32 - 1

_HEAD, _LESION, _SCANNER = range(3)  # streams of random numbers under one seed


@dataclass(frozen=True)
class Phantom:
    """One made-up slice."""

    pixels: np.ndarray  # uint8 [H, W], grey
    lesion: np.ndarray  # bool [H, W], without the oedema; all False in a healthy head
    has_lesion: bool


def make_phantom(seed: int, lesion: bool, size: int = DEFAULT_SIZE) -> Phantom:
    """Draw one slice; the same arguments always give the same pixels.

    Everything is float64 until the last rounding, so another processor gives the same pixels too,
    short of a value within 1e-12 of a half.

    Args:
        seed: names the head and its scan, 0 or more.
        lesion: whether the head has a lesion; nothing else about it changes.
        size: height and width in pixels, 64 or more.

    Raises:
        ValueError: `seed` or `size` is out of range.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    if size < MIN_SIZE:
        raise ValueError(f"size must be {MIN_SIZE} pixels or more, not {size}")
    head = draw_head(_stream(seed, _HEAD), size)
    mask = np.zeros((size, size), dtype=bool)
    if lesion:
        mask = add_lesion(head, _stream(seed, _LESION))
    return Phantom(_scan(head, _stream(seed, _SCANNER)), mask, lesion)


def _stream(seed: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([GENERATOR_VERSION, seed, purpose])


def _scan(head: Head, rng: np.random.Generator) -> np.ndarray:
    """Image the head as a scanner does; uint8 [size, size].

    Uneven coil sensitivity; then, on the measured frequencies, a cut-off (resolution, Gibbs
    ringing), a taper, and a modulation along the phase-encoding axis (ghosts of a moving head).
    Noise is complex and the magnitude is shown, hence Rician (Gudbjartsson & Patz, 1995,
    https://doi.org/10.1002/mrm.1910340618). The display window is random, never fitted to the
    image, or a bright lesion would darken everything else.
    """
    size = head.size
    bias = np.exp(rng.uniform(0.03, 0.10) * smooth_noise(rng, 3, size))
    rows, columns = np.abs(np.fft.fftfreq(size)) * 2, np.fft.rfftfreq(size) * 2  # 1 is Nyquist's
    taper = rng.uniform(0.3, 1.0)
    row_window, column_window = (
        np.where(axis <= cut, 1 - taper * np.sin(np.pi / 2 * axis / cut) ** 2, 0.0)
        for axis, cut in zip((rows, columns), rng.uniform(0.6, 1.0, 2), strict=True)
    )
    ghost, offset = max(0.0, rng.normal(0, 0.03)), rng.uniform(0.08, 0.25) * size
    row_window *= 1 + ghost * (np.cos(np.pi * rows * offset) - 1)
    spectrum = np.fft.rfft2(head.signal * bias)
    spectrum *= row_window[:, None]
    spectrum *= column_window
    image = np.fft.irfft2(spectrum, s=(size, size))
    real, imaginary = rng.standard_normal((2, size, size)) * rng.uniform(0.006, 0.035)
    magnitude = np.sqrt((image + real) ** 2 + imaginary**2)

    brain = (head.weighting.grey + head.weighting.white) / 2
    brightness, gamma = rng.uniform(0.27, 0.40) * 255, rng.uniform(0.95, 1.2)
    shown = brightness * (magnitude / brain) ** gamma
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)
