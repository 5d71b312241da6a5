"""A report in tables, as data: `benchmarks.report.output` shows them.

One theme a table, so that none is wider than a page: up to 110 characters, unless names are long.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.results.benchmark_report import STAGES, Group, Model, Report, Row
from benchmarks.timing.single_stream import Latency, Ratio

MISSING = "-"
KERAS_CALLS = ("predict", "model(x)")
"""Ratios to these stand in one table; the others in another."""


@dataclass(frozen=True)
class Table:
    """Cells under a title."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(report: Report) -> list[Table]:
    """Every table that has rows."""
    makers = (
        file_to_verdict,
        latency,
        keras_ratios,
        other_ratios,
        stages,
        slow_stages,
        cost,
        start_up,
    )
    makers += (work, limits, peaks, accuracy, by_class, types, given, agreement, rates)
    return [table for table in (make(report) for make in makers) if table.rows]


def file_to_verdict(report: Report) -> Table:
    """What a user waits for: against the least that any script takes, and where it goes."""
    rows = []
    for group, model in _models(report):
        if model.stages and model.cost:
            found = model.stages
            shares = (f"{getattr(found, name).p50 / found.call.p50:.0%}" for name in STAGES)
            cells = (_ratio(model.cost.over_call, 3), f"{found.call.p50:.3f}", *shares)
            rows.append((group.run, _name(model), *cells))
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
            rows.append((group.run, _name(model), str(row.threads), *_latency(row.inference)))
    note = (
        "Single-stream: one call after the other, none left out. Spread: of the medians of the "
        "rounds; above 20 % a row is marked noisy. p99 only from 662 calls on."
    )
    return Table("Inference, ms", head, tuple(rows), note)


def keras_ratios(report: Report) -> Table:
    """How many times as fast as Keras."""
    names = [name for name in _rivals(report) if name in KERAS_CALLS]
    note = "Medians over the rounds, in which all took turns; 95 % intervals by bootstrap."
    return _ratios(report, "Times as fast as Keras", names, note)


def other_ratios(report: Report) -> Table:
    """How many times as fast as what else one could call."""
    names = [name for name in _rivals(report) if name not in KERAS_CALLS]
    note = "tf.function: of the Keras model. fp32 ONNX: with as many threads. Taken as above."
    return _ratios(report, "Times as fast as others", names, note)


def _ratios(report: Report, title: str, names: list[str], note: str) -> Table:
    rows = [
        (
            *(group.run, _name(model), str(row.threads)),
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
            *(group.run, _name(model)),
            *(f"{of(getattr(model.stages, name)):.3f}" for name in names),
        )
        for group, model in _models(report)
        if model.stages
    ]
    head = ("run", "model, engine", *names[:-1], "whole call")
    return Table(title, head, tuple(rows))


def cost(report: Report) -> Table:
    """What our convenience costs."""
    head = ("run", "model, engine", "inference / bare", "whole call / bare")
    rows = [
        (
            *(group.run, _name(model)),
            *(_ratio(model.cost.over_inference, 3), _ratio(model.cost.over_call, 3)),
        )
        for group, model in _models(report)
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
                    _number(found and found.ours.p50, 0),
                    _number(found and found.minimal.p50, 0),
                    _ratio(found and found.ratio),
                )
                rows.append((group.run, _name(model), *cells, *_memory(model.memory)))
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
            *(group.run, _name(model), f"{model.megabytes:.2f}"),
            *(f"{model.macs / 1e6:.1f}", f"{model.weight_megabytes:.2f}"),
        )
        for group, model in _models(report)
        if model.macs
    ]
    return Table("Work of a scan", head, tuple(rows), "MACs: multiply-adds.")


def limits(report: Report) -> Table:
    """Against what the machine can do."""
    head = ("run", "model, engine", "threads", "floor, ms", "times the floor", "bound by")
    rows = [
        (
            *(group.run, _name(model), str(row.threads)),
            _number(row.floor and row.floor.ms, 3),
            _number(row.floor and row.floor.ratio, 1),
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


def accuracy(report: Report) -> Table:
    """Against labels."""
    head = ("run", "model, engine", "accuracy", "AUC", "ECE")
    rows = []
    for run, name, found in _scored(report):
        cells = ("no labels", MISSING, MISSING)
        if found:
            cells = (str(found.accuracy), _number(found.auc, 3), f"{found.ece:.3f}")
        rows.append((run, name, *cells))
    note = "Intervals here and below are Wilson's, 95 %. ECE: expected calibration error."
    return Table("Accuracy", head, tuple(rows), note)


def by_class(report: Report) -> Table:
    """Against labels, tumors and the others apart."""
    rows = [
        (run, name, str(found.sensitivity), str(found.specificity))
        for run, name, found in _scored(report)
        if found
    ]
    head = ("run", "model, engine", "sensitivity", "specificity")
    return Table("Sensitivity and specificity", head, tuple(rows))


def types(report: Report) -> Table:
    """Types of tumor against labels, and what is said of each."""
    rows = []
    for group, model in _models(report):
        found = model.judged.types if model.judged else None
        for label, score in found.scores.items() if found else ():
            said = ", ".join(
                f"{word} {count}"
                for word, count in zip(found.said, found.confusion[label], strict=True)
                if count
            )
            cells = (str(score.sensitivity), str(score.specificity), _number(score.auc, 3), said)
            rows.append((group.run, _name(model), label, *cells))
        if found:
            named = f"named {found.named}; right of these {found.right_if_named}"
            cells = (MISSING, MISSING, _number(found.macro_auc, 3), named)
            rows.append((group.run, _name(model), "all (macro AUC)", *cells))
    head = ("run", "model, engine", "type", "sensitivity", "specificity", "AUC", "said")
    note = (
        "Of scans that are called a tumor, by their likeliest type; `said` counts all tumors of "
        "that type. Types may be told by scanner, plane or source: see the run's shortcut floor."
    )
    return Table("Types of tumor", head, tuple(rows), note)


def given(report: Report) -> Table:
    """What gets a verdict."""
    rows = [
        (group.run, _name(model), *map(_share, (model.judged.rejected, model.judged.uncertain)))
        for group, model in _models(report)
        if model.judged
    ]
    note = "Uncertain: of the scans that were not rejected."
    return Table(
        "Rejected and uncertain",
        ("run", "model, engine", "rejected", "uncertain"),
        tuple(rows),
        note,
    )


def agreement(report: Report) -> Table:
    """Against Keras."""
    found = [(group.run, m) for group, m in _models(report) if m.judged and m.judged.agreement]
    tensors = any(m.judged.agreement.same_pixels is not None for _, m in found)
    typed = any(m.judged.agreement.types for _, m in found)
    head = ("run", "model, engine", "unlike Keras", "largest difference", "right alone (p)")
    rows = []
    for run, model in found:
        one = model.judged.agreement
        alone = MISSING
        if one.mcnemar_p is not None:
            alone = f"{one.only_model_right} / {one.only_keras_right} ({one.mcnemar_p:.2f})"
        cells = (f"{one.changed} of {one.scans}", f"{one.max_difference:.4f}", alone)
        same = (_count(one.same_pixels),) if tensors else ()
        match = one.types
        told = f"{match.changed} of {match.scans}, {match.max_difference:.4f}" if match else MISSING
        rows.append((run, _name(model), *cells, *(told,) * typed, *same))
    note = (
        "Largest difference: in a probability. Right alone: scans on which only the model / only "
        "Keras was right; p by McNemar's exact test."
    )
    head += ("types, largest difference",) * typed + ("tensors identical",) * tensors
    if typed:
        note += " Types unlike Keras', of the scans that both call a tumor, count as unlike Keras."
    return Table("Against Keras", head, tuple(rows), note)


def rates(report: Report) -> Table:
    """Scans per second."""
    rows = [
        (
            *(group.run, _name(model), str(rate.jobs), str(rate.threads)),
            *(f"{rate.scans_per_second:.1f}", _ratio(rate.scaling)),
            "saturates" if rate == model.throughput.saturation else "",
        )
        for group, model in _models(report)
        if model.throughput
        for rate in model.throughput.rates
    ]
    head = ("run", "model, engine", "jobs", "threads each", "scans/s", "times one job", "")
    note = "Saturates: the least jobs and threads that reach 95 % of the best rate."
    return Table("Throughput", head, tuple(rows), note)


def _models(report: Report) -> Iterator[tuple[Group, Model]]:
    return ((group, model) for group in report.groups for model in group.models)


def _rows(group: Group) -> Iterator[tuple[Model, Row]]:
    return ((model, row) for model in group.models for row in model.rows)


def _scored(report: Report) -> Iterator[tuple[str, str, object]]:
    """Keras and every judged model: run, name, and accuracy or None."""
    for group in report.groups:
        if group.keras_accuracy:
            yield group.run, "Keras", group.keras_accuracy
        for model in group.models:
            if model.judged:
                yield group.run, _name(model), model.judged.accuracy


def _rivals(report: Report) -> dict[str, None]:
    rows = (row for group in report.groups for _, row in _rows(group))
    return dict.fromkeys(name for row in rows for name in row.times_faster)


def _name(model: Model) -> str:
    return f"{model.precision} {model.format}, {model.engine}"


def _latency(found: Latency) -> tuple[str, ...]:
    spread = f"{found.spread:.0%}{' NOISY' * found.noisy}"
    times = (_number(ms, 3) for ms in (found.p50, found.p90, found.p99, found.mean))
    return (*times, str(found.queries), spread)


def _memory(found) -> tuple[str, str]:
    return _number(found and found.peak, 1), _number(found and found.steady, 1)


def _ratio(ratio: Ratio | None, digits: int = 2) -> str:
    if not ratio:
        return MISSING
    value, low, high = (f"{x:.{digits}f}" for x in (ratio.value, ratio.low, ratio.high))
    return f"{value} [{low}-{high}]"


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _count(value: int | None) -> str:
    return MISSING if value is None else str(value)


def _share(share) -> str:
    return f"{share.hits} of {share.n}"
