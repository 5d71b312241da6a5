"""Sources that a model never saw, in a run's report."""

import math

from edge.console.escape import markdown
from train.evaluation.evaluate import METHOD, Estimate
from train.unseen_sources.judge import UnseenSources


def source_card(found: UnseenSources) -> list[str]:
    """Its part of report.md, in lines."""
    (low, high), band = found.decision.uncertain, found.band
    lines = [
        "## Sources it never saw",
        "",
        "What to expect on another scanner. Each data folder was judged by a network that was "
        "fitted without it, and without all that may share its patients, in "
        f"{found.options.epochs} epochs. One scan counts for each cluster of copies; scans of the "
        "test part do not, as the uncertain band is chosen here.",
        "",
        "| source | with / without | AUC | tumors: called | called none | others: called a tumor "
        "| called none |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found.rows:
        cells = [_number(row.estimates.get("auc"))]
        cells += [
            _share(row.estimates.get(name)) for name in ("found", "cleared", "alarms", "passed")
        ]
        name = markdown(row.name)
        lines.append(f"| {name} | {row.tumors} / {row.others} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"The rest of each is uncertain: between {low:g} and {high:g}.",
        "",
        f"At most {found.options.max_cleared:.0%} of the tumors of a source were to be called "
        f"none, and at most {found.options.max_alarms:.0%} of its other scans a tumor, on average "
        f"over the sources. That asks for a band from {band.low:g} to {band.high:g}; the "
        f"validation part alone asked for {found.before[0]:g} to {found.before[1]:g}. The wider "
        "ends count.",
        "",
        *_promises(found),
        *(f"- {markdown(note)}." for note in found.notes),
        *([""] if found.notes else []),
        f"Intervals: {METHOD}.",
        "",
    ]
    return lines


def _promises(found: UnseenSources) -> list[str]:
    band = found.band
    if math.isnan(band.cleared):
        return []
    lines = [
        f"Were the next source drawn as these {band.with_tumors} were, at most "
        f"{band.cleared_bound:.0%} of its tumors would be called none in expectation (conformal "
        "risk control, Angelopoulos et al. 2022; its assumption is that sources are exchangeable, "
        "which public collections hardly are). So few sources cannot promise less than "
        f"{1 / (band.with_tumors + 1):.0%}.",
        "",
    ]
    return lines


def _number(found: Estimate | None) -> str:
    return "" if found is None else f"{found.value:.3f} [{found.low:.3f}-{found.high:.3f}]"


def _share(found: Estimate | None) -> str:
    if found is None:
        return ""
    return f"{found.value:.1%} [{found.low:.1%}-{found.high:.1%}]"
