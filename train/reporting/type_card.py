"""Types of tumor in a run's report."""

from edge.console.escape import markdown
from train.evaluation.evaluate import METHOD
from train.evaluation.shortcut_floor import FEATURES
from train.tumor_types.session_types import TypesFound


def type_card(types: TypesFound) -> list[str]:
    """Their part of report.md, in lines."""
    found, spec, floor = types.test, types.spec, types.floor
    auc = found.estimates["macro_auc"]
    lines = [
        "## Types of tumor",
        "",
        "Asked only of a scan that is called a tumor. The head is a logistic regression on what "
        "the network sees; the network, and with it the verdict, is the same as without types.",
        "",
        "| part | " + " | ".join(map(markdown, found.labels)) + " |",
        "|---|" + "---|" * len(found.labels),
        *(
            f"| {part} | " + " | ".join(str(row[label]) for label in found.labels) + " |"
            for part, row in types.counts.items()
        ),
        "",
    ]
    if floor is None:
        lines += ["Too few different scans to measure the shortcut floor of types.", ""]
    else:
        base = floor.estimates["macro_auc"]
        word = "better than" if auc.low > base.high else "**not shown to be better than**"
        lines += [
            f"Shortcut floor of types: a random forest on {', '.join(FEATURES)} gets {floor}. The "
            f"model's macro AUC is {word} that. Types that come from different scanners, planes or "
            "collections can be told apart by these alone; the floor sees only what the file "
            "betrays.",
            "",
        ]
    lines += [
        f"### Held-out tumors: {found.accuracy.n} scans in {found.groups} clusters",
        "",
        "| is / likeliest | " + " | ".join(map(markdown, found.labels)) + " |",
        "|---|" + "---|" * len(found.labels),
        *(
            f"| {markdown(label)} | " + " | ".join(map(str, row)) + " |"
            for label, row in zip(found.labels, found.confusion, strict=True)
        ),
        "",
        "| measure | value | Wilson | bootstrap over clusters |",
        "|---|---|---|---|",
    ]
    own = found.estimates["accuracy"]
    lines.append(_row("accuracy", found.accuracy, own))
    for label, scores in found.scores.items():
        for name in ("sensitivity", "specificity"):
            estimate = found.estimates[f"{name} {label}"]
            lines.append(_row(f"{name}, {markdown(label)}", getattr(scores, name), estimate))
    for label in found.labels:
        lines.append(_auc(f"AUC, {markdown(label)}", found.estimates[f"auc {label}"]))
    lines += [
        _auc("macro AUC", auc),
        f"| named a type (the others: type uncertain) | {found.named} | | |",
        f"| right among those | {found.right_if_named} | | |",
        "",
        f"Temperature {spec.temperature:g}, limit {spec.limit:g}, penalty {types.penalty:g}: "
        f"chosen on the validation part. {METHOD[0].upper()}{METHOD[1:]}.",
        "",
        "### What the device says of all held-out scans",
        "",
        *_device(types),
        "",
    ]
    return lines


def _device(types: TypesFound) -> list[str]:
    rows = types.test.device
    said = [word for word in types.test.labels if any(word in row for row in rows.values())]
    said += sorted({word for row in rows.values() for word in row} - set(said))
    return [
        "| is / said | " + " | ".join(markdown(word.replace("_", " ")) for word in said) + " |",
        "|---|" + "---|" * len(said),
        *(
            f"| {markdown(truth)} | " + " | ".join(str(row.get(word, 0)) for word in said) + " |"
            for truth, row in rows.items()
        ),
    ]


def _row(name: str, found, estimate) -> str:
    low, high = found.interval
    return (
        f"| {name} | {found.value:.1%} ({found.hits} of {found.n}) | [{low:.1%}-{high:.1%}] | "
        f"[{estimate.low:.1%}-{estimate.high:.1%}] |"
    )


def _auc(name: str, estimate) -> str:
    return f"| {name} | {estimate.value:.3f} | | [{estimate.low:.3f}-{estimate.high:.3f}] |"
