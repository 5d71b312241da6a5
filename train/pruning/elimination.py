"""Which channels a layer needs least: Optimal Brain Surgeon for whole channels. NumPy only.

A layer's output is linear in its inputs, so what is lost without some of them, once the weights of
the others are fitted anew by least squares, follows from second moments alone (Hassibi and Stork
1992; for groups of inputs Frantar and Alistarh 2022, arXiv:2208.11580, and Kurtic, Frantar and
Alistarh 2023, arXiv:2302.04089). Channels go one after the other, the cheapest first, and each loss
is computed with those gone that went before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_AT_ONCE = 48
"""One part in so many of the channels left goes in one step: removed one by one, the largest layers
of VGG16 would take a minute each."""


@dataclass(frozen=True)
class Moments:
    """Second moments of what a layer takes, and what it makes of it."""

    inputs: np.ndarray
    """float64 [D, D]: covariance of the inputs of a weight's row."""
    weights: np.ndarray
    """float64 [D, outputs]."""
    members: np.ndarray
    """int64 [channels, inputs of a channel]: rows of `weights`."""

    @property
    def energy(self) -> float:
        """The output's variance, summed."""
        return float(np.einsum("ij,ij->", self.weights, self.inputs @ self.weights))


@dataclass(frozen=True)
class Elimination:
    """The order in which channels go."""

    order: np.ndarray
    """int64 [channels]: positions in the group, the first to go first."""
    loss: np.ndarray
    """float64 [channels + 1]: share of the outputs' variance that is lost without the first 0, 1,
    ... of them; the mean over the layers that take the channels."""


def eliminate(consumers: Sequence[Moments], ridge: float) -> Elimination:
    """Order the channels of a group by what their loss costs the layers that take them.

    Args:
        ridge: added to the covariances' diagonals, as a share of their mean.
    """
    surgeons = [_Surgeon(one, ridge) for one in consumers]
    count = len(consumers[0].members)
    left, order, losses = np.arange(count), [], [0.0]
    while len(left):
        prices = np.mean([one.prices(left) for one in surgeons], axis=0)
        step = max(1, len(left) // _AT_ONCE)
        going = np.argsort(prices, kind="stable")[:step]
        for surgeon in surgeons:
            surgeon.remove(left[going])
        before, now = losses[-1], float(np.mean([one.lost for one in surgeons]))
        losses += np.linspace(before, max(now, before), step + 1)[1:].tolist()
        order += left[going].tolist()
        left = np.delete(left, going)
    return Elimination(np.array(order), np.array(losses))


class _Surgeon:
    """One layer's covariance, inverted, and its weights, with channels gone."""

    def __init__(self, moments: Moments, ridge: float):
        size = len(moments.inputs)
        damping = ridge * max(float(np.trace(moments.inputs)) / size, 1e-12)
        self._inverse = np.linalg.inv(moments.inputs + damping * np.eye(size))
        self._weights = moments.weights.copy()
        self._energy = max(moments.energy, 1e-12)
        self._places = np.arange(size)
        self._members = moments.members
        self._where = np.arange(size)  # of each input, its row among those left
        self.lost = 0.0

    def prices(self, channels: np.ndarray) -> np.ndarray:
        """What each channel's loss adds to `lost`: float64 [channels]."""
        rows = self._where[self._members[channels]]
        own = self._inverse[rows[:, :, None], rows[:, None, :]]
        weights = self._weights[rows]
        solved = np.linalg.solve(own, weights)
        return np.einsum("cij,cij->c", weights, solved) / self._energy

    def remove(self, channels: np.ndarray) -> None:
        """Take channels out; the weights of the others make up for them as far as they can."""
        rows = np.sort(self._where[self._members[channels]].ravel())
        stay = np.delete(np.arange(len(self._inverse)), rows)
        own, weights = self._inverse[np.ix_(rows, rows)], self._weights[rows]
        solved = np.linalg.solve(own, weights)
        self.lost += float(np.einsum("ij,ij->", weights, solved)) / self._energy
        across = self._inverse[np.ix_(stay, rows)]
        self._weights = self._weights[stay] - across @ solved
        self._inverse = self._inverse[np.ix_(stay, stay)] - across @ np.linalg.solve(own, across.T)
        self._places = self._places[stay]
        self._where = np.full(len(self._where), -1)
        self._where[self._places] = np.arange(len(self._places))


def refitted(moments: Moments, kept: np.ndarray, ridge: float) -> np.ndarray:
    """Weights of the inputs kept that make up for the others, float64 [kept, outputs]."""
    covariance = moments.inputs
    damping = ridge * max(float(np.trace(covariance)) / len(covariance), 1e-12)
    own = covariance[np.ix_(kept, kept)] + damping * np.eye(len(kept))
    across = covariance[kept] @ moments.weights + damping * moments.weights[kept]
    return np.linalg.solve(own, across)
