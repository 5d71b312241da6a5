"""How much each data folder counts beside others, where scans are drawn and where they decide."""

from collections.abc import Sequence

import numpy as np


def folder_of(source: str) -> str:
    """The data folder of "folder/subfolder"."""
    return source.partition("/")[0]


def folder_weights(counts: Sequence[int]) -> np.ndarray:
    """Weights that add up to 1, by the root of each folder's number of scans: float64 [folders].

    By their number, the largest folder alone would say what is learned. All alike, the six slices
    of one person would be shown as often as the scans of two thousand
    (docs/measurements/model-ablations.md says what that cost).

    Args:
        counts: scans of each folder, each at least 1.
    """
    roots = np.sqrt(np.asarray(counts, np.float64))
    return roots / roots.sum()
