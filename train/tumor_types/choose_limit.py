"""Temperature and limit of types, chosen on the validation part alone."""

import math

import numpy as np

from edge.model_file.manifest import TypeSpec
from train.evaluation.keras_predictions import softmax
from train.evaluation.threshold_and_temperature import (
    FEW,
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
)
from train.tumor_types.fit_head import cross_entropy

_DIGITS = 4


def choose_limit(
    labels: tuple[str, ...],
    logits: np.ndarray,
    types: np.ndarray,
    groups: np.ndarray,
    coverage: float,
) -> TypeSpec:
    """The temperature with the least cross-entropy, and the limit that names `coverage` of them.

    Few scans may soften probabilities, not sharpen them, as with the verdict's own temperature.

    Args:
        logits: float64 [N, types] of the validation part's tumors.
        types: of these, int64 [N]; each occurs.
        groups: duplicate groups, [N].
        coverage: share that is to be named a type; the others are the least sure.
    """
    lowest = MIN_TEMPERATURE if len(set(groups.tolist())) >= FEW else 1.0
    candidates = np.geomspace(lowest, MAX_TEMPERATURE, 200)
    losses = [cross_entropy(softmax(logits / t), types, len(labels)) for t in candidates]
    temperature = round(float(candidates[int(np.argmin(losses))]), _DIGITS)
    surest = np.sort(softmax(logits / temperature).max(axis=1))
    left = int(len(surest) * (1 - coverage) + 1e-9)
    limit = 0.0
    if left:
        # Half-way between the last that is left out and the first that is named: a scan on the
        # limit would flip with the engine.
        limit = math.floor((surest[left - 1] + surest[left]) / 2 * 10**_DIGITS) / 10**_DIGITS
    return TypeSpec(labels, temperature, limit)
