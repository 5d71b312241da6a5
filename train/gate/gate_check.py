"""What the gate makes of sources and of kinds of pictures that it never saw."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from edge.model_file.manifest import InputSpec, LearnedGate
from edge.scan.ood_gate import likeness
from edge.scan.preprocess import preprocess
from train.data.folder_weights import folder_of
from train.data.samples import Samples
from train.evaluation.metrics import Proportion
from train.gate.fit_gate import fit_gate
from train.gate.gate_examples import GateExamples, kind_origin
from train.gate.not_brain import NotBrain

FOLDS = 4
"""Gates that are fitted anew, each without a part of the sources and of the kinds."""


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

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
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


def check_gate(
    examples: GateExamples,
    scans: Samples,
    validation: Samples,
    not_brain: NotBrain,
    seed: int,
    spec: InputSpec,
    unclear: Samples | None = None,
) -> GateCheck:
    """Fit the gate without each part in turn, and count what it refuses of that part.

    With a source go the copies of its scans and the other scans of its patients. Pictures that were
    generated from its scans stay: they are among what is to be refused.

    Args:
        examples: of the run's own gate.
        scans: with a brain, all that the run does not test on, one of each cluster. Those of a data
            folder are left out together.
        validation, unclear: as `train.gate.fit_gate.fit_gate` takes them.
        spec: how pictures become a model's input.
    """
    folder_of = _folders(scans.sources)
    folders, counts = np.unique(folder_of, return_counts=True)
    parts = _parts(dict(zip(folders.tolist(), counts.tolist(), strict=True)))
    kinds = _parts({kind: len(pictures) for kind, pictures in not_brain.pictures.items()})
    of_sources, of_kinds = [], []
    grey = replace(spec, color="grey")
    for number in range(FOLDS):
        other = [kind for kind, part in kinds.items() if part == number]
        out = np.isin(folder_of, [name for name, part in parts.items() if part == number])
        known = ~np.isin(validation.groups, scans.groups[out])
        gone = examples.is_scan & np.isin(examples.groups, scans.groups[out])
        if not known.any() or not (examples.is_scan & ~gone).any():
            # Nothing else to learn from: then its kinds alone are left out.
            out[:], known[:], gone[:] = False, True, False
        gone |= np.isin(examples.origin, [kind_origin(kind) for kind in other])
        if not other and not out.any():
            continue
        gate = fit_gate(examples.without(gone), validation[known], seed, unclear)
        for source in sorted(set(scans.sources[out].tolist())):
            of_sources.append(_judged(source, scans.pixels[out & (scans.sources == source)], gate))
        for kind in other:
            pixels = [preprocess(Image.fromarray(one), grey) for one in not_brain.pictures[kind]]
            of_kinds.append(_judged(kind, pixels, gate))
    return GateCheck(*(tuple(sorted(rows)) for rows in (of_sources, of_kinds)))


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


def _judged(name: str, pixels, gate: LearnedGate) -> Judged:
    found = np.array([likeness(one, gate) for one in pixels])
    refused, doubted = int((found < gate.least).sum()), int((found < gate.sure).sum())
    return Judged(name, Proportion(refused, len(found)), Proportion(doubted, len(found)))
