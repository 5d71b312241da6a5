"""The limits of the proof: how far an exported file may stray from Keras."""

from typing import NamedTuple


class ProofLimits(NamedTuple):
    """Of one precision; `export.targets.Target` has the same fields, and says which precision."""

    max_changed_share: float
    """Verdicts that may differ, of all; at least one may, unless this is 0."""
    max_difference: float
    """In the probability of tumor of any scan."""
    golden_tolerance: float
    """What another engine or processor may add to the golden sample's probability."""
    max_map_difference: float | None
    """In a heat map, as a share of its largest value; None: any, it is reported."""


# fp32 computes the same sums in another order; fp16 keeps 11 bits of a weight. dynamic rounds
# weights, int8 activations too, to one of 256 steps: MLPerf's quality floor for a quantized model
# is 99 % of fp32 (MLPerf Inference rules, 3.1), hence 1 % of the verdicts.
EXACT = ProofLimits(0.0, 1e-3, 1e-3, 1e-3)
HALF = ProofLimits(0.0, 1e-2, 1e-2, None)
QUANTIZED = ProofLimits(0.01, 0.15, 0.05, None)
