"""Pictures of a report: latency by percentile, accuracy against latency, stages, floors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import wrap

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from benchmarks.results.benchmark_report import STAGES, Group, Model, Report, Row
from benchmarks.timing.single_stream import CURVE, Latency
from train.reporting.palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, SERIES, VERMILION

_HATCHES = ("", "//", "..")
"""Stages of a call, and their hatches."""
_COLORS = {"litert": BLUE, "onnxruntime": ORANGE, "tflite-runtime": GREEN, "openvino": VERMILION}
"""By engine."""
_DASHES = {"fp32": "-", "int8": "--", "fp16": "-.", "dynamic": ":"}
_MARKERS = {"fp32": "o", "int8": "s", "fp16": "^", "dynamic": "v"}
"""By precision; onnx is hollow, tflite filled."""
_CALLS = ("x", "+", "1", "2")
"""Markers of ways to call Keras, all dotted."""
_LEAST_AREA = 20.0
_KERAS = ("Keras predict", "Keras model(x)", "Keras tf.function")
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
            figure.text(0.01, 0.005, _SYNTHETIC, fontsize=7, color=VERMILION)
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=110, metadata=metadata)
        plt.close(figure)
        written.append(path)
    return written


def percentiles(report: Report) -> Figure | None:
    """How long the slowest calls take: a panel for each run, a line for each model and Keras call.

    What is timed has the same colour, line and marker in every panel.
    """
    panels = [(group, list(_lines(group))) for group in report.groups]
    panels = [(group, found) for group, found in panels if any(m for m, *_ in found)]
    if not panels:
        return None
    figure, axes = _panels(len(panels))
    for axis, (group, found) in zip(axes.flat, panels, strict=False):
        for model, label, latency in found:
            style = _style(model, label)
            axis.plot(CURVE, latency.curve, label=label, **style, linewidth=1.2, markersize=4)
        axis.set(xlabel="percentile of calls", yscale="log", title=group.run)
        _plain_numbers(axis.yaxis)
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("inference, ms")
    figure.suptitle("Latency by percentile, one thread's row of each model", fontsize=10)
    _legend(figure, axes)
    return figure


def accuracy(report: Report) -> Figure | None:
    """Accuracy with its interval against latency: a panel for each set of scans.

    The area is the model's size. Accuracies on different scans are not to be compared.
    """
    sets: dict[tuple[str, int], list[tuple[str, Model, Row]]] = {}
    for group in report.groups:
        # "held-out test part of run cnn (scans)": of the same scans whatever the run is called.
        words = group.scans.replace(f" of run {group.run}", "")
        points = [(group.run, m, m.rows[0]) for m in group.models if m.rows and _accuracy(m)]
        if points:
            sets.setdefault((words, group.scan_count), []).extend(points)
    if not sets:
        return None
    runs = list(dict.fromkeys(run for points in sets.values() for run, *_ in points))
    figure, axes = _panels(len(sets), sharey=True)
    for axis, ((words, count), points) in zip(axes.flat, sets.items(), strict=False):
        for run, model, row in points:
            _point(axis, run, runs.index(run), model, row)
        axis.set(xlabel="inference p50, ms", xscale="log", ylim=(0, 1.05))
        axis.margins(x=0.12)
        _plain_numbers(axis.xaxis)
        axis.set_title("\n".join(wrap(f"{count} scans: {words}", 44)), fontsize=8)
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("accuracy, 95 % interval")
    figure.suptitle("Accuracy against latency; the area is the file's size", fontsize=10)
    _legend(figure, axes, _LEAST_AREA)
    return figure


def _point(axis, run: str, number: int, model: Model, row: Row) -> None:
    share = _accuracy(model)
    value = share.hits / share.n
    color = SERIES[number % len(SERIES)]
    around = [[value - share.low], [share.high - value]]
    axis.errorbar(row.inference.p50, value, around, color=color, linewidth=0.6, alpha=0.6)
    axis.scatter(
        row.inference.p50,
        value,
        max(_LEAST_AREA, 5 * model.megabytes),
        marker=_MARKERS.get(model.precision, "P"),
        facecolor=color if model.format == "tflite" else "none",
        edgecolor=color,
        alpha=0.8,
        label=f"{run} {model.precision} {model.format}, {model.engine}",
    )


def stages(report: Report) -> Figure | None:
    """Median time of each stage of a whole call, on top of each other: a panel for each run."""
    bars = {group.run: [m for m in group.models if m.stages] for group in report.groups}
    bars = {run: models for run, models in bars.items() if models}
    if not bars:
        return None
    heights = [len(models) for models in bars.values()]
    size = (8, 0.8 + 0.7 * len(bars) + 0.32 * sum(heights))
    figure, axes = plt.subplots(
        len(bars), figsize=size, squeeze=False, layout="constrained", height_ratios=heights
    )
    for axis, (run, models) in zip(axes.flat, bars.items(), strict=True):
        places, left = range(len(models)), [0.0] * len(models)
        for name, hatch, color in zip(STAGES, _HATCHES, (BLUE, ORANGE, GREEN), strict=True):
            widths = [getattr(model.stages, name).p50 for model in models]
            style = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            axis.barh(places, widths, left=left, label=name, **style)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        labels = [f"{run} {m.precision} {m.format}, {m.engine}" for m in models]
        axis.set_yticks(places, labels, fontsize=7)
        axis.invert_yaxis()
    axes[-1, 0].set_xlabel("ms, medians; each run has a scale of its own")
    axes[0, 0].set_title("Time per stage, file to verdict")
    axes[0, 0].legend(fontsize=8)
    return figure


def floors(report: Report) -> Figure | None:
    """Measured time over the least time possible."""
    bars = [(label, row) for label, _, row in _first_rows(report) if row.floor]
    if not bars:
        return None
    figure, axis = plt.subplots(figsize=(8, 1.2 + 0.32 * len(bars)), layout="constrained")
    places = range(len(bars))
    axis.barh(places, [row.floor.ratio for _, row in bars], color=BLUE, alpha=0.6)
    axis.axvline(1, color=BLACK, linestyle="--")
    axis.set_yticks(places, [label for label, _ in bars], fontsize=7)
    axis.invert_yaxis()
    axis.set(xlabel="measured median / floor", title="Ratio to the machine's floor")
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


def _lines(group: Group) -> Iterator[tuple[Model | None, str, Latency]]:
    """What is timed in a group: a model or, for a way to call Keras, None; its name; its time."""
    for row in group.keras:
        yield None, f"Keras {row.call}", row.latency
    for model in group.models:
        if model.rows:
            label = f"{model.precision} {model.format}, {model.engine}"
            yield model, label, model.rows[0].inference


def _style(model: Model | None, label: str) -> dict:
    if model is None:
        marker = _CALLS[_KERAS.index(label) if label in _KERAS else -1]
        return {"color": BLACK, "linestyle": ":", "marker": marker}
    color = _COLORS.get(model.engine, PURPLE)
    return {
        "color": color,
        "linestyle": _DASHES.get(model.precision, "-"),
        "marker": _MARKERS.get(model.precision, "P"),
        "markerfacecolor": color if model.format == "tflite" else "white",
    }


def _panels(number: int, **shared):
    """A figure with so many panels, three in a row."""
    columns = min(3, number)
    rows = -(-number // columns)
    size = (3.2 * columns + 2.8, 3.8 * rows + 0.4)
    figure, axes = plt.subplots(
        rows, columns, figsize=size, squeeze=False, layout="constrained", **shared
    )
    for axis in axes.flat[number:]:
        axis.set_axis_off()
    return figure, axes


def _plain_numbers(axis) -> None:
    """Of a logarithmic axis: 200, not 2 x 10^2."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_tick_params(labelsize=8)
    axis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, axes, size: float | None = None) -> None:
    """One for all panels, each label once."""
    handles = {}
    for axis in axes.flat:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    legend = figure.legend(
        handles.values(), handles.keys(), loc="outside right upper", fontsize=7, handlelength=4
    )
    for handle in legend.legend_handles if size else ():
        handle.set_sizes([size])
