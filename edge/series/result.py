"""The result of one series."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edge import NOTICE
from edge.parallel.pipeline import Outcome
from edge.series.rule import (
    SeriesRule,
    log_odds,
    mean_of_strongest,
    series_probability,
    series_verdict,
)
from edge.series.series_type import series_type

SHOWN = 3
"""Slices that are named in a result, the strongest first."""


@dataclass(frozen=True)
class StrongSlice:
    """One of the slices that look most like a tumor."""

    path: str
    """With "#" and the frame, from 1, where a file holds several."""
    probability: float
    """Of tumor in this slice, calibrated, 0..1."""
    doubtful: bool
    """Whether the gate doubts that it shows a brain, or enough of it."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {"path": self.path, "probability": self.probability, "doubtful": self.doubtful}


@dataclass(frozen=True, eq=False)
class SeriesResult:
    """What is known about one series. Research software, not a medical device."""

    series: str
    """The file, or the folder that the slices lie in."""
    series_hash: str | None
    """Of the SeriesInstanceUID, which tells series of one folder apart; None: there is none."""
    verdict: str
    """One of `edge.model_file.manifest.VERDICTS`; "rejected" too where no slice could be read."""
    mean_log_odds: float | None
    """Of the strongest slices; None if no slice counts."""
    score: float | None
    """The same on the scale of a probability, 0..1: to be compared with `rule`, and not calibrated.
    """
    reason: str | None
    """Why the series was rejected or is not cleared; None otherwise."""
    strongest: tuple[StrongSlice, ...]
    """At most `SHOWN`."""
    slices: int
    """All of them."""
    counted: int
    """Slices that the model was asked about."""
    doubtful: int
    """Of these, those that cannot clear the series."""
    rejected: int
    unread: int
    """Slices that could not be read."""
    tumor: int
    """Slices that are called tumor by themselves."""
    rule: SeriesRule
    remarks: tuple[str, ...]
    """What its reader should know of how the slices were put together."""
    model: str | None
    """Name and precision; None if no slice could be read."""
    model_sha256: str | None
    synthetic: bool | None
    """True if the model was trained on generated phantoms."""
    file_sha256: str | None = None
    """Of the whole model file, with its manifest."""
    signer: str | None = None
    """Who vouches for the model file, as in the results of slices."""
    signer_key_id: str | None = None
    typed: bool = False
    """Whether the model tells types of tumor; only then `to_dict` speaks of them."""
    type: str | None = None
    """That all of the strongest slices are named, or "uncertain"; None unless it is a tumor."""
    type_probabilities: dict[str, float] | None = None
    """The mean of the strongest slices' that have any."""

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        if not own.pop("typed"):
            del own["type"], own["type_probabilities"]
        return {
            **own,
            "strongest": [one.to_dict() for one in self.strongest],
            "rule": self.rule.to_dict(),
            "remarks": list(self.remarks),
            "notice": NOTICE,
        }


def judge(
    name: str,
    series_hash: str | None,
    outcomes: Sequence[Outcome],
    rule: SeriesRule,
    remarks: tuple[str, ...] = (),
) -> SeriesResult:
    """The result of a series, from what became of its slices."""
    read = [one for one in outcomes if one.prediction is not None]
    asked = [one for one in read if one.prediction.probability is not None]
    doubtful = [one for one in asked if one.prediction.doubtful]
    sure, doubted = (
        [log_odds(one.prediction.probability) for one in asked if one.prediction.doubtful is side]
        for side in (False, True)
    )
    mean = mean_of_strongest(sure, doubted, rule.strongest)
    unread = len(outcomes) - len(read)
    if mean is None:
        word, reason = "rejected", _why_rejected(outcomes, read)
    else:
        doubt = _why_not_cleared(len(sure), unread, rule)
        word = series_verdict(mean, rule, doubt is None)
        reason = doubt if word != "tumor" else None
    if not rule.chosen:
        remarks = (*remarks, "threshold and band are those for single slices of this model")
    first = read[0].prediction if read else None
    ranked = sorted(asked, key=lambda one: -one.prediction.probability)
    made_it = [one.prediction for one in ranked[: rule.strongest]]
    type_word, type_probabilities = series_type(word, made_it)
    return SeriesResult(
        series=name,
        series_hash=series_hash,
        verdict=word,
        mean_log_odds=mean,
        score=None if mean is None else series_probability(mean),
        reason=reason,
        strongest=tuple(
            StrongSlice(one.path, one.prediction.probability, one.prediction.doubtful)
            for one in ranked[:SHOWN]
        ),
        slices=len(outcomes),
        counted=len(asked),
        doubtful=len(doubtful),
        rejected=len(read) - len(asked),
        unread=unread,
        tumor=sum(one.prediction.verdict == "tumor" for one in asked),
        rule=rule,
        remarks=remarks,
        model=first and first.model,
        model_sha256=first and first.model_sha256,
        synthetic=first and first.synthetic,
        file_sha256=first and first.file_sha256,
        signer=first and first.signer,
        signer_key_id=first and first.signer_key_id,
        typed=first is not None and first.typed,
        type=type_word,
        type_probabilities=type_probabilities,
    )


def _why_rejected(outcomes: Sequence[Outcome], read: Sequence[Outcome]) -> str:
    if not outcomes:
        return "it has no slices"
    if not read:
        if len(outcomes) == 1:
            return "it could not be read"
        return f"none of its {len(outcomes)} slices could be read"
    reasons = Counter(one.prediction.reason for one in read)
    reason, count = reasons.most_common(1)[0]
    most = f"of {count} of {len(read)}" if len(reasons) > 1 else f"of all {len(read)}"
    rest = f"; {len(outcomes) - len(read)} could not be read" if len(read) < len(outcomes) else ""
    return f"no slice shows a brain; {most}: {reason}{rest}"


def _why_not_cleared(sure: int, unread: int, rule: SeriesRule) -> str | None:
    if sure < rule.strongest:
        many = f"only {sure} slice{'s' * (sure != 1)}" if sure else "no slice"
        return f"{many} of a brain beyond doubt: too little to clear it"
    if unread:
        return f"{unread} slice{'s' * (unread > 1)} could not be read, so it is not cleared"
    return None
