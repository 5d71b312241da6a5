"""Conventions tried on labelled scans: which one fits, and is that clear?

The scans are of the training part, which chooses nothing else; the test part is not looked at.

How well a network orders scans decides (AUC), and not how often it is right at a probability of
0.5. Of a network trained on three tumors to one other scan, 0.5 does not part scans of which half
show a tumor. A wrong scaling may shift that back, and be right more often.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from export.adopt.activation import tumor_log_odds
from export.adopt.conventions import Convention
from export.adopt.labels import Labels
from export.errors import ExportError
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, cluster_bootstrap, clusters_with
from train.evaluation.metrics import Proportion

TRIAL_SCANS = 100
"""Half of each class, no file twice."""
FITS, WRONG, UNCLEAR = "fits", "wrong", "cannot be told apart"
"""What is said of a convention: it is the best, clearly worse than that, or neither."""


@dataclass(frozen=True)
class Tried:
    """A convention, with the order of labels that suits it better, on the trial's scans."""

    convention: Convention
    labels: Labels
    accuracy: Proportion
    """By the network's own decision, at a probability of tumor of 0.5: shown, decides nothing."""
    auc: Estimate
    logits: np.ndarray
    """[N, outputs]."""
    odds: np.ndarray
    """Log-odds of tumor, float64 [N]."""
    verdict: str = ""
    """`FITS`, `WRONG` or `UNCLEAR`."""
    given: bool = False
    """Whether options ask for it, and for not all of them."""

    @property
    def word(self) -> str:
        """What a table says of it."""
        return f"given, {self.verdict}" if self.given else self.verdict

    @property
    def measured(self) -> str:
        """Accuracy and AUC in words."""
        return (
            f"accuracy {self.accuracy}, AUC {self.auc.value:.3f} "
            f"[{self.auc.low:.3f}-{self.auc.high:.3f}]"
        )


def attempt(
    predict: Callable[[np.ndarray], np.ndarray],
    conventions: Sequence[Convention],
    labels: Sequence[Labels],
    pixels: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
) -> list[Tried]:
    """Every convention on the scans, the best first.

    Args:
        predict: float32 [N, H, W, C] -> logits [N, outputs].
        labels: orders that come into question.
        pixels: uint8 [N, H, W, C]. truth: 1 with a tumor, [N]. groups: clusters, [N].
    """
    found = []
    for convention in conventions:
        logits = predict(convention.applied(pixels))
        tried = [_tried(convention, one, logits, truth, groups) for one in labels]
        found.append(max(tried, key=_rank))
    return sorted(found, key=_rank, reverse=True)


def judge(
    tried: Sequence[Tried],
    truth: np.ndarray,
    groups: np.ndarray,
    scaling: str | None = None,
    color: str | None = None,
) -> list[Tried]:
    """The same with their verdicts: which fits, which are wrong, which cannot be told from it.

    Args:
        scaling, color: as given, to mark what they ask for; None: they are not.
    """
    best, *others = tried
    if not best.auc.low > 0.5:
        verdicts = [WRONG] * len(tried)
    else:
        verdicts = [WRONG if _worse(one, best, truth, groups) else UNCLEAR for one in others]
        verdicts = [UNCLEAR if UNCLEAR in verdicts else FITS, *verdicts]
    given = [one.convention.agrees(scaling, color) for one in tried]
    return [
        replace(one, verdict=verdict, given=own and not all(given))
        for one, verdict, own in zip(tried, verdicts, given, strict=True)
    ]


def in_question(tried: Sequence[Tried]) -> list[Tried]:
    """Those that may be taken: the given ones, or all."""
    return [one for one in tried if one.given] or list(tried)


def chosen(
    tried: Sequence[Tried], ordered: bool = False, others: Sequence[tuple[str, float]] = ()
) -> Tried:
    """The one that fits, of those in question.

    Args:
        ordered: whether the order of labels is given. If one convention alone is in question, it is
            then taken though the network is no better than chance under any.
        others: labels that tell the scans without a tumor better, as `better_negatives` has them.

    Raises:
        ExportError: none does, or it is not clear which; another than those given is clearly
            better; or it takes tumors for none.
    """
    asked = in_question(tried)
    best, alone = asked[0], len(asked) == 1
    if best.auc.high < 0.5:
        under = f"{best.convention.words} and " if best.given else ""
        raise ExportError(
            f"with {under}{best.labels.words} the network takes scans with a tumor for those "
            f"without, and the other way round (AUC {best.auc.value:.3f} [{best.auc.low:.3f}-"
            f"{best.auc.high:.3f}]{'' if under else ', and less under all other conventions'}); "
            f"turn --order round, or name another label with --negative{_says(others, '.')}"
        )
    better = [one for one in tried if one.verdict != WRONG]
    if best.verdict == WRONG and better:
        first = better[0]
        raise ExportError(
            f"{best.convention.words} is given, and does not fit: under it {best.measured}; under "
            f"{first.convention.words} {first.measured}, which is more than chance explains. A "
            "device would scale every scan wrongly, and report no error. Give "
            f"{' or '.join(one.convention.words for one in better)}; or, if it was trained as "
            "given, scans of the kind that it is for"
        )
    alike = [one for one in asked if one.verdict == UNCLEAR]
    if best.verdict == FITS or alike == [best] or (ordered and alone):
        return best
    if best.verdict == WRONG:
        raise ExportError(
            "none of the conventions fits: under each the network tells scans with a tumor from "
            "those without no better than chance. Are --order and --negative right, and are these "
            f"scans of the kind that it is for?{_says(others)}"
        )
    raise ExportError(
        "it is not clear from these scans how the network takes its pixels; look it up where it "
        f"was trained, and give {' or '.join(one.convention.words for one in alike)}; if it was "
        "trained in yet another way, it cannot be adopted"
    )


def cautions(
    best: Tried, tried: Sequence[Tried], others: Sequence[tuple[str, float]]
) -> tuple[str, ...]:
    """What speaks against the one that was taken, and refuses nothing, in words.

    Args:
        others: as `chosen` takes them.
    """
    found = []
    alike = [one for one in tried if one.verdict == UNCLEAR and one is not best]
    if best.given and alike:
        found.append(
            f"{best.convention.words} was given ({best.measured}); the scans that it was tried on "
            "cannot tell it from "
            f"{' or '.join(f'{one.convention.words} ({one.measured})' for one in alike)}. If it is "
            "wrong, every scan is scaled wrongly, and no error is reported"
        )
    if best.verdict == WRONG:
        found.append(
            f"under {best.convention.words}, which was given, the network tells scans with a tumor "
            f"from those without no better than chance on the scans that it was tried on "
            f"({best.measured}), and no better under any other"
        )
    found += [
        f"the scans that it was tried on say that {name} means no tumor (AUC {area:.3f}), and not "
        f"{', '.join(best.labels.negative)} (AUC {best.auc.value:.3f}); are --order and "
        "--negative right?"
        for name, area in others
    ]
    return tuple(found)


def _says(others: Sequence[tuple[str, float]], end: str = "") -> str:
    """A hint behind a refusal, which `end` ends."""
    if not others:
        return ""
    name, area = max(others, key=lambda one: one[1])
    return f"{end} These scans say that the output called {name} means no tumor (AUC {area:.3f})"


def better_negatives(
    one: Tried, truth: np.ndarray, groups: np.ndarray
) -> Iterator[tuple[str, float]]:
    """Others of three labels or more that tell the scans without a tumor better, with their AUC."""
    for name in one.labels.names:
        if len(one.labels.names) < 3 or name in one.labels.negative:
            continue
        odds = tumor_log_odds(one.logits, Labels(one.labels.names, (name,)).is_negative)
        gain = _gain(truth, odds, one.odds)
        if np.isfinite(odds).all() and cluster_bootstrap(gain, groups, 0)["auc"].low > 0:
            yield name, metrics.auc(truth, odds)


def lines(tried: Sequence[Tried]) -> list[str]:
    """The trial in words, a line a convention."""
    return [
        f"  {one.convention.words:38} {one.measured}, {one.labels.words}: {one.word}"
        for one in tried
    ]


def _tried(
    convention: Convention, labels: Labels, logits: np.ndarray, truth: np.ndarray, groups
) -> Tried:
    odds = tumor_log_odds(logits, labels.is_negative)
    if not np.isfinite(odds).all():
        odds = np.zeros(len(odds))  # that scaling takes it beyond all numbers
    right = (odds >= 0) == (truth == 1)
    least = min(clusters_with(groups, truth == label) for label in (0, 1))
    measures = {"auc": lambda w: metrics.auc(truth, odds, w)}
    area = cluster_bootstrap(measures, groups, 0, rests_on={"auc": least})["auc"]
    hits = Proportion(int(right.sum()), len(right))
    return Tried(convention, labels, hits, area, logits, odds)


def _rank(one: Tried) -> tuple[float, float]:
    return one.auc.value, one.accuracy.value


def _worse(one: Tried, best: Tried, truth: np.ndarray, groups: np.ndarray) -> bool:
    """Whether it orders scans worse, beyond what chance explains."""
    return cluster_bootstrap(_gain(truth, best.odds, one.odds), groups, 0)["auc"].low > 0


def _gain(truth: np.ndarray, better: np.ndarray, worse: np.ndarray) -> dict:
    """By how much log-odds order scans better than others, as `cluster_bootstrap` takes it."""
    return {"auc": lambda w: metrics.auc(truth, better, w) - metrics.auc(truth, worse, w)}
