"""Types of tumor by the exported file, against Keras."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from edge.inference.tumor_type import type_word
from edge.model_file.manifest import TypeSpec
from edge.model_file.provenance import TypeMatch


def compare_types(
    found: Sequence[tuple[dict[str, float], str] | None],
    said: Sequence[tuple[str, str]],
    keras_types: np.ndarray,
    spec: TypeSpec,
) -> tuple[TypeMatch, Counter]:
    """How types compare where both call a scan a tumor, and which changed, by direction.

    Args:
        found: the file's probabilities and what is said of them, of N scans; None where it is no
            tumor.
        said: Keras' verdict and the device's own.
        keras_types: probability of each type, float [N, types].
    """
    changes: Counter = Counter()
    scans, largest = 0, 0.0
    for own, pair, wanted in zip(found, said, keras_types.tolist(), strict=True):
        if pair != ("tumor", "tumor"):
            continue
        probabilities, now = own
        scans += 1
        was = type_word(dict(zip(spec.labels, wanted, strict=True)), spec.limit)
        if was != now:
            changes[f"type {was} to type {now}"] += 1
        values = [probabilities[label] for label in spec.labels]
        largest = max(largest, float(np.abs(np.subtract(values, wanted)).max()))
    return TypeMatch(scans, changes.total(), largest), changes
