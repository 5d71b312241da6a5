"""A report in sentences: the machine, the scans, and how it all went."""

from collections.abc import Callable

from benchmarks.limits import pass_or_fail
from benchmarks.results.benchmark_report import Group, Report
from train.evaluation.metrics import Proportion, degenerate

LIMIT = "Limit:"
"""How a line starts that tells a limit of the gate."""


def summary(report: Report, text: Callable[[object], str] = str) -> list[str]:
    """The machine, the scans and the conditions, a paragraph each.

    Args:
        text: makes names from outside harmless for what they are written into.
    """
    machine = report.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    memory = f", {machine.memory_megabytes / 1e3:.0f} GB" if machine.memory_megabytes else ""
    lines = [
        f"{text(report.created)}, `{_code(report.command)}`, {report.seconds:.0f} s.",
        f"{text(machine.kind)}{memory}; {text(machine.system)}; clock governor "
        f"{text(machine.governor or 'not told')}. Python {text(machine.python)}, {text(versions)}.",
    ]
    if report.partial:
        lines.append("**PARTIAL**: it was interrupted, and this is what was measured until then.")
    for group in report.groups:
        synthetic = " SYNTHETIC: says nothing about real scans." if group.synthetic else ""
        absent = f" No Keras: {text(group.keras_absent)}." if group.keras_absent else ""
        lines.append(
            f"{text(group.run)} ({text(group.architecture)}): {group.scan_count} scans, "
            f"{text(group.scans)}."
            f"{synthetic}{absent}{_conditions(group)}"
        )
    return lines


def _code(command: str) -> str:
    """What stands between backticks."""
    return command.replace("`", "'")


def verdicts(report: Report) -> list[str]:
    """Degenerate models, gate, baseline and failures, a line each."""
    lines = list(_degenerate(report))
    lines += [f"FAILED {one.file}: {one.reason}" for one in report.failed]
    if report.gate is not None:
        checks = [finding for finding in report.gate if finding.words != pass_or_fail.UNTIMED]
        bad = [finding for finding in checks if not finding.passed]
        lines.append(
            f"Gate {'FAILED' if bad else 'passed'}: {len(checks) - len(bad)} of "
            f"{len(checks)} checks."
        )
        lines += [f"FAILED {f.model}: {f.what}: {f.words}" for f in bad]
        rest = [finding for finding in report.gate if finding.words == pass_or_fail.UNTIMED]
        lines += [f"unchecked {f.model}: {f.what}: {f.words}" for f in rest]
        lines += [f"{LIMIT} {limit}." for limit in pass_or_fail.limits()]
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


def _degenerate(report: Report):
    for group in report.groups:
        rows = [("Keras", group.keras_accuracy)] if group.keras_accuracy else []
        rows += [
            (f"{model.file} ({model.engine})", model.judged and model.judged.accuracy)
            for model in group.models
        ]
        for name, found in rows:
            shares = (found.sensitivity, found.specificity) if found else ()
            why = found and degenerate(*(Proportion(one.hits, one.n) for one in shares))
            if why:
                yield f"{group.run}, {name}: {why}"


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
