"""Scans as a fit takes them."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Samples:
    """Pixels and what is known of each scan; `pixels[i]`, `truth[i]`, ... belong together."""

    pixels: np.ndarray
    """uint8 [N, height, width, channels]."""
    truth: np.ndarray
    """int64 [N]: 1 with a tumor, 0 without."""
    groups: np.ndarray
    """int64 [N]: the same for duplicates and for scans of one patient."""
    sources: np.ndarray | None = None
    """str [N]: "folder/subfolder" that each comes from; None: all from one."""
    boxes: np.ndarray | None = None
    """object [N]: a tuple of `train.data.boxes.Box`, empty where none is known; None: none is."""
    taught: np.ndarray | None = None
    """float [N]: probability of tumor by a teacher; None: there is none."""

    def __len__(self) -> int:
        return len(self.truth)

    def __getitem__(self, chosen: np.ndarray) -> "Samples":
        """Those of the given positions, int64 [M], or of a mask, bool [N]."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Samples(**{k: None if v is None else v[chosen] for k, v in values.items()})
