"""What is known of the cells of an evidence map, as codes. Needs NumPy only."""

import numpy as np

CLEAR, LESION, BAG, IGNORED, UNKNOWN = 0, 1, 2, 3, 4
"""What is known of a cell: free of lesion; lesion; in a box around one, which fills it in part;
nothing; nothing but that the scan shows a tumor somewhere."""


def cells_of_mask(mask: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Share of each cell that a mask covers: [height, width] -> float32 [rows, cols]."""
    height, width = mask.shape
    parts = mask.reshape(rows, height // rows, cols, width // cols)
    return parts.mean(axis=(1, 3), dtype=np.float32)
