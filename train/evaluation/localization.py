"""What evidence maps point at, and the box around what they agree on."""

from collections.abc import Sequence

import numpy as np

from train.data.boxes import Box

WITHIN = 3.0
"""Logits below the strongest cell that still belong to what a teacher points at."""


LEAST = -1.0
"""Logit under which no cell does."""


AGREED = 0.3
"""Intersection over union of what the teachers point at, at least."""


LARGEST = 0.27
"""Of a scan's cells: who points at more, points at nothing."""


FEWEST = 2
"""Cells on which all agree."""


def agreed(maps: Sequence[np.ndarray]) -> Box | None:
    """The box around what all maps point at, or None where they do not agree.

    Args:
        maps: logits, float [rows, cols] each.
    """
    parts = [pointed_at(one) for one in maps]
    if any(part.shape != parts[0].shape for part in parts):
        return None
    shared, together = np.logical_and.reduce(parts), np.logical_or.reduce(parts)
    if shared.sum() < max(FEWEST, AGREED * together.sum()):
        return None
    if together.sum() > LARGEST * together.size:
        return None
    (rows, cols), (height, width) = np.nonzero(together), together.shape
    return Box(
        float(cols.min() / width),
        float(rows.min() / height),
        float((cols.max() + 1) / width),
        float((rows.max() + 1) / height),
    )


def pointed_at(evidence: np.ndarray) -> np.ndarray:
    """The cells around the strongest that are nearly as strong, bool [rows, cols]."""
    from scipy.ndimage import label

    strong = evidence > max(float(evidence.max()) - WITHIN, LEAST)
    parts, _ = label(strong)
    peak = np.unravel_index(int(evidence.argmax()), evidence.shape)
    return (parts == parts[peak]) & strong
