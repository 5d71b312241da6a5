"""Types of tumor in a run's report."""

from edge.console.escape import markdown
from train.evaluation.evaluate import METHOD
from train.evaluation.shortcut_floor import FEATURES
from train.tumor_types.evaluate_types import TypeEvaluation
from train.tumor_types.session_types import TypesFound


def type_card(types: TypesFound, folds: int | None = None) -> list[str]:
    """Their part of report.md, in lines.

    Args:
        folds: of the cross-validation, if there is one.
    """
    found, spec, floor = types.pooled or types.test, types.spec, types.floor
    auc = found.estimates["macro_auc"]
    lines = [
        "## Types of tumor",
        "",
        "Asked only of a scan that is called a tumor. The head is a logistic regression on what "
        "the network sees; the network, and with it the verdict, is fitted as without types. Parts "
        "have all types alike.",
        "",
        "| part | " + " | ".join(map(markdown, found.labels)) + " |",
        "|---|" + "---|" * len(found.labels),
        *(
            f"| {part} | " + " | ".join(str(row[label]) for label in found.labels) + " |"
            for part, row in types.own.counts.items()
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
            f"model's macro AUC, {auc.value:.3f} [{auc.low:.3f}-{auc.high:.3f}], is {word} that. "
            "Types that come from different scanners, planes or collections can be told apart by "
            "these alone; the floor sees only what the file betrays.",
            "",
        ]
    if types.pooled:
        lines += _figures(types.pooled, f"Tumors of {folds} folds, pooled")
        lines += [
            "Each tumor was judged once, by a model and a head that saw no copy of it; each fold "
            "chose its own temperature and limit.",
            "",
        ]
    lines += _figures(types.test, "Held-out tumors")
    lines += [
        f"Temperature {spec.temperature:g}, limit {spec.limit:g}, penalty {types.own.penalty:g}: "
        f"chosen on the validation part. {METHOD[0].upper()}{METHOD[1:]}.",
        "",
        "### What the device says of all held-out scans",
        "",
        *_device(types.test),
        "",
    ]
    if types.pooled:
        lines += ["### The same of all folds", "", *_device(types.pooled), ""]
    return lines


def _figures(found: TypeEvaluation, title: str) -> list[str]:
    lines = [
        f"### {title}: {found.accuracy.n} scans in {found.groups} clusters",
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
        _row("accuracy", found.accuracy, found.estimates["accuracy"]),
    ]
    for label, scores in found.scores.items():
        for name in ("sensitivity", "specificity"):
            estimate = found.estimates[f"{name} {label}"]
            lines.append(_row(f"{name}, {markdown(label)}", getattr(scores, name), estimate))
    for label in found.labels:
        lines.append(_auc(f"AUC, {markdown(label)}", found.estimates[f"auc {label}"]))
    return [
        *lines,
        _auc("macro AUC", found.estimates["macro_auc"]),
        f"| named a type (the others: type uncertain) | {found.named} | | |",
        f"| right among those | {found.right_if_named} | | |",
        "",
    ]


def _device(found: TypeEvaluation) -> list[str]:
    rows = found.device
    said = [word for word in found.labels if any(word in row for row in rows.values())]
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
