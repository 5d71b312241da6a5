"""What the reject gate makes of what it never saw, in a run's report."""

from collections.abc import Sequence

from edge.console.escape import markdown
from train.gate.gate_check import DOUBTED, FOLDS, REFUSED, GateCheck, Judged


def gate_card(found: GateCheck) -> list[str]:
    """Its part of report.md, in lines."""
    return [
        "## What the reject gate makes of what it never saw",
        "",
        f"{FOLDS} gates were fitted besides, each without a part of the data folders and of the "
        "kinds of other pictures, and judged on these. A doubted scan is not called free of a "
        "tumor. The gate of the run has seen them all. So has the network, by whose layers each "
        "gate goes: of a source unknown to both more may be refused.",
        *_limits(found),
        "",
        *_table("brain scans of", found.sources),
        *_table("no brain MRI", found.kinds),
        "Intervals are Wilson's, and take every picture for independent.",
        "",
    ]


def _limits(found: GateCheck) -> list[str]:
    if not found.limits_by_source:
        return []
    return [
        "",
        f"Its limits were set here: of an unknown data folder's brain scans {REFUSED:.0%} are "
        f"refused on average, {DOUBTED:.0%} refused or doubted. So these rows say how folders "
        "differ, not how many are refused on average.",
    ]


def _table(title: str, rows: Sequence[Judged]) -> list[str]:
    return [
        f"| {title} | refused | refused or doubted |",
        "|---|---|---|",
        *(f"| {markdown(one.name)} | {one.refused} | {one.doubted} |" for one in rows),
        "",
    ]
