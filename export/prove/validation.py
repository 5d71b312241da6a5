"""An int8 candidate on validation scans, against Keras: what the search goes by."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edge import Classifier
from edge.inference.decision import verdict, verdict_of_outputs
from edge.inference.tumor_type import type_word
from edge.model_file.provenance import Trial
from edge.scan.ood_gate import GateResult
from export.prove.match_types import compare_types


def judge_validation(
    classifier: Classifier,
    trial: Trial,
    pixels: np.ndarray,
    keras_probabilities: np.ndarray,
    keras_types: np.ndarray | None,
    limits: tuple[int, float],
    keras_likeness: np.ndarray | None = None,
) -> Trial:
    """The trial with its figures in one engine. Of the reject gate only one in the graph is asked.

    Args:
        trial: what was tried.
        pixels: uint8 [N, H, W, C].
        keras_probabilities: calibrated, of tumor, float64 [N].
        keras_types: its probabilities of types, float64 [N, types]; None if the model tells none.
        limits: how many verdicts may change, and a probability by how much.
        keras_likeness: as `export.prove.parity.prove` takes it.
    """
    decision, spec = classifier.manifest.decision, classifier.manifest.types
    judged = [classifier.judge(one) for one in pixels]
    found = np.array([one.probability for one in judged], np.float64)
    pairs = [
        (verdict(wanted, decision), verdict(own, decision))
        for own, wanted in zip(found.tolist(), keras_probabilities.tolist(), strict=True)
    ]
    said = pairs
    if keras_likeness is not None:
        both = zip(keras_probabilities.tolist(), keras_likeness.tolist(), strict=True)
        said = [
            tuple(
                verdict_of_outputs(GateResult(), *own, classifier.manifest)
                for own in (keras, (one.probability, one.likeness))
            )
            for one, keras in zip(judged, both, strict=True)
        ]
    changed, types_off = sum(was != now for was, now in said), None
    if spec is not None:
        of_each = [one.types for one in judged]
        told: Sequence = [types and (types, type_word(types, spec.limit)) for types in of_each]
        match, _ = compare_types(told, pairs, keras_types, spec)
        changed, types_off = changed + match.changed, match.max_difference
    off = np.abs(found - keras_probabilities)
    largest = float(off.max(initial=0.0))
    may_change, may_differ = limits
    return replace(
        trial,
        changed=changed,
        max_difference=largest,
        mean_difference=float(off.mean()) if len(off) else 0.0,
        holds=changed <= may_change and max(largest, types_off or 0.0) <= may_differ,
        max_type_difference=types_off,
    )
