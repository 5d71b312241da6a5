"""From a model's output `types` to the type of a tumor. The only place that decides that.

Which type a tumor is of is asked only where the verdict is that there is one: see
`edge.inference.decision`, which knows nothing of types.
"""

import math

import numpy as np

from edge.errors import EngineError
from edge.model_file.manifest import UNCERTAIN_TYPE, TypeSpec


def type_logits(found: np.ndarray) -> np.ndarray:
    """Logits of the types, float64 [types], from the output, float [rows, columns, types]."""
    return found.reshape(-1, found.shape[-1]).astype(np.float64).sum(axis=0)


def type_probabilities(found: np.ndarray, spec: TypeSpec) -> dict[str, float]:
    """Calibrated probability of each type, given that there is a tumor; they add up to 1.

    Raises:
        EngineError: the number of types is not the manifest's, or a logit is not finite.
    """
    logits = [float(value) / spec.temperature for value in type_logits(found)]
    if len(logits) != len(spec.labels):
        raise EngineError(f"the model gave {len(logits)} types instead of {len(spec.labels)}")
    if not all(map(math.isfinite, logits)):
        raise EngineError(f"the model gave {logits} for types, which is no finite number")
    most = max(logits)
    weights = [math.exp(value - most) for value in logits]
    return dict(zip(spec.labels, (weight / sum(weights) for weight in weights), strict=True))


def type_word(probabilities: dict[str, float], limit: float) -> str:
    """The likeliest type if it is sure enough, else "uncertain"."""
    likeliest = max(probabilities, key=probabilities.get)
    return likeliest if probabilities[likeliest] >= limit else UNCERTAIN_TYPE
