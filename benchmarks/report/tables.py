"""A report in words and tables, as data: `benchmarks.report.output` shows them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.limits import gate
from benchmarks.results.report import Group, Model, Report, Row
from benchmarks.timing.single_stream import Latency, Ratio

MISSING = "-"


@dataclass(frozen=True)
class Table:
    """Cells under a title."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(report: Report) -> list[Table]:
    """Every table that has rows."""
    made = [table(report) for table in (latency, ratios, stages, cost, limits, accuracy, rates)]
    return [table for table in made if table.rows]


def summary(report: Report) -> list[str]:
    """The machine, the scans and how it all went, in sentences."""
    machine = report.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    memory = f", {machine.memory_megabytes / 1e3:.0f} GB" if machine.memory_megabytes else ""
    lines = [
        f"{report.created}, `{report.command}`, {report.seconds:.0f} s.",
        f"{machine.kind}{memory}; {machine.system}; clock governor "
        f"{machine.governor or 'not told'}. Python {machine.python}, {versions}.",
    ]
    if report.partial:
        lines.append("**PARTIAL**: it was interrupted, and this is what was measured until then.")
    for group in report.groups:
        synthetic = " SYNTHETIC: says nothing about real scans." if group.synthetic else ""
        absent = f" No Keras: {group.keras_absent}." if group.keras_absent else ""
        lines.append(
            f"{group.run} ({group.architecture}): {group.scan_count} scans, {group.scans}."
            f"{synthetic}{absent}{_conditions(group)}"
        )
    return lines


def verdicts(report: Report) -> list[str]:
    """Gate, baseline and failures, a line each."""
    lines = [f"FAILED {one.file}: {one.reason}" for one in report.failed]
    if report.gate is not None:
        checks = [finding for finding in report.gate if finding.words != gate.UNTIMED]
        bad = [finding for finding in checks if not finding.passed]
        lines.append(
            f"Gate {'FAILED' if bad else 'passed'}: {len(checks) - len(bad)} of "
            f"{len(checks)} checks. Limits: {gate.limits()}."
        )
        lines += [f"FAILED {f.model}: {f.what}: {f.words}" for f in bad]
        rest = [finding for finding in report.gate if finding.words == gate.UNTIMED]
        lines += [f"unchecked {f.model}: {f.what}: {f.words}" for f in rest]
    found = report.baseline
    if found and not found.changes:
        lines.append(
            f"Baseline {found.file} of {found.created}: FAILED: it has no latency in common with "
            "this run."
        )
    elif found:
        lines.append(
            f"Baseline {found.file} of {found.created}: {len(found.regressions)} of "
            f"{len(found.changes)} latencies regressed by more than {found.max_regression:.0%}."
        )
        lines += [
            f"{'FAILED' if change.regressed else 'ok'} {change.what}: {change.ratio} times the "
            f"earlier one, {change.relative} relative to the yardstick"
            for change in found.changes
        ]
    if found:
        lines += [f"missing here: {name}" for name in found.missing]
    return lines


def latency(report: Report) -> Table:
    """Inference on preprocessed scans, the Keras rows among them."""
    head = ("run", "model", "engine", "threads", "p50", "p90", "p99", "mean", "calls", "spread")
    rows = []
    for group in report.groups:
        for row in group.keras:
            cells = (f"Keras {row.call}", _keras_version(report), "default", *_latency(row.latency))
            rows.append((group.run, *cells))
        for model, row in _rows(group):
            engine = f"{model.engine} {model.engine_version}"
            cells = (_kind(model), engine, str(row.threads), *_latency(row.inference))
            rows.append((group.run, *cells))
    note = (
        "Single-stream: one call after the other, none left out. Spread: of the medians of the "
        "rounds; above 20 % a row is marked noisy. p99 only from 662 calls on."
    )
    return Table("Inference, ms", head, tuple(rows), note)


def ratios(report: Report) -> Table:
    """How many times faster than what."""
    names = dict.fromkeys(
        name for group in report.groups for _, row in _rows(group) for name in row.times_faster
    )
    rows = [
        (
            *(group.run, _kind(model), model.engine, str(row.threads)),
            *(_ratio(row.times_faster.get(name)) for name in names),
        )
        for group in report.groups
        for model, row in _rows(group)
        if row.times_faster
    ]
    head = ("run", "model", "engine", "threads", *names)
    note = "Medians over the rounds, in which all took turns; 95 % intervals by bootstrap."
    return Table("Times faster than", head, tuple(rows), note)


def stages(report: Report) -> Table:
    """From file to verdict."""
    head = ("run", "model", "engine", "decode", "preprocess", "inference", "decision", "whole call")
    rows = []
    for group, model in _models(report):
        if model.stages:
            parts = [getattr(model.stages, name) for name in head[3:-1]]
            cells = [f"{p.p50:.3f} / {p.p90:.3f}" for p in (*parts, model.stages.call)]
            rows.append((group.run, _kind(model), model.engine, *cells))
    return Table("Stages of a whole call, ms, p50 / p90", head, tuple(rows))


def cost(report: Report) -> Table:
    """What our convenience costs, and a process."""
    head = ("run", "model", "engine", "ours / bare inference")
    head += ("whole call / decode + resize + bare inference", "cold process, ms", "minimal, ms")
    head += ("cold / minimal", "peak MB", "steady MB")
    rows = []
    for group in report.groups:
        alone = group.keras_process
        if alone:
            memory = alone.memory
            sizes = (_number(memory and memory.peak, 1), _number(memory and memory.steady, 1))
            nothing, cold = (MISSING,) * 2, f"{alone.cold_ms:.0f}"
            rows.append((group.run, "Keras predict", "", *nothing, cold, *nothing, *sizes))
    for group, model in _models(report):
        if model.cost or model.cold:
            spent, cold, memory = model.cost, model.cold, model.memory
            cells = (
                _ratio(spent and spent.over_inference, 3),
                _ratio(spent and spent.over_call, 3),
                _number(cold and cold.ours.p50, 0),
                _number(cold and cold.minimal.p50, 0),
                _ratio(cold and cold.ratio),
                _number(memory and memory.peak, 1),
                _number(memory and memory.steady, 1),
            )
            rows.append((group.run, _kind(model), model.engine, *cells))
    note = (
        "Bare: Pillow's decoding and resizing and the engine's own interface, and nothing else, on "
        "the same scans. Minimal: a script of NumPy, Pillow and the engine; whole processes for "
        "one generated 512x512 PNG, taking turns; Keras' once."
    )
    return Table("What convenience costs", head, tuple(rows), note)


def limits(report: Report) -> Table:
    """Against what the machine can do."""
    head = ("run", "model", "engine", "threads", "million MACs", "weights MB", "floor, ms")
    head += ("times the floor", "bound by")
    rows = [
        (
            group.run,
            _kind(model),
            model.engine,
            str(row.threads),
            f"{model.macs / 1e6:.1f}",
            f"{model.weight_megabytes:.2f}",
            _number(row.floor and row.floor.ms, 3),
            _number(row.floor and row.floor.ratio, 1),
            row.floor.bound if row.floor else "not measured",
        )
        for group in report.groups
        for model, row in _rows(group)
        if model.macs
    ]
    peaks = [
        f"with {p.threads} thread{'s' * (p.threads > 1)} {p.fp32:.0f} 10^9 MACs/s in fp32, "
        f"{f'{p.int8:.0f} in int8' if p.int8 else 'int8 not measured'}, reading "
        + ", ".join(f"{b.gigabytes_per_second:.0f} GB/s of {b.megabytes:g} MB" for b in p.bandwidth)
        for p in report.peaks
    ]
    return Table(
        "Against the machine's limit", head, tuple(rows), "; ".join(peaks) + "." * bool(peaks)
    )


def accuracy(report: Report) -> Table:
    """Against labels and Keras."""
    head = ("run", "model", "engine", "MB", "accuracy", "sensitivity", "specificity", "AUC", "ECE")
    head += ("rejected", "uncertain", "unlike Keras", "largest difference")
    head += ("right alone / Keras alone (p)",)
    rows = []
    for group in report.groups:
        if group.keras_accuracy:
            scores = _scores(group.keras_accuracy)
            rows.append((group.run, "Keras", "", "", *scores, *[MISSING] * 5))
        for model in group.models:
            found = model.judged
            if found:
                cells = (f"{model.megabytes:.2f}", *_scores(found.accuracy))
                cells += (_share(found.rejected), _share(found.uncertain), *_against(found))
                rows.append((group.run, _kind(model), model.engine, *cells))
    note = "Intervals are Wilson's, 95 %; p by McNemar's exact test, model against Keras."
    return Table("Accuracy", head, tuple(rows), note)


def rates(report: Report) -> Table:
    """Scans per second."""
    rows = [
        (
            group.run,
            _kind(model),
            model.engine,
            str(rate.jobs),
            str(rate.threads),
            f"{rate.scans_per_second:.1f}",
            _ratio(rate.scaling),
            "here it saturates" if rate == model.throughput.saturation else "",
        )
        for group, model in _models(report)
        if model.throughput
        for rate in model.throughput.rates
    ]
    head = ("run", "model", "engine", "jobs", "threads each", "scans/s", "times one job", "")
    note = "Saturates: the least jobs and threads that reach 95 % of the best rate."
    return Table("Throughput", head, tuple(rows), note)


def _models(report: Report) -> Iterator[tuple[Group, Model]]:
    return ((group, model) for group in report.groups for model in group.models)


def _rows(group: Group) -> Iterator[tuple[Model, Row]]:
    return ((model, row) for model in group.models for row in model.rows)


def _kind(model: Model) -> str:
    return f"{model.precision} {model.format}"


def _keras_version(report: Report) -> str:
    return report.machine.versions.get("keras", "")


def _latency(found: Latency) -> tuple[str, ...]:
    spread = f"{found.spread:.0%}{' NOISY' * found.noisy}"
    times = (_number(ms, 3) for ms in (found.p50, found.p90, found.p99, found.mean))
    return (*times, str(found.queries), spread)


def _ratio(ratio: Ratio | None, digits: int = 2) -> str:
    if not ratio:
        return MISSING
    value, low, high = (f"{x:.{digits}f}" for x in (ratio.value, ratio.low, ratio.high))
    return f"{value} [{low}-{high}]"


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _share(share) -> str:
    return f"{share.hits} of {share.n}"


def _scores(found) -> tuple[str, ...]:
    if not found:
        return ("no labels",) + (MISSING,) * 4
    shares = (str(found.accuracy), str(found.sensitivity), str(found.specificity))
    return (*shares, _number(found.auc, 3), f"{found.ece:.3f}")


def _against(judged) -> tuple[str, ...]:
    found = judged.agreement
    if not found:
        return (MISSING,) * 3
    pixels = "" if found.same_pixels is None else f"; {found.same_pixels} tensors identical"
    changed = f"{found.changed} of {found.scans}{pixels}"
    mcnemar = MISSING
    if found.mcnemar_p is not None:
        mcnemar = f"{found.only_model_right} / {found.only_keras_right} ({found.mcnemar_p:.2f})"
    return changed, f"{found.max_difference:.4f}", mcnemar


def _conditions(group: Group) -> str:
    found = group.conditions
    if not found:
        return ""
    tell: Callable = lambda value, words: "not told" if value is None else words  # noqa: E731
    throttled = tell(found.throttled, "throttled" if found.throttled else "none")
    return (
        f" Load average before {tell(found.load_average, found.load_average)}, temperature "
        f"{tell(found.celsius, f'{found.celsius} C')}, throttling {throttled}, taken by the host "
        f"{tell(found.steal, f'{found.steal or 0:.1%}')} of the processor time."
    )
