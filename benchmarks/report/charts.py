"""Pictures of a report: latency by percentile, accuracy against latency, stages, floors."""

from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from benchmarks.results.report import Model, Report, Row
from benchmarks.timing.single_stream import CURVE

_STAGES = ("decode", "preprocess", "inference")
_SYNTHETIC = "SYNTHETIC scans: says nothing about patients"


def draw(report: Report, folder: Path, metadata: dict[str, str] | None = None) -> list[Path]:
    """Write the pictures that the report has figures for, as PNG; returns their files.

    Args:
        metadata: texts to keep in the PNG files.
    """
    drawers: dict[str, Callable[[Report], Figure | None]] = {
        "latency-percentiles": percentiles,
        "accuracy-latency": accuracy,
        "stages": stages,
        "floor": floors,
    }
    written = []
    for name, drawer in drawers.items():
        figure = drawer(report)
        if figure is None:
            continue
        if any(group.synthetic for group in report.groups):
            figure.text(0.01, 0.005, _SYNTHETIC, fontsize=7, color="tab:red")
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=110, metadata=metadata)
        plt.close(figure)
        written.append(path)
    return written


def percentiles(report: Report) -> Figure | None:
    """One line a row: how long the slowest calls take."""
    lines = [
        (f"{group.run}: Keras {row.call}", row.latency, "--")
        for group in report.groups
        for row in group.keras
    ]
    first = [(label, row.inference, "-") for label, _, row in _first_rows(report)]
    if not first:
        return None
    figure, axis = _figure(len(lines) + len(first))
    for label, latency, style in [*lines, *first]:
        axis.plot(CURVE, latency.curve, style, label=label, linewidth=1.2)
    axis.set(xlabel="percentile of calls", ylabel="inference, ms", yscale="log")
    axis.set_title("Latency by percentile, one thread's row of each model")
    _legend(figure, axis)
    return figure


def accuracy(report: Report) -> Figure | None:
    """Accuracy with its interval against latency; the area is the model's size."""
    points = [(label, m, row) for label, m, row in _first_rows(report) if _accuracy(m)]
    if not points:
        return None
    figure, axis = _figure(len(points))
    for label, model, row in points:
        share = _accuracy(model)
        value = share.hits / share.n
        axis.errorbar(
            row.inference.p50,
            value,
            [[value - share.low], [share.high - value]],
            color="grey",
            linewidth=0.5,
        )
        area = max(10.0, 20 * model.megabytes)
        axis.scatter(row.inference.p50, value, area, alpha=0.5, label=label)
    axis.set(xlabel="inference p50, ms", ylabel="accuracy", xscale="log", ylim=(0, 1.05))
    axis.set_title("Accuracy against latency; the area is the file's size")
    _legend(figure, axis, 30)
    return figure


def stages(report: Report) -> Figure | None:
    """Median time of each stage of a whole call, on top of each other."""
    bars = [
        (f"{group.run} {m.precision} {m.format}", m.stages)
        for group in report.groups
        for m in group.models
        if m.stages
    ]
    if not bars:
        return None
    figure, axis = plt.subplots(figsize=(8, 1.2 + 0.32 * len(bars)), layout="constrained")
    places = range(len(bars))
    left = [0.0] * len(bars)
    for name in _STAGES:
        widths = [getattr(stage, name).p50 for _, stage in bars]
        axis.barh(places, widths, left=left, label=name)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axis.set_yticks(places, [label for label, _ in bars], fontsize=7)
    axis.invert_yaxis()
    axis.set(xlabel="ms, medians", title="Time per stage, file to verdict")
    axis.legend(fontsize=8)
    return figure


def floors(report: Report) -> Figure | None:
    """Measured time over the least time possible."""
    bars = [(label, row) for label, _, row in _first_rows(report) if row.floor]
    if not bars:
        return None
    figure, axis = plt.subplots(figsize=(8, 1.2 + 0.32 * len(bars)), layout="constrained")
    places = range(len(bars))
    axis.barh(places, [row.floor.ratio for _, row in bars], color="tab:blue", alpha=0.6)
    axis.axvline(1, color="tab:red", linestyle=":")
    axis.set_yticks(places, [label for label, _ in bars], fontsize=7)
    axis.invert_yaxis()
    axis.set(xlabel="measured median / floor", xscale="log", title="Ratio to the machine's floor")
    return figure


def _first_rows(report: Report) -> list[tuple[str, Model, Row]]:
    return [
        (f"{group.run} {m.precision} {m.format}, {m.engine}", m, m.rows[0])
        for group in report.groups
        for m in group.models
        if m.rows
    ]


def _accuracy(model: Model):
    found = model.judged and model.judged.accuracy
    return found.accuracy if found and found.accuracy.n else None


def _figure(lines: int):
    return plt.subplots(figsize=(9, max(4.5, 0.19 * lines)), layout="constrained")


def _legend(figure: Figure, axis, size: float | None = None) -> None:
    legend = figure.legend(*axis.get_legend_handles_labels(), loc="outside right", fontsize=7)
    for handle in legend.legend_handles if size else ():
        handle.set_sizes([size])
    axis.grid(alpha=0.3)
