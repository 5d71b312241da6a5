"""Batches in which both classes are equally frequent."""

import keras
import numpy as np


def balanced_order(truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Positions of scans in random order, the smaller class repeated until it equals the larger.

    Every scan is there; of the smaller class none more than once oftener than another.

    Args:
        truth: 0 or 1, [N].

    Returns:
        int64 [2 x the larger class].
    """
    classes = [np.flatnonzero(truth == label) for label in (0, 1)]
    size = max(map(len, classes))
    taken = []
    for own in classes:
        if not len(own):
            continue
        whole, rest = divmod(size, len(own))
        taken += [np.tile(own, whole), random.permutation(own)[:rest]]
    return random.permutation(np.concatenate(taken))


class BalancedBatches(keras.utils.PyDataset):
    """Scans in a new `balanced_order` each epoch; augmentation makes each repetition another."""

    def __init__(self, pixels: np.ndarray, truth: np.ndarray, batch_size: int, seed: int):
        super().__init__()
        self._pixels, self._truth, self._size = pixels, truth, batch_size
        self._random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._order) // self._size)

    def __getitem__(self, index: int):
        chosen = self._order[index * self._size : (index + 1) * self._size]
        return self._pixels[chosen], self._truth[chosen].astype("float32")[:, None]

    def on_epoch_end(self) -> None:
        self._order = balanced_order(self._truth, self._random)
