"""The proof: held-out scans through `edge` and the exported file, against Keras."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge import Classifier
from edge.decide import verdict
from edge.provenance import Parity
from export.targets import Target
from train.data import SplitScan

PART = "test"


def prove(
    classifier: Classifier,
    target: Target,
    files: Sequence[Path],
    keras_probabilities: np.ndarray,
    max_changed: int | None = None,
    max_difference: float | None = None,
) -> Parity:
    """Classify `files` on the device's own path, from file to verdict, and compare.

    Args:
        keras_probabilities: what the Keras model gives for the same files, float [N], after the
            manifest's temperature.
        max_changed, max_difference: limits in place of the target's.

    Raises:
        EdgeError: a scan cannot be classified at all, or an output is not finite.
    """
    predictions = [classifier.classify(file) for file in files]
    decision = classifier.manifest.decision
    wanted = [verdict(float(p), decision) for p in keras_probabilities]
    # A rejected scan never reaches the model, in Keras' case neither: it is no change of the model.
    pairs = [
        (prediction, word, p)
        for prediction, word, p in zip(predictions, wanted, keras_probabilities, strict=True)
        if prediction.probability is not None
    ]
    differences = [abs(prediction.probability - p) for prediction, _, p in pairs]
    return Parity(
        engine=classifier.engine.name,
        part=PART,
        scans=len(pairs),
        changed=sum(prediction.verdict != word for prediction, word, _ in pairs),
        max_difference=float(max(differences, default=np.inf)),
        mean_difference=float(np.mean(differences)) if differences else float("inf"),
        max_changed=target.max_changed(len(pairs)) if max_changed is None else max_changed,
        max_allowed_difference=target.max_difference if max_difference is None else max_difference,
    )


def failures(parity: Parity) -> list[str]:
    """Why the proof does not hold, in words; empty if it does."""
    found = []
    if not parity.scans:
        found.append("no held-out scan could be compared")
    if parity.changed > parity.max_changed:
        found.append(
            f"{parity.changed} of {parity.scans} verdicts changed, {parity.max_changed} may"
        )
    if not parity.max_difference <= parity.max_allowed_difference:
        found.append(
            f"a probability is off by {parity.max_difference:.4f}, "
            f"{parity.max_allowed_difference:g} is allowed"
        )
    return found


def held_out(split: Sequence[SplitScan]) -> list[SplitScan]:
    """The scans that judge: the test part."""
    return [scan for scan in split if scan.part == PART]
