"""What the gate makes of sources and of kinds of pictures that it never saw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from edge.model_file.manifest import InputSpec, LearnedGate
from edge.scan.preprocess import preprocess
from train.data.folder_weights import folder_of
from train.data.samples import Samples
from train.evaluation.limit_by_source import limit_by_source
from train.evaluation.metrics import Proportion
from train.gate.fit_gate import MOST, fit_head, in_graph
from train.gate.gate_examples import Describe, GateExamples, kind_origin
from train.gate.not_brain import NotBrain

FOLDS = 6
"""Gates that are fitted anew, each without a part of the sources and of the kinds."""
REFUSED, DOUBTED = 0.08, 0.20
"""Of the brain scans of a source that the gate never saw, on average over these: how many may be
refused, and how many refused or doubted. What it costs is in docs/measurements/gate-trials.md."""
FEW = 6
"""Folders, at least, to set limits by: without one of a few, too little is left to learn from."""


class LeftOut(NamedTuple):
    """What a gate that never saw a source or kind says of its pictures."""

    name: str
    folder: str
    """The data folder of a source; a kind has none."""
    likeness: np.ndarray
    """float64 [N]."""


class Judged(NamedTuple):
    """Pictures of one source or kind, by a gate that never saw any of these."""

    name: str
    refused: Proportion
    doubted: Proportion
    """Refused, or not to be called free of a tumor."""


@dataclass(frozen=True)
class GateCheck:
    """For the report."""

    sources: tuple[Judged, ...]
    kinds: tuple[Judged, ...]
    limits_by_source: bool = False
    """Whether these sources set the limits, by `REFUSED` and `DOUBTED`."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        tables = {
            what: [
                {
                    "name": one.name,
                    "refused": one.refused.to_dict(),
                    "refused_or_doubted": one.doubted.to_dict(),
                }
                for one in rows
            ]
            for what, rows in (("sources", self.sources), ("kinds", self.kinds))
        }
        return {**tables, "limits_by_source": self.limits_by_source}


def leave_out(
    examples: GateExamples,
    scans: Samples,
    not_brain: NotBrain,
    seed: int,
    spec: InputSpec,
    describe: Describe,
) -> tuple[list[LeftOut], list[LeftOut]]:
    """Fit the gate without each part of the sources and kinds in turn, and ask it about that part.

    With a source go the copies of its scans and the other scans of its patients. Pictures that were
    generated from its scans stay: they are among what is to be refused. The network that describes
    the pictures has seen all sources; it has seen none of the kinds.

    Args:
        examples: of the run's own gate.
        scans: with a brain, all that the run does not test on, one of each cluster. Those of a data
            folder are left out together.
        spec: how pictures become a model's input.
        describe: as `train.gate.gate_examples.gate_examples` takes it.

    Returns:
        The sources and the kinds.
    """
    folders = _folders(scans.sources)
    names, counts = np.unique(folders, return_counts=True)
    parts = _parts(dict(zip(names.tolist(), counts.tolist(), strict=True)))
    kinds = _parts({kind: len(pictures) for kind, pictures in not_brain.pictures.items()})
    of_sources, of_kinds = [], []
    grey = replace(spec, color="grey")
    features = describe(scans.pixels[..., :1])
    for number in range(FOLDS):
        other = [kind for kind, part in kinds.items() if part == number]
        out = np.isin(folders, [name for name, part in parts.items() if part == number])
        gone = examples.is_scan & np.isin(examples.groups, scans.groups[out])
        if not (examples.is_scan & ~gone).any():
            # Nothing else to learn from: then its kinds alone are left out.
            out[:], gone[:] = False, False
        gone |= np.isin(examples.origin, [kind_origin(kind) for kind in other])
        if not other and not out.any():
            continue
        head = fit_head(examples.without(gone), seed)
        for source in sorted(set(scans.sources[out].tolist())):
            own = features[out & (scans.sources == source)]
            of_sources.append(LeftOut(source, folder_of(source), head.likeness(own)))
        for kind in other:
            shown = [preprocess(Image.fromarray(one), grey) for one in not_brain.pictures[kind]]
            of_kinds.append(LeftOut(kind, "", head.likeness(describe(np.stack(shown)))))
    return sorted(of_sources, key=lambda one: one.name), sorted(of_kinds, key=lambda one: one.name)


def limits_by_source(gate: LearnedGate, sources: Sequence[LeftOut]) -> LearnedGate:
    """The gate with limits that `REFUSED` and `DOUBTED` are kept by; as it is, of `FEW` folders.

    The limit that refuses is `train.gate.fit_gate.MOST` at most.
    """
    if not _enough(sources):
        return gate
    folders = sorted({one.folder for one in sources})
    found = [
        np.concatenate([one.likeness for one in sources if one.folder == name]) for name in folders
    ]
    start = min(own.min() for own in found) - 1.0
    least = limit_by_source(found, REFUSED, start, MOST)
    return in_graph(least, limit_by_source(found, DOUBTED, start, math.inf))


def judge_left_out(
    gate: LearnedGate, sources: Sequence[LeftOut], kinds: Sequence[LeftOut]
) -> GateCheck:
    """How much of each is refused, by the limits of a gate."""
    rows = (tuple(_judged(one, gate) for one in some) for some in (sources, kinds))
    return GateCheck(*rows, limits_by_source=_enough(sources))


def _enough(sources: Sequence[LeftOut]) -> bool:
    return len({one.folder for one in sources}) >= FEW


def _folders(sources: np.ndarray) -> np.ndarray:
    """The data folder of each "folder/subfolder", object [N]."""
    return np.array([folder_of(str(source)) for source in sources], object)


def _parts(sizes: dict[str, int]) -> dict[str, int]:
    """Which of `FOLDS` parts each belongs to: of about equal size, the largest first."""
    held, found = [0] * FOLDS, {}
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
        found[name] = held.index(min(held))
        held[found[name]] += sizes[name]
    return found


def _judged(one: LeftOut, gate: LearnedGate) -> Judged:
    count = len(one.likeness)
    refused, doubted = (int((one.likeness < limit).sum()) for limit in (gate.least, gate.sure))
    return Judged(one.name, Proportion(refused, count), Proportion(doubted, count))
