"""What the reject gate makes of what it never saw, in a run's report."""

from collections.abc import Sequence

from edge.console.escape import markdown
from train.gate.gate_check import FOLDS, GateCheck, Judged


def gate_card(found: GateCheck) -> list[str]:
    """Its part of report.md, in lines."""
    return [
        "## What the reject gate makes of what it never saw",
        "",
        f"{FOLDS} gates were fitted besides, each without a part of the data folders and of the "
        "kinds of other pictures, and judged on these. A doubted scan is not called free of a "
        "tumor. The gate of the run has seen them all.",
        "",
        *_table("brain scans of", found.sources),
        *_table("no brain MRI", found.kinds),
        "Intervals are Wilson's, and take every picture for independent.",
        "",
    ]


def _table(title: str, rows: Sequence[Judged]) -> list[str]:
    return [
        f"| {title} | refused | refused or doubted |",
        "|---|---|---|",
        *(f"| {markdown(one.name)} | {one.refused} | {one.doubted} |" for one in rows),
        "",
    ]
