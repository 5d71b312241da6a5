"""How well files tell tumors, in tables, for `model_card.py`."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from model_card_sets import Judged
from reference_markdown import table

from edge import Classifier
from train.evaluation.evaluate import Evaluation, Predictions, evaluate
from train.evaluation.metrics import Proportion

SPECIFICITY = 0.90
"""At which the sensitivity is read off."""
SIZES = (0.0, 0.08, 0.12, 0.2, np.inf)
"""Of a box, the root of its area over the picture's: between these, tumors are counted."""
COSTLIEST = 8
"""Scans of a set that are named."""


def test_sets(classifier: Classifier, judged: dict[str, Judged]) -> str:
    """What a file gets on each test set: the network's figures, and the device's verdicts."""
    found = {name: _evaluated(classifier, own) for name, own in judged.items()}
    heads = ("set", "AUC", "sensitivity", "specificity", "ECE")
    told = [[name, *(_estimate(one, key) for key in _KEYS)] for name, one in found.items()]
    pointing = [
        [name, _sizes_of(own), _at_specificity(own), _pointing(classifier, own)]
        for name, own in judged.items()
    ]
    verdicts = [
        [name, *map(_short, (one.covered, one.remaining_error, _refused(judged[name])))]
        for name, one in found.items()
    ]
    return "\n\n".join(
        [
            table(heads, told),
            table(
                [
                    *("set", "with / without"),
                    *(f"sensitivity at specificity {SPECIFICITY:.2f}", "peak in the box"),
                ],
                pointing,
            ),
            table(["set", "given a verdict", "wrong of those", "refused"], verdicts),
        ]
    )


def small_tumors(classifier: Classifier, judged: dict[str, Judged]) -> str:
    """How many of the tumors with a box get a probability above the threshold, by its size."""
    names = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(SIZES[:-1])]
    names.append(f"{SIZES[-2]:.2f} and more")
    rows = []
    for name, own in judged.items():
        found = own.probability >= classifier.manifest.decision.threshold
        sized = [(own.truth == 1) & (own.size >= a) & (own.size < b) for a, b in pairwise(SIZES)]
        if any(some.any() for some in sized):
            counts = [f"{int(found[some].sum())} of {int(some.sum())}" for some in sized]
            rows.append([name, *counts])
    return table(["found, by size of the box", *names], rows)


def costliest(judged: dict[str, Judged]) -> str:
    """The scans by which most of what an AUC lacks to 1 is lost; a pair counts for both of its."""
    rows = []
    for name, own in judged.items():
        tumors, clear = np.flatnonzero(own.truth == 1), np.flatnonzero(own.truth == 0)
        if ", " in name or not (len(tumors) and len(clear)):
            continue  # a sequence's
        pairs = own.probability[tumors][:, None] - own.probability[clear]
        lost = (pairs < 0) + 0.5 * (pairs == 0)
        by_scan = [(lost[i].sum(), one) for i, one in enumerate(tumors)]
        by_scan += [(lost[:, i].sum(), one) for i, one in enumerate(clear)]
        by_scan.sort(key=lambda pair: (-pair[0], pair[1]))
        for pairs_lost, one in by_scan[:COSTLIEST]:
            if not pairs_lost:
                break
            scan, share = own.scans[one], pairs_lost / lost.sum()
            tumor = "yes" if scan.positive else "no"
            probability = f"{own.probability[one]:.2f}"
            rows.append([name, f"`{scan.path}`", tumor, probability, f"{share:.0%}"])
    return table(["set", "scan", "tumor", "probability", "of the loss"], rows)


def unseen_sources(found: dict) -> str:
    """Sources left out in turn, from a run's report.json (`train.unseen_sources`)."""

    def rows(needed: str, *keys: str, show: Callable[[dict], str]) -> list[list[str]]:
        return [
            [one["source"], f"{one['tumors']} / {one['others']}", *(show(one[key]) for key in keys)]
            for one in found["sources"]
            if one.get(needed)
        ]

    def number(one: dict) -> str:
        return f"{one['value']:.3f} [{one['low']:.3f}-{one['high']:.3f}]"

    def share(one: dict) -> str:
        return f"{one['value']:.1%} [{one['low']:.1%}-{one['high']:.1%}]"

    first = ["source left out", "with / without"]
    return "\n\n".join(
        [
            table([*first, "AUC"], rows("auc", "auc", show=number)),
            table(
                [*first, "tumors called a tumor", "called none"],
                rows("found", "found", "cleared", show=share),
            ),
            table(
                [*first, "others called a tumor", "called none"],
                rows("alarms", "alarms", "passed", show=share),
            ),
        ]
    )


def gate_check(found: dict) -> str:
    """Sources and kinds that a gate never saw, from a run's report.json (`train.gate`)."""
    blocks = []
    for key, title in (("sources", "brain scans of"), ("kinds", "no brain MRI")):
        rows = [
            [
                one["name"],
                *(
                    str(Proportion(one[what]["hits"], one[what]["n"]))
                    for what in ("refused", "refused_or_doubted")
                ),
            ]
            for one in found[key]
        ]
        blocks.append(table([title, "refused", "refused or doubted"], rows))
    return "\n\n".join(blocks)


_KEYS = ("auc", "sensitivity", "specificity", "ece")


def _evaluated(classifier: Classifier, judged: Judged) -> Evaluation:
    """What the gate refuses or will not clear is given no verdict."""
    predictions = Predictions.of(
        classifier.manifest.decision, judged.truth, judged.probability, judged.groups
    )
    withheld = judged.refused | (judged.doubted & ~predictions.called)
    return evaluate(replace(predictions, uncertain=predictions.uncertain | withheld))


def _sizes_of(judged: Judged) -> str:
    return f"{judged.truth.sum()} / {(1 - judged.truth).sum()}"


def _at_specificity(judged: Judged) -> str:
    clear = judged.probability[judged.truth == 0]
    limit = np.quantile(clear, SPECIFICITY, method="higher") if len(clear) else 1.0
    tumors = judged.probability[judged.truth == 1]
    return str(Proportion(int((tumors > limit).sum()), len(tumors)))


def _pointing(classifier: Classifier, judged: Judged) -> str:
    """Of the boxed tumors above the threshold, those whose strongest cell lies in a box."""
    threshold = classifier.manifest.decision.threshold
    boxed = (judged.truth == 1) & (judged.probability >= threshold) & ~np.isnan(judged.size)
    if not boxed.any() or not classifier.manifest.heat_map.method:
        return ""
    return str(Proportion(int(judged.pointed[boxed].sum()), int(boxed.sum())))


def _refused(judged: Judged) -> Proportion:
    return Proportion(int(judged.refused.sum()), len(judged.truth))


def _short(one: Proportion) -> str:
    """As `str(one)`, without signs in the brackets: three stand in one row."""
    low, high = one.interval
    return f"{one.value:.1%} [{100 * low:.1f}-{100 * high:.1f}] ({one.hits} of {one.n})"


def _estimate(found: Evaluation, name: str) -> str:
    one = found.estimates[name]
    return f"{one.value:.3f} [{one.low:.3f}-{one.high:.3f}]"
