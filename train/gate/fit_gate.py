"""Fit the learned part of the reject gate: slices of heads against everything else."""

import keras
import numpy as np

from edge.model_file.manifest import NETWORK, LearnedGate
from train.gate.gate_examples import GateExamples
from train.networks.gate_head import GateHead

HIDDEN = 32
"""Units: 64 and 88 refuse no more of what they never saw."""
ACCEPTED = 0.995
"""Share of the validation scans that must pass: of a source that the gate never saw more are
refused (docs/measurements/gate-trials.md), so of those that it knows hardly any may be."""
SURE = 0.95
"""Share of them that may be called free of tumor, at most: fewer where a validation slice without a
brain looks more like a scan than that. Slices below the brain are much like those through its
lower end: the rest of the scans is the price for not clearing those. Where sources left out set the
limits (`train.gate.gate_check.limits_by_source`), one such slice does not: half of an unknown
source's scans would be doubted for it."""
MOST = 0.0
"""Of the limit that is passed: where the network itself thinks either likely."""
NOISE = 0.3
"""Deviation of what is added to the standardised features at each step. Without it the gate refuses
fewer pictures of unknown kinds, at as many unknown brains (docs/measurements/gate-trials.md)."""
_EPOCHS, _BATCH = 40, 256
_RATE, _DECAY = 4e-3, 1e-3
_AT_ONCE = 32
"""Steps between looks at a step's result: so small a network is done before it has been looked at.
The weights are the same to the bit. PyTorch in Keras knows no such thing."""


def fit_head(examples: GateExamples, seed: int) -> GateHead:
    """Learn what a scan looks like; deterministic by `seed`.

    The rate falls to nothing along a cosine. Features are standardised over the examples, and what
    that takes is folded into the weights. `NOISE` is added while they are fitted only.
    """
    features = examples.features
    keras.utils.set_random_seed(seed)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", dtype="float32")
    logit = keras.layers.Dense(1, dtype="float32")
    noise = keras.layers.GaussianNoise(NOISE, seed=seed, dtype="float32")
    network = keras.Sequential([keras.Input((features.shape[1],)), noise, hidden, logit])
    steps = _EPOCHS * -(-len(features) // _BATCH)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(_RATE, steps), weight_decay=_DECAY
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=1 if keras.backend.backend() == "torch" else _AT_ONCE,
    )
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
    network.fit(
        (features - mean) / deviation,
        examples.is_scan.astype(np.float32),
        batch_size=_BATCH,
        epochs=_EPOCHS,
        verbose=0,
    )
    (first, bias), (last, offset) = hidden.get_weights(), logit.get_weights()
    # What never varied has taught nothing, and may be anything elsewhere.
    folded = np.where(features.std(axis=0) > 0, 1 / deviation, 0.0)[:, None] * first
    return GateHead(folded, bias - mean @ folded, last.ravel(), offset)


def limits(found: np.ndarray, unclear: np.ndarray) -> LearnedGate:
    """The gate's limits by scans of the sources that it knows.

    Args:
        found: likeness of the validation scans, float [N].
        unclear: of slices without a brain, none of which may be called free of tumor.
    """
    least = min(MOST, float(np.quantile(found, 1 - ACCEPTED)))
    # A step above, as the limit itself is let pass.
    sure = max([float(np.quantile(found, 1 - SURE)), *(unclear + 1e-3).tolist()])
    return in_graph(least, sure)


def in_graph(least: float, sure: float) -> LearnedGate:
    """A gate of these limits that is a part of the network."""
    least = round(least, 3)
    return LearnedGate(0, "", least, max(least, round(sure, 3)), features=NETWORK)
