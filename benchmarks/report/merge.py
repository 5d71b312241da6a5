"""Reports of several machines in one table: one column a machine."""

from collections.abc import Sequence

from benchmarks.report.output import markdown_table
from benchmarks.report.tables import MISSING, Table
from benchmarks.results.benchmark_report import Model, Report
from edge import NOTICE


def merged(reports: Sequence[Report], names: Sequence[str]) -> str:
    """The reports as one Markdown table.

    Args:
        names: of the files, to tell machines of one kind apart.
    """
    columns = [_values(report) for report in reports]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    models = [key[:3] for key in keys]
    keys.sort(key=lambda key: models.index(key[:3]))
    labels = [report.machine.processor for report in reports]
    doubled = {label for label in labels if labels.count(label) > 1}
    labels = [
        f"{label} ({name})" if label in doubled else label
        for label, name in zip(labels, names, strict=True)
    ]
    table = Table(
        title="",
        head=("run", "model", "engine", "measure", *labels),
        rows=tuple((*key, *(column.get(key, MISSING) for column in columns)) for key in keys),
    )
    lines = [NOTICE, ""]
    for label, report in zip(labels, reports, strict=True):
        synthetic = any(group.synthetic for group in report.groups)
        lines.append(
            f"- {label}: {report.machine.kind}, {report.machine.system}, governor "
            f"{report.machine.governor or 'not told'}, measured {report.created}"
            f"{'; PARTIAL' if report.partial else ''}{'; SYNTHETIC scans' if synthetic else ''}"
        )
    return "\n".join([*lines, "", *markdown_table(table)])


Key = tuple[str, str, str, str]


def _values(report: Report) -> dict[Key, str]:
    """What is shown of a report, by run, model with its file's name, engine and measure."""
    found = {}
    for group in report.groups:
        for row in group.keras:
            key = (group.run, f"Keras {row.call}", "keras", "inference p50 / p90, ms")
            found[key] = f"{row.latency.p50:.2f} / {row.latency.p90:.2f}"
        for model in group.models:
            where = (group.run, f"{model.precision} {model.format}, {model.file}", model.engine)
            found |= {(*where, name): value for name, value in _measures(model).items()}
    return found


def _measures(model: Model) -> dict[str, str]:
    found = {}
    for row in model.rows:
        threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
        latency = row.inference
        noisy = " NOISY" * latency.noisy
        found[f"inference p50 / p90, ms, {threads}"] = (
            f"{latency.p50:.2f} / {latency.p90:.2f}{noisy}"
        )
        if row.floor:
            found[f"times the floor, {threads}"] = f"{row.floor.ratio:.1f}"
    if model.stages:
        call = model.stages.call
        found["file to verdict p50 / p90, ms"] = f"{call.p50:.2f} / {call.p90:.2f}"
    if model.cold:
        found["cold process p50, ms"] = f"{model.cold.ours.p50:.0f}"
    if model.memory:
        found["peak memory, MB"] = f"{model.memory.peak:.1f}"
    if model.throughput:
        best = model.throughput.saturation
        found["scans/s (jobs x threads)"] = (
            f"{best.scans_per_second:.1f} ({best.jobs} x {best.threads})"
        )
    judged = model.judged
    if judged and judged.accuracy:
        found["accuracy"] = str(judged.accuracy.accuracy)
    if judged and judged.agreement:
        agreement = judged.agreement
        found["verdicts unlike Keras"] = f"{agreement.changed} of {agreement.scans}"
        found["largest difference in probability"] = f"{agreement.max_difference:.4f}"
    return found
