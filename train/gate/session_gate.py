"""The reject gate in a training session: learned, and judged on what it does not know."""

import numpy as np

from edge.model_file.manifest import InputSpec, LearnedGate
from train.data.samples import Samples
from train.gate.fit_gate import fit_gate
from train.gate.gate_check import GateCheck, judge_left_out, leave_out, limits_by_source
from train.gate.gate_examples import gate_examples, pictures
from train.gate.not_brain import NotBrain
from train.prepare_data import SessionData
from train.progress import counting, say
from train.splitting.split import Fold


def learned_gate(
    data: SessionData,
    parts: Fold,
    without_brain: np.ndarray,
    seed: int,
    spec: InputSpec,
    not_brain: NotBrain | None = None,
) -> tuple[LearnedGate, GateCheck | None]:
    """The learned part of the reject gate; slices without a brain are among what it refuses.

    Where real pictures are given that are no brain MRI, it is also checked on sources and kinds
    that it does not know, and these sources set its limits.

    Args:
        without_brain: bool [N] of all scans.
    """

    def some(positions: np.ndarray, without: bool) -> Samples:
        return data.samples(positions[without_brain[positions] == without])

    scans = some(parts.train, False), some(parts.validation, False)
    without = some(parts.train, True), some(parts.validation, True)
    with counting("pictures for the gate", pictures(len(without[0]) > 0, not_brain)) as tick:
        examples = gate_examples(scans[0], seed, spec, without[0], not_brain, tick=tick)
    gate = fit_gate(examples, scans[1], seed, without[1])
    if not not_brain:
        return gate, None
    say("the same without a part of the sources and kinds in turn, to judge these")
    known = np.sort(np.concatenate([parts.train, parts.validation]))
    known = known[~without_brain[known]]
    known = known[np.unique(data.grouping.clusters[known], return_index=True)[1]]
    left_out = leave_out(examples, data.samples(known), scans[1], not_brain, seed, spec)
    gate = limits_by_source(gate, left_out[0], without[1])
    return gate, judge_left_out(gate, *left_out)
