"""Reports of several machines side by side: a table a model, one column a machine."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from benchmarks.report.cells import MISSING, Table
from benchmarks.report.output import markdown_table
from benchmarks.results.benchmark_report import Model, Report
from edge import NOTICE
from edge.console.escape import markdown

_WIDTH = 110
"""Characters of a page."""


def merged(reports: Sequence[Report], names: Sequence[str]) -> str:
    """The reports as Markdown.

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
    lines = [NOTICE, ""]
    for number, (label, report) in enumerate(zip(labels, reports, strict=True), 1):
        synthetic = any(group.synthetic for group in report.groups)
        words = (
            f"{label}: {report.machine.kind}, {report.machine.system}, governor "
            f"{report.machine.governor or 'not told'}, measured {report.created}"
        )
        lines.append(
            f"{number}. {markdown(words)}"
            f"{'; PARTIAL' if report.partial else ''}{'; SYNTHETIC scans' if synthetic else ''}"
        )
    for table in _tables(keys, columns):
        lines += ["", f"## {markdown(table.title)}", "", *markdown_table(table)]
    return "\n".join(lines)


def _tables(keys: list["Key"], columns: list[dict["Key", str]]) -> Iterator[Table]:
    """One a model and an engine, its columns the machines by their numbers: as many side by side as
    a page has room for."""
    for model, group in groupby(keys, key=lambda key: key[:3]):
        rows = list(group)
        found = [[column.get(key, MISSING) for key in rows] for column in columns]
        numbers = [n for n, cells in enumerate(found) if set(cells) != {MISSING}]
        while numbers:
            width, here = 2 + max(len(key[3]) for key in rows), []
            while numbers:
                width += 3 + max(map(len, found[numbers[0]]))
                if here and width > _WIDTH:
                    break
                here.append(numbers.pop(0))
            yield Table(
                title=", ".join(model),
                head=("measure", *(str(n + 1) for n in here)),
                rows=tuple((key[3], *(found[n][at] for n in here)) for at, key in enumerate(rows)),
            )


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
