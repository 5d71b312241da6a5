"""Proportions with intervals, as a report has them."""

from dataclasses import dataclass

from train.evaluation.metrics import Proportion


@dataclass(frozen=True)
class Share:
    """A proportion with Wilson's 95 % interval."""

    hits: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, n: int) -> "Share":
        """`hits` of `n`."""
        return cls(hits, n, *Proportion(hits, n).interval)

    def __str__(self) -> str:
        return str(Proportion(self.hits, self.n))
