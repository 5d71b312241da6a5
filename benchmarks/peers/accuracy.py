"""How well verdicts and scores tell tumors, source by source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.process import Answer
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, cluster_bootstrap, clusters_with
from train.evaluation.metrics import Proportion

LEAST = 10
"""Scans of each class that an AUC needs."""
NO_VERDICTS = ("uncertain", "rejected")


@dataclass(frozen=True)
class Called:
    """What a system says of scans of one kind."""

    tumor: int
    no_tumor: int
    withheld: int
    """Uncertain, or refused as no brain."""
    failed: int
    """It raised an error, or its process ended."""

    @property
    def n(self) -> int:
        """All of them."""
        return self.tumor + self.no_tumor + self.withheld + self.failed

    @property
    def share(self) -> Proportion:
        """Those called a tumor, of all."""
        return Proportion(self.tumor, self.n)


@dataclass(frozen=True)
class Scored:
    """A system on the scans of a source."""

    with_tumor: Called
    without: Called
    auc: Estimate | None
    """By the scores of all scans that have one, in patients or copies drawn together; None where
    a class has fewer than `LEAST`."""
    judged: int
    """Scans that the AUC is of."""


def count(answers: Sequence[Answer]) -> Called:
    """Of each verdict how many."""
    said = [answer.verdict for answer in answers]
    withheld = sum(map(said.count, NO_VERDICTS))
    tumor, none = said.count("tumor"), said.count("no_tumor")
    return Called(tumor, none, withheld, len(said) - tumor - none - withheld)


def score(
    answers: Sequence[Answer], truth: Sequence[bool], groups: Sequence[object], seed: int
) -> Scored:
    """Compare what was said with the truth.

    Args:
        groups: of each scan, what is drawn together.
    """
    with_tumor = [one for one, positive in zip(answers, truth, strict=True) if positive]
    without = [one for one, positive in zip(answers, truth, strict=True) if not positive]
    rows = [
        (answer.score, positive, group)
        for answer, positive, group in zip(answers, truth, groups, strict=True)
        if answer.score is not None
    ]
    positives = sum(positive for _, positive, _ in rows)
    auc = None
    if min(positives, len(rows) - positives) >= LEAST:
        values, labels, names = zip(*rows, strict=True)
        values, labels = np.array(values, float), np.array(labels, bool)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        drawn = np.array([numbers[name] for name in names], np.int64)
        measures = {"auc": lambda weights: metrics.auc(labels, values, weights)}
        least = min(clusters_with(drawn, labels), clusters_with(drawn, ~labels))
        auc = cluster_bootstrap(measures, drawn, seed, rests_on={"auc": least})["auc"]
    return Scored(count(with_tumor), count(without), auc, len(rows))
