"""Phantoms: made-up axial head slices, with and without a lesion, for tests and quick starts.

A phantom is drawn from a seed with nothing downloaded, so anyone can run the whole pipeline without
patient data. It is no patient and says nothing about patients: whatever was trained or measured on
phantoms must be reported as synthetic (`is_synthetic`).

A classifier must find the lesion, not a shortcut. So head, weighting, brightness, noise and
everything else in which scans vary are drawn from streams that do not know the class: the same seed
with and without a lesion is the same scan of the same head.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from train.phantom_anatomy import Head, draw_head
from train.phantom_lesion import add_lesion
from train.phantom_shapes import smooth_noise

GENERATOR_VERSION: int = 1
"""Raised whenever a seed gives other pixels than before."""
DEFAULT_SIZE = 256
MIN_SIZE = 64
"""Below it, sulci and small lesions are lost between the pixels."""
MAX_COUNT = 1_000_000
"""Images in a folder; also how far apart the seeds of two folders lie."""
MAX_SEED = 2**32 - 1
SAMPLE_SEEDS = {
    "phantom-tumor-1": 2**60 + 1,
    "phantom-tumor-2": 2**60 + 5,
    "phantom-tumor-3": 2**60 + 9,
    "phantom-no-tumor-1": 2**60 + 3,
    "phantom-no-tumor-2": 2**60 + 4,
    "phantom-no-tumor-3": 2**60 + 6,
}
"""Beyond `MAX_SEED` x `MAX_COUNT`: no folder of phantoms, hence no training, contains a sample.
Plain cases, picked from the first dozen of each class for the bundled model to be right on: an
example, not a test set (docs/model-card.md says how it fares on others)."""
RECORD = "phantom.json"

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


def write_phantoms(folder: Path, count: int, seed: int) -> Path:
    """Fill a folder with phantoms, every other one with a lesion.

    Writes `yes/phantom-00001.png`, `no/phantom-00002.png` and so on (8-bit grey, 256 x 256) and
    `phantom.json`. Every image is another head, so no head is in both classes. The same arguments
    give the same bytes on every run; another version of Pillow may compress the same pixels
    otherwise. The folder appears only when it is whole. One that already holds exactly these
    phantoms is left untouched.

    Args:
        folder: where; it must not exist, be empty, or hold these phantoms.
        count: number of images, 2 to `MAX_COUNT`; an odd one goes to `yes`.
        seed: 0 to `MAX_SEED`; two seeds have no head in common.

    Returns:
        `folder`.

    Raises:
        FileExistsError: the folder exists and holds something else.
        ValueError: `count` or `seed` is out of range.
    """
    folder = Path(folder)
    if not 2 <= count <= MAX_COUNT:
        raise ValueError(
            f"count must be 2 to {MAX_COUNT} (at least one of each class), not {count}"
        )
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be 0 to {MAX_SEED}, not {seed}")
    record = {
        "synthetic": True,
        "generator_version": GENERATOR_VERSION,
        "seed": seed,
        "count": count,
        "size": DEFAULT_SIZE,
    }
    names = [
        f"{'no' if index % 2 else 'yes'}/phantom-{index + 1:05d}.png" for index in range(count)
    ]
    if folder.exists():
        if _read_record(folder) == record and _files(folder) == {RECORD, *names}:
            return folder
        if not folder.is_dir() or any(folder.iterdir()):
            raise FileExistsError(
                f"{folder} exists and does not hold {count} phantoms of seed {seed} (generator "
                f"{GENERATOR_VERSION}); name another folder, or remove this one"
            )
        folder.rmdir()

    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        for label in ("yes", "no"):
            (partial / label).mkdir(parents=True)
        for index, name in enumerate(names):
            phantom = make_phantom(seed * MAX_COUNT + index, lesion=index % 2 == 0)
            _write_png(phantom.pixels, partial / name)
        (partial / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        try:
            partial.rename(folder)
        except OSError:
            # Another process that generated the same was quicker.
            if _read_record(folder) != record or _files(folder) != {RECORD, *names}:
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def is_synthetic(folder: Path) -> bool:
    """True when `folder` holds phantoms, that is, has a `phantom.json` that says synthetic."""
    record = _read_record(Path(folder))
    return isinstance(record, dict) and record.get("synthetic") is True


def write_samples(folder: Path) -> list[Path]:
    """Write the six phantoms that are committed under `samples/`, three of each class.

    Returns:
        Their paths, in the order of `SAMPLE_SEEDS`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, seed in SAMPLE_SEEDS.items():
        paths.append(folder / f"{name}.png")
        _write_png(make_phantom(seed, lesion="no-tumor" not in name).pixels, paths[-1])
    return paths


def _write_png(pixels: np.ndarray, path: Path) -> None:
    Image.fromarray(pixels).save(path, format="PNG", optimize=False, compress_level=3)


def _read_record(folder: Path) -> object:
    try:
        return json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
