"""A report in tables, as data: `benchmarks.report.output` shows them.

One theme a table, so that none is wider than a page: up to 110 characters, unless names are long.
"""

from benchmarks.report import accuracy_tables, speed_tables
from benchmarks.report.cells import Table
from benchmarks.results.benchmark_report import Report

MAKERS = (
    speed_tables.file_to_verdict,
    speed_tables.latency,
    speed_tables.keras_ratios,
    speed_tables.other_ratios,
    speed_tables.stages,
    speed_tables.slow_stages,
    speed_tables.cost,
    speed_tables.start_up,
    speed_tables.work,
    speed_tables.limits,
    speed_tables.peaks,
    accuracy_tables.accuracy,
    accuracy_tables.by_class,
    accuracy_tables.types,
    accuracy_tables.given,
    accuracy_tables.agreement,
    speed_tables.rates,
)
"""In the order of a report."""


def tables(report: Report) -> list[Table]:
    """Every table that has rows."""
    return [table for table in (make(report) for make in MAKERS) if table.rows]
