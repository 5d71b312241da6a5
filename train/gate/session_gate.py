"""The reject gate in a training session: learned, and judged on what it does not know."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from edge.model_file.manifest import InputSpec, LearnedGate
from train.data.samples import Samples
from train.gate.fit_gate import fit_head, limits
from train.gate.gate_check import GateCheck, judge_left_out, leave_out, limits_by_source
from train.gate.gate_examples import gate_examples, pictures
from train.gate.not_brain import NotBrain
from train.networks.gate_head import GateHead, describer
from train.prepare_data import SessionData
from train.progress import counting, say
from train.run.run_folder import GATE, sha256_file
from train.splitting.split import Fold


@dataclass(frozen=True, eq=False)
class SessionGate:
    """What a run knows of heads."""

    head: GateHead
    limits: LearnedGate
    check: GateCheck | None
    """None: there are no real pictures that are no brain MRI."""

    def write(self, folder: Path) -> str:
        """Write the head; returns its SHA-256."""
        self.head.save(folder / GATE)
        return sha256_file(folder / GATE)


def learned_gate(
    model: keras.Model,
    data: SessionData,
    parts: Fold,
    without_brain: np.ndarray,
    seed: int,
    spec: InputSpec,
    not_brain: NotBrain | None = None,
) -> SessionGate:
    """The learned part of the reject gate; slices without a brain are among what it refuses.

    Where real pictures are given that are no brain MRI, it is also checked on sources and kinds
    that it does not know, and these sources set its limits.

    Args:
        model: the fitted network, whose activations it goes by.
        without_brain: bool [N] of all scans.
    """

    def some(positions: np.ndarray, without: bool) -> Samples:
        return data.samples(positions[without_brain[positions] == without])

    describe = describer(model)
    train, without = some(parts.train, False), some(parts.train, True)
    with counting("pictures for the gate", pictures(len(without) > 0, not_brain)) as tick:
        examples = gate_examples(train, seed, spec, describe, without, not_brain, tick=tick)
    head = fit_head(examples, seed)
    found, unclear = (
        head.likeness(describe(some(parts.validation, what).pixels)) for what in (False, True)
    )
    gate = limits(found, unclear)
    if not not_brain:
        return SessionGate(head, gate, None)
    say("the same without a part of the sources and kinds in turn, to judge these")
    known = np.sort(np.concatenate([parts.train, parts.validation]))
    known = known[~without_brain[known]]
    known = known[np.unique(data.grouping.clusters[known], return_index=True)[1]]
    left_out = leave_out(examples, data.samples(known), not_brain, seed, spec, describe)
    gate = limits_by_source(gate, left_out[0])
    return SessionGate(head, gate, judge_left_out(gate, *left_out))
