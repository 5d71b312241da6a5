"""From a model's raw output to a probability and a verdict. The only place that decides."""

import math

import numpy as np

from edge.errors import EngineError
from edge.model_file.manifest import Decision, Manifest
from edge.scan.ood_gate import GateResult, with_likeness


def log_odds(logits: np.ndarray, decision: Decision, positive: int) -> float:
    """Calibrated log-odds of tumor.

    Args:
        logits: one value (sigmoid) or one a label (softmax), any float dtype and shape.
        decision: transform and temperature.
        positive: index of the tumor label; not used by a sigmoid.

    Raises:
        EngineError: the number of outputs does not fit the transform, or one is not finite.
    """
    values = [float(value) / decision.temperature for value in logits.ravel()]
    expected = decision.outputs
    if len(values) != expected:
        raise EngineError(f"the model gave {len(values)} outputs instead of {expected}")
    if not all(map(math.isfinite, values)):
        raise EngineError(f"the model gave {values}, which is no finite number")
    return values[0] if expected == 1 else values[positive] - values[1 - positive]


def probability(logits: np.ndarray, decision: Decision, positive: int) -> float:
    """Calibrated probability of tumor, 0..1, from what `log_odds` takes.

    Raises:
        EngineError: as `log_odds`.
    """
    margin = log_odds(logits, decision, positive)
    # exp() of a large positive number overflows, of a large negative one does not.
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    return math.exp(margin) / (1.0 + math.exp(margin))


def verdict(probability: float, decision: Decision, doubtful: bool = False) -> str:
    """ "tumor", "no_tumor" or "uncertain".

    Args:
        doubtful: whether the gate doubts that it shows a brain, or enough of it to be cleared.
    """
    low, high = decision.uncertain
    if low < probability < high:
        return "uncertain"
    if probability >= decision.threshold:
        return "tumor"
    return "uncertain" if doubtful else "no_tumor"


def gated_verdict(gate: GateResult, p: float | None, decision: Decision) -> str:
    """ "rejected", or a `verdict`, once the reject gate has said all that it says.

    Args:
        p: calibrated probability of tumor; not used if the gate refuses.
    """
    if gate.refused is not None:
        return "rejected"
    return verdict(p, decision, gate.doubt is not None)


def verdict_of_outputs(
    before: GateResult, p: float, likeness: float | None, manifest: Manifest
) -> str:
    """`gated_verdict` from what a model's outputs say.

    Args:
        before: what the gate said before the model was asked.
        p: calibrated probability of tumor.
        likeness: of the same scan to a head, a logit; None: the gate is not in the graph.
    """
    gate = with_likeness(before, likeness, manifest.reject.learned)
    return gated_verdict(gate, p, manifest.decision)
