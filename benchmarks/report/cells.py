"""Cells of a report's tables, and what tables walk over."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results.benchmark_report import Group, Model, Report, Row
from benchmarks.timing.single_stream import Latency, Ratio

MISSING = "-"


@dataclass(frozen=True)
class Table:
    """Cells under a title."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def models_of(report: Report) -> Iterator[tuple[Group, Model]]:
    """Every model of every run."""
    return ((group, model) for group in report.groups for model in group.models)


def rows_of(group: Group) -> Iterator[tuple[Model, Row]]:
    """A run's models, by the number of threads."""
    return ((model, row) for model in group.models for row in model.rows)


def scored(report: Report) -> Iterator[tuple[str, str, object]]:
    """Keras and every judged model: run, name, and accuracy or None."""
    for group in report.groups:
        if group.keras_accuracy:
            yield group.run, "Keras", group.keras_accuracy
        for model in group.models:
            if model.judged:
                yield group.run, name_of(model), model.judged.accuracy


def rivals(report: Report) -> dict[str, None]:
    """What any model is compared with, in order."""
    rows = (row for group in report.groups for _, row in rows_of(group))
    return dict.fromkeys(name for row in rows for name in row.times_faster)


def name_of(model: Model) -> str:
    """Such as "int8 tflite, litert"."""
    return f"{model.precision} {model.format}, {model.engine}"


def latency_cells(found: Latency) -> tuple[str, ...]:
    """p50, p90, p99 and mean in ms, calls, and the spread in percent."""
    spread = f"{found.spread:.0%}{' NOISY' * found.noisy}"
    times = (number_cell(ms, 3) for ms in (found.p50, found.p90, found.p99, found.mean))
    return (*times, str(found.queries), spread)


def memory_cells(found) -> tuple[str, str]:
    """Peak and steady, MB; None: not measured."""
    return number_cell(found and found.peak, 1), number_cell(found and found.steady, 1)


def ratio_cell(ratio: Ratio | None, digits: int = 2) -> str:
    """A ratio with its interval."""
    if not ratio:
        return MISSING
    value, low, high = (f"{x:.{digits}f}" for x in (ratio.value, ratio.low, ratio.high))
    return f"{value} [{low}-{high}]"


def number_cell(value: float | None, digits: int) -> str:
    """With so many digits behind the point."""
    return MISSING if value is None else f"{value:.{digits}f}"


def count_cell(value: int | None) -> str:
    """A whole number."""
    return MISSING if value is None else str(value)


def share_cell(share) -> str:
    """So many of so many."""
    return f"{share.hits} of {share.n}"
