"""A table of a report, and what tables of every theme have."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results.benchmark_report import Group, Model, Report

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


def name_of(model: Model) -> str:
    """Such as "int8 tflite, litert"."""
    return f"{model.precision} {model.format}, {model.engine}"


def number_cell(value: float | None, digits: int) -> str:
    """With so many digits behind the point."""
    return MISSING if value is None else f"{value:.{digits}f}"
