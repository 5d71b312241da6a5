"""What the gate and the comparison with a baseline find, as data."""

from dataclasses import dataclass

from benchmarks.timing.single_stream import Ratio


@dataclass(frozen=True)
class Finding:
    """One limit and what was measured."""

    model: str
    what: str
    passed: bool
    words: str
    """Measured and limit."""


@dataclass(frozen=True)
class Change:
    """One latency, now over then."""

    what: str
    ratio: Ratio
    relative: Ratio
    """The same of the latencies over the yardstick's."""
    regressed: bool


@dataclass(frozen=True)
class Comparison:
    """All latencies that both reports have."""

    file: str
    created: str
    """When the earlier report was made."""
    max_regression: float
    """A share: 0.05 is 5 %."""
    changes: tuple[Change, ...]
    missing: tuple[str, ...]
    """In the earlier report, and not in this one."""

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Those that became slower."""
        return tuple(change for change in self.changes if change.regressed)
