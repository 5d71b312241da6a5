"""From the verdicts of slices to the verdict of their series. The only place that decides that.

The mean of the strongest slices' log-odds of tumor is compared with a threshold. One slice alone
would be the wrong measure: of thirty slices without a tumor one often looks like one.

What was not seen clears nothing: slices that the gate refuses do not count; those that it doubts
count where they make the series look more like a tumor, never less; and where too few are beyond
doubt, or one could not be read, a series without a finding is uncertain.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge.inference.decision import verdict
from edge.model_file.manifest import Decision, Manifest

_MOST = 40.0
"""Log-odds beyond which a probability in double precision is 0 or 1."""


@dataclass(frozen=True)
class SeriesRule:
    """How slices become a verdict on a series."""

    strongest: int
    """Of how many slices the log-odds are averaged."""
    decision: Decision
    """On the mean's logistic function; its temperature is 1."""
    chosen: bool
    """Whether threshold and band were chosen on series, for this very model."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "strongest": self.strongest,
            "threshold": self.decision.threshold,
            "uncertain": list(self.decision.uncertain),
            "chosen_for_this_model": self.chosen,
        }


# docs/measurements/series.md has how these three were chosen.
STRONGEST = 2
THRESHOLD = 0.5861
UNCERTAIN = (0.4408, 0.7178)
CHOSEN_FOR = (
    "60416a054f811f242257a8adcad90d61dd44948202a39a9601ffb10e74f151da",  # .tflite, it was run
    "64be71e0662ddcf88a71f19d5372640e225968b292098120359305a945912f7e",  # the same, fixed shapes
    "235b5458cf73b623b856e41a93c29517243086140a9c848dead39dc876106eae",  # .onnx, the same weights
)
"""SHA-256 of the payloads of the models bundled until 2026-11-29. The present ones learned from the
people that it was chosen on, so it cannot be chosen for them."""
_MOST_SERIOUS_FIRST = ("tumor", "uncertain", "no_tumor", "rejected")


def rule_for(manifest: Manifest) -> SeriesRule:
    """The rule for a model.

    Any other than those of `CHOSEN_FOR` gets the threshold and the band that it has for slices.
    They are not meant for series, and `SeriesRule.chosen` says so.
    """
    if manifest.payload_sha256 in CHOSEN_FOR:
        decision = Decision("sigmoid", 1.0, THRESHOLD, UNCERTAIN)
        return SeriesRule(STRONGEST, decision, True)
    own = manifest.decision
    decision = Decision("sigmoid", 1.0, own.threshold, own.uncertain)
    return SeriesRule(STRONGEST, decision, False)


def log_odds(probability: float) -> float:
    """Of a probability, -40 to 40."""
    if not 0.0 < probability < 1.0:
        return math.copysign(_MOST, probability - 0.5)
    return max(-_MOST, min(_MOST, math.log(probability) - math.log1p(-probability)))


def mean_of_strongest(
    sure: Iterable[float], doubtful: Iterable[float], strongest: int
) -> float | None:
    """The mean of the `strongest` largest log-odds, or of all where there are fewer.

    Doubtful ones are among them unless the others alone give more. None: there are none at all.

    Args:
        sure, doubtful: log-odds of tumor, of slices that the gate has no doubt about, and has.
    """
    sure = sorted(sure, reverse=True)[:strongest]
    every = sorted([*sure, *doubtful], reverse=True)[:strongest]
    return max((sum(some) / len(some) for some in (sure, every) if some), default=None)


def series_probability(mean: float) -> float:
    """The mean log-odds on the scale of a probability, 0..1. It is no calibrated probability."""
    return 1.0 / (1.0 + math.exp(-mean))


def series_verdict(mean: float, rule: SeriesRule, cleared: bool) -> str:
    """ "tumor", "no_tumor" or "uncertain".

    Args:
        cleared: whether enough was seen to call the series free of tumor.
    """
    return verdict(series_probability(mean), rule.decision, not cleared)


def study_verdict(verdicts: Iterable[str], unread: bool) -> str:
    """The verdict on a study from those on its series: the most serious of them.

    As with slices, a series that is rejected shows no brain and does not count, and what could not
    be read clears nothing. The rule for series is not applied to the slices of all series at once:
    it was chosen on single ones, and of more slices the two strongest look stronger.

    Args:
        unread: whether any slice could not be read.
    """
    found = set(verdicts)
    word = next((one for one in _MOST_SERIOUS_FIRST if one in found), "rejected")
    return "uncertain" if unread and word == "no_tumor" else word
