"""What phantoms are drawn with: smooth noise, and distances turned into shares of a pixel."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def _spline_basis(cells: int, size: int) -> np.ndarray:
    """Weights [size, cells + 3] of a uniform cubic B-spline along one axis of the image."""
    position = (np.arange(size) + 0.5) / size * cells
    distance = np.abs(position[:, None] - np.arange(-1, cells + 2))
    near = 2 / 3 - distance**2 * (1 - distance / 2)
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    basis = np.where(distance < 1, near, far)
    basis.setflags(write=False)
    return basis


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product `a` @ `b`, a few rows at a time.

    OpenBLAS wakes its threads from 2**18 multiplications on. For products as small as these they
    gain nothing, and on a busy machine the wait for them tripled the time of a phantom.
    """
    step = max(1, 2**17 // b.size)
    return np.concatenate([a[start : start + step] @ b for start in range(0, len(a), step)])


def smooth_noise(rng: np.random.Generator, cells: int, size: int) -> np.ndarray:
    """Smooth random field, float64 [size, size], of mean 0 and deviation 1 (over many draws).

    A cubic B-spline over `cells` x `cells` random coefficients: the same picture at any `size`, for
    the price of two thin matrix products.
    """
    gain = 2.085  # the spline averages neighbours; without it the deviation is 0.48
    coefficients = gain * rng.standard_normal((cells + 3, cells + 3))
    basis = _spline_basis(cells, size)
    return _product(_product(basis, coefficients), basis.T)


def coverage(inside: np.ndarray, width: float) -> np.ndarray:
    """Share of a pixel covered: 0 to 1 over `width`, one half where `inside` is 0."""
    share = inside / width
    share += 0.5
    return np.clip(share, 0.0, 1.0, out=share)


def tube(
    x: np.ndarray,
    y: np.ndarray,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    swell: float | np.ndarray = 1.0,
) -> np.ndarray:
    """Distance outside a segment (x, y, radius) to (x, y, radius), the radius times `swell`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    px -= along * dx
    py -= along * dy
    return np.sqrt(px * px + py * py) - swell * (start[2] + along * (end[2] - start[2]))


def ellipse(
    x: np.ndarray,
    y: np.ndarray,
    centre: tuple[float, float],
    radii: tuple[float, float],
    tilt: float,
) -> np.ndarray:
    """Distance inside a tilted ellipse, exact only along its short axis."""
    c, s = np.cos(tilt), np.sin(tilt)
    px, py = x - centre[0], y - centre[1]
    u, v = (c * px + s * py) / radii[0], (c * py - s * px) / radii[1]
    return (1 - np.sqrt(u * u + v * v)) * min(radii)
