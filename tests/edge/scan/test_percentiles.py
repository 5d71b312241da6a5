"""Percentiles without `numpy.percentile` are its own to the last bit."""

import numpy as np
import pytest

from edge.scan.percentiles import percentiles, percentiles_of_counts

SHARES = (0.0, 0.5, 37.5, 50.0, 90.0, 99.5, 100.0)


@pytest.mark.parametrize("dtype", [bool, "u1", "i1", "u2", "i2", "i4", "u4", "i8", "f4", "f8"])
def test_they_are_those_of_numpy(dtype):
    rng = np.random.default_rng(9)
    for _ in range(60):
        size = int(rng.integers(1, 400)), int(rng.integers(1, 5))
        values = rng.normal(0, rng.choice([1, 30, 9000]), size).clip(-16000, 16000)
        if np.dtype(dtype).kind in "bu":
            values = np.abs(values)
        values = values.clip(-100, 100) if dtype in ("u1", "i1") else values
        values = values.astype(dtype)
        there = values.astype(np.int64) if dtype is bool else values
        wanted = np.percentile(there, SHARES).tolist()
        assert percentiles(values, SHARES) == wanted
        if values.dtype.kind in "ui":
            least = int(values.min())
            counts = np.bincount(values.ravel().astype(np.int64) - least)
            assert percentiles_of_counts(counts, SHARES, least) == wanted
