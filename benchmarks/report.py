"""The report: report.json, and report.md, which is also what the terminal shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.keras_rows import KerasRow
from benchmarks.latency import Latency
from benchmarks.machine import Machine
from benchmarks.model_rows import Agreement, ModelRow
from edge import NOTICE

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Measured:
    """A model file, what it was measured with and how it compares."""

    run: str
    scans: str
    """Which scans, in words."""
    scan_count: int
    synthetic: bool
    row: ModelRow
    agreement: Agreement


@dataclass(frozen=True)
class Report:
    """report.json."""

    machine: Machine
    models: tuple[Measured, ...]
    keras: dict[str, tuple[KerasRow, ...]]
    """By run; a run whose Keras model is not at hand is missing."""
    keras_absent: str | None
    """Why there are no Keras rows, for whatever run lacks them."""
    failures: tuple[str, ...]
    notice: str = NOTICE
    schema_version: str = SCHEMA_VERSION


def markdown(report: Report) -> str:
    """The report in words and tables."""
    machine = report.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    lines = [
        "# Benchmark",
        "",
        NOTICE,
        "",
        f"Processor: {machine.processor}, {machine.cores} cores; {machine.system}; "
        f"clock governor {machine.governor or 'not told'}; load average before: "
        f"{machine.load_average}. Python {machine.python}, {versions}.",
        "",
    ]
    for source in dict.fromkeys((m.scans, m.scan_count, m.synthetic) for m in report.models):
        synthetic = " SYNTHETIC: says nothing about real scans." if source[2] else ""
        lines += [f"Scans: {source[1]}, {source[0]}.{synthetic}", ""]
    if report.keras_absent:
        lines += [f"No comparison with Keras: {report.keras_absent}.", ""]
    if report.models:
        lines += ["## Accuracy", "", *_table(*_accuracy(report.models)), ""]
        lines += ["Intervals are Wilson's, 95 %.", ""]
        lines += ["## Latency, ms, p50 / p90, one scan at a time", ""]
        lines += [*_table(*_latency(report)), ""]
        if report.keras:
            lines += ["## Times faster than Keras (ratio of medians of inference)", ""]
            lines += [*_table(*_ratios(report)), ""]
        lines += ["## Overhead and memory, one generated 512x512 PNG", ""]
        lines += [*_table(*_overhead(report.models)), ""]
        lines += [
            "Bare: the sum of Pillow's decoding, Pillow's resizing and the engine alone. Minimal: "
            "a script of its own that imports NumPy, Pillow and the engine, and classifies the "
            "same file; whole processes, taking turns.",
            "",
        ]
    if report.failures:
        lines += ["## FAILED", "", *(f"- {failure}" for failure in report.failures), ""]
    return "\n".join(lines)


Table = tuple[list[str], list[list[str]]]


def _accuracy(models: Sequence[Measured]) -> Table:
    head = ["file", "engine", "MB", "accuracy", "sensitivity", "specificity"]
    head += ["rejected", "uncertain", "verdicts unlike Keras", "largest difference"]
    rows = []
    for model in models:
        row, found = model.row, model.agreement
        scores = found.scores
        words = (
            [str(s) for s in (scores.accuracy, scores.sensitivity, scores.specificity)]
            if (scores)
            else ["no labels"] * 3
        )
        cells = [row.file, f"{row.engine} {row.engine_version}", f"{row.megabytes:.2f}", *words]
        cells += [str(found.rejected), str(found.uncertain)]
        cells += [_or_dash(found.changed), _or_dash(found.max_difference, ".4f")]
        rows.append(cells)
    return head, rows


def _latency(report: Report) -> Table:
    head = ["what", "engine", "threads", "decode", "preprocess", "inference", "whole call", "n"]
    rows = []
    for model in report.models:
        row, stages = model.row, model.row.stages
        rows.append(
            [row.file, f"{row.engine} {row.engine_version}", str(row.threads)]
            + [_both(s) for s in (stages.decode, stages.preprocess, stages.inference, stages.call)]
            + [str(stages.call.queries)]
        )
    for run, keras_rows in report.keras.items():
        for row in keras_rows:
            cells = [f"Keras {row.call}, run {run}", "", "default", "", "", _both(row.latency)]
            rows.append([*cells, "", str(row.latency.queries)])
    return head, rows


def _ratios(report: Report) -> Table:
    calls = [row.call for row in next(iter(report.keras.values()))]
    rows = []
    for model in report.models:
        keras_rows = report.keras.get(model.run)
        if keras_rows:
            own = model.row.stages.inference.p50
            rows.append(
                [model.row.file, model.row.engine]
                + [f"{row.latency.p50 / own:.1f}" for row in keras_rows]
            )
    return ["file", "engine", *calls], rows


def _overhead(models: Sequence[Measured]) -> Table:
    head = ["file", "engine", "whole call", "bare", "ratio", "cold process", "minimal", "ratio"]
    rows = []
    for model in models:
        cost = model.row.overhead
        cells = [model.row.file, model.row.engine]
        cells += [f"{cost.call_ms:.2f} ms", f"{cost.bare_ms:.2f} ms"]
        cells += [f"{cost.call_ms / cost.bare_ms:.2f}"]
        cells += [f"{cost.cold_ms:.0f} ms", f"{cost.minimal_ms:.0f} ms"]
        cells += [f"{cost.cold_ms / cost.minimal_ms:.2f}"]
        rows.append([*cells, _or_dash(model.row.peak_megabytes, ".1f", " MB")])
    return [*head, "peak memory"], rows


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Markdown with padded columns: as readable on a terminal as rendered."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]


def _both(latency: Latency) -> str:
    return f"{latency.p50:.2f} / {latency.p90:.2f}"


def _or_dash(value: float | None, format: str = "", unit: str = "") -> str:
    return "-" if value is None else f"{value:{format}}{unit}"
