"""How a recipe fares on sources that it never saw, and the band that this asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from edge.model_file.manifest import Decision
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, cluster_bootstrap, clusters_with
from train.prepare_data import UnseenOptions
from train.unseen_sources.band_by_source import SourceBand, band_by_source

POOLED = "all of them"
"""Name of the row of all sources together."""


@dataclass(frozen=True)
class Said:
    """What models that never saw a source said of its scans, one of each cluster."""

    source: str
    """The data folder."""
    truth: np.ndarray
    """int64 [N]: 1 with a tumor."""
    probability: np.ndarray
    """float64 [N], calibrated, of tumor."""
    groups: np.ndarray
    """int64 [N]: of copies and patients."""
    paths: tuple[str, ...] = ()
    """Of the scans, in the data folder."""


@dataclass(frozen=True)
class UnseenSource:
    """The figures of one source."""

    name: str
    tumors: int
    others: int
    """Scans without a tumor."""
    groups: int
    estimates: dict[str, Estimate]
    """auc, where both classes are there; cleared and found, of tumors, where some are; alarms and
    passed, of the others. What is missing to 1 is uncertain."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "source": self.name,
            "tumors": self.tumors,
            "others": self.others,
            "groups": self.groups,
            **{name: found.to_dict() for name, found in self.estimates.items()},
        }


@dataclass(frozen=True)
class UnseenSources:
    """All of it, for the report."""

    options: UnseenOptions
    decision: Decision
    """Of the run, with the band that was chosen here."""
    band: SourceBand
    before: tuple[float, float]
    """The band of the validation part."""
    rows: tuple[UnseenSource, ...]
    """One a source, and all together last."""
    said: tuple[Said, ...]
    notes: tuple[str, ...]
    """Which sources could not be judged, and why."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "epochs": self.options.epochs,
            "band": {
                "low": self.band.low,
                "high": self.band.high,
                "cleared": {
                    "mean": _plain(self.band.cleared),
                    "of_sources": self.band.with_tumors,
                    "promised": self.band.cleared_bound,
                },
                "alarms": {
                    "mean": _plain(self.band.alarms),
                    "of_sources": self.band.without,
                    "promised": self.band.alarms_bound,
                },
                "before": list(self.before),
            },
            "sources": [row.to_dict() for row in self.rows],
            "not_judged": list(self.notes),
        }


def judge(
    said: Sequence[Said],
    decision: Decision,
    options: UnseenOptions,
    notes: Sequence[str],
    seed: int,
) -> UnseenSources:
    """Widen the decision's band until it holds on these sources, and count what it then says.

    Args:
        decision: chosen on the validation part; its band only grows.
        seed: of the intervals.
    """
    band = band_by_source(
        [one.probability for one in said],
        [one.truth for one in said],
        decision.threshold,
        options.max_cleared,
        options.max_alarms,
    )
    low, high = decision.uncertain
    wider = replace(decision, uncertain=(min(low, band.low), max(high, band.high)))
    rows = [_figures(one, wider, seed) for one in said]
    if len(said) > 1:
        every = Said(
            POOLED,
            *(
                np.concatenate([getattr(one, name) for one in said])
                for name in ("truth", "probability", "groups")
            ),
        )
        rows.append(_figures(every, wider, seed))
    return UnseenSources(
        options=options,
        decision=wider,
        band=band,
        before=(low, high),
        rows=tuple(rows),
        said=tuple(said),
        notes=tuple(notes),
    )


def _figures(said: Said, decision: Decision, seed: int) -> UnseenSource:
    tumor, p = said.truth == 1, said.probability
    low, high = decision.uncertain
    called = (p >= high) & (p >= decision.threshold)
    cleared = (p <= low) & ~called
    measures = {}
    with_tumor, without = (clusters_with(said.groups, where) for where in (tumor, ~tumor))
    rests_on = {
        **dict.fromkeys(("cleared", "found"), with_tumor),
        **dict.fromkeys(("alarms", "passed"), without),
        "auc": min(with_tumor, without),
    }
    if tumor.any():
        measures["cleared"] = partial(metrics.mean_where, cleared, tumor)
        measures["found"] = partial(metrics.mean_where, called, tumor)
    if (~tumor).any():
        measures["alarms"] = partial(metrics.mean_where, called, ~tumor)
        measures["passed"] = partial(metrics.mean_where, cleared, ~tumor)
    if tumor.any() and (~tumor).any():
        measures["auc"] = partial(metrics.auc, tumor, p)
    return UnseenSource(
        name=Path(said.source).name,
        tumors=int(tumor.sum()),
        others=int((~tumor).sum()),
        groups=len(set(said.groups.tolist())),
        estimates=cluster_bootstrap(measures, said.groups, seed, rests_on=rests_on),
    )


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
