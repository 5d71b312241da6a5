"""Batches in which both classes are equally frequent, the same ones for the same epoch."""

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


class Batches(keras.utils.PyDataset):
    """Scans in a new order each epoch, which depends on the seed and the number of the epoch only.

    So a resumed fit sees what an uninterrupted one would have seen.

    Args:
        inputs: [K, N, ...]: K versions of each of N scans; each time one of them is shown.
        truth: 0 or 1, [N].
        balanced: show both classes equally often (`balanced_order`), else every scan once.
        share: (number, of): of each batch, only every `of`-th scan from `number` on, for a process
            that computes with others.
        divisor: the last batch is filled up to a multiple of this with scans from its beginning.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        truth: np.ndarray,
        batch_size: int,
        seed: int,
        balanced: bool,
        share: tuple[int, int] = (0, 1),
        divisor: int = 1,
    ):
        super().__init__()
        self._inputs, self._truth, self._size = inputs, truth, batch_size
        self._seed, self._balanced, self._share, self._divisor = seed, balanced, share, divisor
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the beginning of an epoch, counted from 0.

        To be called by a callback: Keras' own `on_epoch_end` comes once too often.
        """
        random = np.random.default_rng((self._seed, epoch))
        if self._balanced:
            self._order = balanced_order(self._truth, random)
        else:
            self._order = random.permutation(len(self._truth))
        self._version = random.integers(0, len(self._inputs), len(self._order))

    def __len__(self) -> int:
        return -(-len(self._order) // self._size)

    def __getitem__(self, index: int):
        places = np.arange(index * self._size, min((index + 1) * self._size, len(self._order)))
        places = np.resize(places, -(-len(places) // self._divisor) * self._divisor)
        number, of = self._share
        places = places[number::of]
        chosen = self._order[places]
        truth = self._truth[chosen].astype("float32")[:, None]
        return self._inputs[self._version[places], chosen], truth
