"""Tables of what a scan costs: latency, stages, throughput, and the machine's limits."""

from collections.abc import Callable, Iterator

from benchmarks.report.cells import MISSING, Table, models_of, name_of, number_cell
from benchmarks.results.benchmark_report import STAGES, Group, Model, Report, Row
from benchmarks.timing.single_stream import Latency, Ratio

KERAS_CALLS = ("predict", "model(x)")
"""Ratios to these stand in one table; the others in another."""


def file_to_verdict(report: Report) -> Table:
    """What a user waits for: against the least that any script takes, and where it goes."""
    rows = []
    for group, model in models_of(report):
        if model.stages and model.cost:
            found = model.stages
            shares = (f"{getattr(found, name).p50 / found.call.p50:.0%}" for name in STAGES)
            cells = (_ratio(model.cost.over_call, 3), f"{found.call.p50:.3f}", *shares)
            rows.append((group.run, name_of(model), *cells))
    head = ("run", "model, engine", "call / bare", "ms, p50", *STAGES)
    note = "Bare: as under what convenience costs. Shares: of the medians, over the call's."
    return Table("From file to verdict", head, tuple(rows), note)


def latency(report: Report) -> Table:
    """Inference on preprocessed scans, the Keras rows among them."""
    head = ("run", "model, engine", "threads", "p50", "p90", "p99", "mean", "calls", "spread")
    rows = []
    for group in report.groups:
        for row in group.keras:
            rows.append((group.run, f"Keras {row.call}", "default", *_latency(row.latency)))
        for model, row in _rows(group):
            rows.append((group.run, name_of(model), str(row.threads), *_latency(row.inference)))
    note = (
        "Single-stream: one call after the other, none left out. Spread: of the medians of the "
        "rounds; above 20 % a row is marked noisy. p99 only from 662 calls on."
    )
    return Table("Inference, ms", head, tuple(rows), note)


def keras_ratios(report: Report) -> Table:
    """How many times as fast as Keras."""
    names = [name for name in _compared(report) if name in KERAS_CALLS]
    note = "Medians over the rounds, in which all took turns; 95 % intervals by bootstrap."
    return _ratios(report, "Times as fast as Keras", names, note)


def other_ratios(report: Report) -> Table:
    """How many times as fast as what else one could call."""
    names = [name for name in _compared(report) if name not in KERAS_CALLS]
    note = "tf.function: of the Keras model. fp32 ONNX: with as many threads. Taken as above."
    return _ratios(report, "Times as fast as others", names, note)


def _ratios(report: Report, title: str, names: list[str], note: str) -> Table:
    rows = [
        (
            *(group.run, name_of(model), str(row.threads)),
            *(_ratio(row.times_faster.get(name)) for name in names),
        )
        for group in report.groups
        for model, row in _rows(group)
        if any(name in row.times_faster for name in names)
    ]
    return Table(title, ("run", "model, engine", "threads", *names), tuple(rows), note)


def stages(report: Report) -> Table:
    """From file to verdict."""
    return _stages(report, "Stages of a whole call, ms, p50", lambda latency: latency.p50)


def slow_stages(report: Report) -> Table:
    """The same of the slowest tenth."""
    return _stages(report, "Stages of a whole call, ms, p90", lambda latency: latency.p90)


def _stages(report: Report, title: str, of: Callable[[Latency], float]) -> Table:
    names = ("decode", "preprocess", "inference", "decision", "call")
    rows = [
        (
            *(group.run, name_of(model)),
            *(f"{of(getattr(model.stages, name)):.3f}" for name in names),
        )
        for group, model in models_of(report)
        if model.stages
    ]
    head = ("run", "model, engine", *names[:-1], "whole call")
    return Table(title, head, tuple(rows))


def cost(report: Report) -> Table:
    """What our convenience costs."""
    head = ("run", "model, engine", "inference / bare", "whole call / bare")
    rows = [
        (
            *(group.run, name_of(model)),
            *(_ratio(model.cost.over_inference, 3), _ratio(model.cost.over_call, 3)),
        )
        for group, model in models_of(report)
        if model.cost
    ]
    note = (
        "Bare: Pillow's decoding and resizing and the engine's own interface, and nothing else, on "
        "the same scans."
    )
    return Table("What convenience costs", head, tuple(rows), note)


def start_up(report: Report) -> Table:
    """Processes of their own: time to the first verdict, and memory."""
    head = ("run", "model, engine", "cold, ms", "minimal, ms", "cold / minimal")
    head += ("peak MB", "steady MB")
    rows = []
    for group in report.groups:
        if group.keras_process:
            cold = f"{group.keras_process.cold_ms:.0f}"
            memory = _memory(group.keras_process.memory)
            rows.append((group.run, "Keras predict", cold, MISSING, MISSING, *memory))
        for model in group.models:
            if model.cold or model.memory:
                found = model.cold
                cells = (
                    number_cell(found and found.ours.p50, 0),
                    number_cell(found and found.minimal.p50, 0),
                    _ratio(found and found.ratio),
                )
                rows.append((group.run, name_of(model), *cells, *_memory(model.memory)))
    note = (
        "Whole processes for one generated 512x512 PNG, taking turns; Keras' once. Minimal: a "
        "script of NumPy, Pillow and the engine."
    )
    return Table("Start-up and memory", head, tuple(rows), note)


def work(report: Report) -> Table:
    """What a scan asks of the machine."""
    head = ("run", "model, engine", "file MB", "million MACs", "weights MB")
    rows = [
        (
            *(group.run, name_of(model), f"{model.megabytes:.2f}"),
            *(f"{model.macs / 1e6:.1f}", f"{model.weight_megabytes:.2f}"),
        )
        for group, model in models_of(report)
        if model.macs
    ]
    return Table("Work of a scan", head, tuple(rows), "MACs: multiply-adds.")


def limits(report: Report) -> Table:
    """Against what the machine can do."""
    head = ("run", "model, engine", "threads", "floor, ms", "times the floor", "bound by")
    rows = [
        (
            *(group.run, name_of(model), str(row.threads)),
            number_cell(row.floor and row.floor.ms, 3),
            number_cell(row.floor and row.floor.ratio, 1),
            row.floor.bound if row.floor else "not measured",
        )
        for group in report.groups
        for model, row in _rows(group)
        if model.macs
    ]
    note = (
        "Overhead: small layers, data movement and calls, from 3 times the floor on; what sets the "
        "floor stands in brackets."
    )
    return Table("Against the machine's limit", head, tuple(rows), note)


def peaks(report: Report) -> Table:
    """The machine's own limits."""
    blocks = dict.fromkeys(b.megabytes for peak in report.peaks for b in peak.bandwidth)
    head = ("threads", "fp32", "int8", *(f"reading {size:g} MB" for size in blocks))
    rows = []
    for peak in report.peaks:
        speeds = {b.megabytes: f"{b.gigabytes_per_second:.0f}" for b in peak.bandwidth}
        int8 = f"{peak.int8:.0f}" if peak.int8 else "not measured"
        cells = (speeds.get(size, MISSING) for size in blocks)
        rows.append((str(peak.threads), f"{peak.fp32:.0f}", int8, *cells))
    note = "fp32, int8: 10^9 multiply-adds a second. Reading: GB/s of blocks of a size."
    return Table("The machine's peaks", head, tuple(rows), note)


def rates(report: Report) -> Table:
    """Scans per second."""
    rows = [
        (
            *(group.run, name_of(model), str(rate.jobs), str(rate.threads)),
            *(f"{rate.scans_per_second:.1f}", _ratio(rate.scaling)),
            "saturates" if rate == model.throughput.saturation else "",
        )
        for group, model in models_of(report)
        if model.throughput
        for rate in model.throughput.rates
    ]
    head = ("run", "model, engine", "jobs", "threads each", "scans/s", "times one job", "")
    note = "Saturates: the least jobs and threads that reach 95 % of the best rate."
    return Table("Throughput", head, tuple(rows), note)


def _rows(group: Group) -> Iterator[tuple[Model, Row]]:
    """A run's models, by the number of threads."""
    return ((model, row) for model in group.models for row in model.rows)


def _compared(report: Report) -> dict[str, None]:
    """What any model is compared with, in order."""
    rows = (row for group in report.groups for _, row in _rows(group))
    return dict.fromkeys(name for row in rows for name in row.times_faster)


def _latency(found: Latency) -> tuple[str, ...]:
    """p50, p90, p99 and mean in ms, calls, and the spread in percent."""
    spread = f"{found.spread:.0%}{' NOISY' * found.noisy}"
    times = (number_cell(ms, 3) for ms in (found.p50, found.p90, found.p99, found.mean))
    return (*times, str(found.queries), spread)


def _memory(found) -> tuple[str, str]:
    """Peak and steady, MB; None: not measured."""
    return number_cell(found and found.peak, 1), number_cell(found and found.steady, 1)


def _ratio(ratio: Ratio | None, digits: int = 2) -> str:
    """A ratio with its interval."""
    if not ratio:
        return MISSING
    value, low, high = (f"{x:.{digits}f}" for x in (ratio.value, ratio.low, ratio.high))
    return f"{value} [{low}-{high}]"
