"""Fit the learned part of the reject gate: slices of heads against everything else."""

from base64 import b64encode
from dataclasses import replace

import numpy as np

from edge.model_file.manifest import LearnedGate
from edge.scan.ood_gate import likeness
from train.data.samples import Samples
from train.gate.gate_examples import GateExamples

HIDDEN = 88
"""Units: with 64 the gate learns less of what it is shown, and more do not fit into 300 kB."""
ACCEPTED = 0.995
"""Share of the validation scans that must pass: of a source that the gate never saw more are
refused (docs/measurements/model-gate.md), so of those that it knows hardly any may be."""
SURE = 0.95
"""Share of them that may be called free of tumor, at most: fewer where a validation slice without a
brain looks more like a scan than that. Slices below the brain are much like those through its
lower end: the rest of the scans is the price for not clearing those."""
MOST = 0.0
"""Of the limit that is passed: where the network itself thinks either likely."""
_EPOCHS, _BATCH = 40, 256
_RATE, _DECAY = 4e-3, 1e-3
_AT_ONCE = 32
"""Steps between looks at a step's result: so small a network is done before it has been looked at.
The weights are the same to the bit. PyTorch in Keras knows no such thing."""


def fit_gate(
    examples: GateExamples, validation: Samples, seed: int, unclear: Samples | None = None
) -> LearnedGate:
    """Learn what a scan looks like; deterministic by `seed`.

    Args:
        validation: scans that set the limit.
        unclear: slices without a brain, none of which may be called free of tumor.
    """
    weights = packed(*_fitted(examples.features, examples.is_scan, seed))
    gate = LearnedGate(HIDDEN, weights, 0.0, features=examples.name)
    found = np.array([likeness(scan, gate) for scan in validation.pixels])
    least = min(MOST, float(np.quantile(found, 1 - ACCEPTED)))
    sure = float(np.quantile(found, 1 - SURE))
    return with_limits(gate, least, sure, unclear)


def _fitted(features: np.ndarray, is_scan: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
    """What `packed` takes. The rate falls to nothing along a cosine."""
    import keras

    keras.utils.set_random_seed(seed)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", dtype="float32")
    logit = keras.layers.Dense(1, dtype="float32")
    network = keras.Sequential([keras.Input((features.shape[1],)), hidden, logit])
    steps = _EPOCHS * -(-len(features) // _BATCH)
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    network.compile(
        keras.optimizers.AdamW(rate, weight_decay=_DECAY),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=1 if keras.backend.backend() == "torch" else _AT_ONCE,
    )
    network.fit(features, is_scan.astype(np.float32), batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
    (first, bias), (last, offset) = hidden.get_weights(), logit.get_weights()
    return first, bias, last.ravel(), offset


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
