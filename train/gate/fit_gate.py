"""Fit the learned part of the reject gate: slices of heads against everything else."""

from base64 import b64encode
from dataclasses import replace

import numpy as np

from edge.model_file.manifest import LearnedGate
from edge.scan.ood_gate import likeness
from train.data.samples import Samples
from train.gate.gate_examples import GateExamples

HIDDEN = 64
ACCEPTED = 0.995
"""Share of the validation scans that must pass: of a source that the gate never saw more are
refused (docs/measurements/model-gate.md), so of those that it knows hardly any may be."""
SURE = 0.95
"""Share of them that may be called free of tumor, at most: fewer where a validation slice without a
brain looks more like a scan than that. Slices below the brain are much like those through its
lower end: the rest of the scans is the price for not clearing those."""
MOST = 0.0
"""Of the limit that is passed: where the network itself thinks either likely."""
_ATTEMPTS = 70  # epochs of the solver


def fit_gate(
    examples: GateExamples, validation: Samples, seed: int, unclear: Samples | None = None
) -> LearnedGate:
    """Learn what a scan looks like; deterministic by `seed`.

    Args:
        validation: scans that set the limit.
        unclear: slices without a brain, none of which may be called free of tumor.
    """
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        (HIDDEN,), alpha=1e-2, batch_size=128, max_iter=_ATTEMPTS, random_state=seed,
        early_stopping=True, n_iter_no_change=8,
    )  # fmt: skip
    network.fit(examples.features, examples.is_scan.astype(np.int64))
    (first, last), (bias, offset) = network.coefs_, network.intercepts_
    weights = packed(first, bias, last.ravel(), offset)
    gate = LearnedGate(HIDDEN, weights, 0.0, features=examples.name)
    found = np.array([likeness(scan, gate) for scan in validation.pixels])
    least = min(MOST, float(np.quantile(found, 1 - ACCEPTED)))
    sure = float(np.quantile(found, 1 - SURE))
    return with_limits(gate, least, sure, unclear)


def with_limits(
    gate: LearnedGate, least: float, sure: float, unclear: Samples | None = None
) -> LearnedGate:
    """With these limits, or a higher one to be sure from where `unclear` asks for it.

    Args:
        unclear: as `fit_gate` takes it.
    """
    if unclear is not None:
        # A step above, as the limit itself is let pass.
        sure = max([sure, *(likeness(scan, gate) + 1e-3 for scan in unclear.pixels)])
    return replace(gate, least=round(least, 3), sure=max(round(least, 3), round(sure, 3)))


def packed(first: np.ndarray, bias: np.ndarray, last: np.ndarray, offset: np.ndarray) -> str:
    """A network's weights as `edge.model_file.manifest.LearnedGate` has them.

    Args:
        first: [features, units]; bias, last: [units]; offset: [1].
    """
    scale = (np.abs(first).max(axis=0) / 127 + 1e-6).astype("<f2")
    steps = np.clip(np.rint(first / scale.astype(np.float64)), -127, 127).astype(np.int8)
    rest = np.concatenate([scale, bias, last, offset]).astype("<f2")
    return b64encode(steps.tobytes() + rest.tobytes()).decode()
