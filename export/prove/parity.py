"""The proof: held-out scans through `edge` and the exported file, against Keras."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge import Classifier, ModelError
from edge.inference.decision import verdict, verdict_of_outputs
from edge.inference.engines import version
from edge.inference.prediction import Prediction
from edge.model_file.manifest import Decision
from edge.model_file.provenance import Change, MapMatch, Parity
from export.prove.match_types import compare_types
from export.targets import Target
from train.data.scans import SplitScan
from train.evaluation.metrics import Proportion, auc, calibration_error, degenerate, score

PART = "test"
MIN_COMPARED = 0.5
"""Least share of the held-out scans that the reject gate must let pass: a proof over what is left
of them would say little of the scans that the model is for."""


def verdict_pairs(
    predictions: Sequence[Prediction], keras_probabilities: np.ndarray, decision: Decision
) -> list[tuple[str, str]]:
    """Keras' verdict and the device's own, of N scans: those that differ are unlike Keras.

    The gate's doubt is taken from the device: of a gate in the graph `prove` compares that as well.

    Args:
        predictions: none of them rejected.
        keras_probabilities: calibrated, of tumor, float [N], all finite.
    """
    return [
        (verdict(float(p), decision, found.doubtful), found.verdict)
        for found, p in zip(predictions, keras_probabilities, strict=True)
    ]


def prove(
    classifier: Classifier,
    target: Target,
    files: Sequence[Path],
    truth: np.ndarray,
    keras_probabilities: np.ndarray,
    keras_maps: np.ndarray | None,
    max_changed: int | None = None,
    max_difference: float | None = None,
    keras_types: np.ndarray | None = None,
    keras_likeness: np.ndarray | None = None,
) -> Parity:
    """Classify `files` on the device's own path, from file to verdict, and compare.

    Args:
        truth: 1 with a tumor, 0 without, [N].
        keras_probabilities: what the Keras model gives for the same files, float [N], after the
            manifest's temperature.
        keras_maps: its heat maps of them, float [N, rows, columns]; None if the model has none.
        max_changed, max_difference: limits in place of the target's.
        keras_types: its probabilities of types, float [N, types]; None if the model tells none.
        keras_likeness: how much it finds them to look like heads, float [N]; None if the reject
            gate is no part of the network. A scan that one of the two refuses counts as changed.

    Raises:
        EdgeError: a scan cannot be classified at all, or an output is not finite.
    """
    predictions = [classifier.classify(file) for file in files]
    decision = classifier.manifest.decision
    # What was refused before the model was asked is no change of the model.
    asked = [i for i, found in enumerate(predictions) if found.probability is not None]
    exported = np.array([predictions[i].probability for i in asked], np.float64)
    reference, truth = keras_probabilities[asked], truth[asked]
    said = verdict_pairs([predictions[i] for i in asked], reference, decision)
    pairs = said
    if keras_likeness is not None:
        pairs = _gated_pairs(classifier, predictions, keras_probabilities, keras_likeness)
    changes = Counter(f"{was} to {now}" for was, now in pairs if was != now)
    types = None
    if keras_types is not None:
        told = [(predictions[i].type_probabilities, predictions[i].type) for i in asked]
        types, type_changes = compare_types(
            told, said, keras_types[asked], classifier.manifest.types
        )
        changes += type_changes
    scores = [score(truth, p, decision.threshold) for p in (reference, exported)]
    differences = np.abs(exported - reference)
    errors = [float(calibration_error(truth, p)) if asked else 0.0 for p in (reference, exported)]
    return Parity(
        engine=classifier.engine.name,
        engine_version=version(classifier.engine.name),
        part=PART,
        scans=len(asked),
        rejected=len(predictions) - len(asked),
        changed=changes.total(),
        changes=dict(sorted(changes.items())),
        sensitivity=_change(*(s.sensitivity for s in scores)),
        specificity=_change(*(s.specificity for s in scores)),
        auc=_auc(truth, reference, exported),
        words=_words(
            changes,
            len(pairs),
            scores,
            _crossed(said, reference, exported, decision),
            errors,
            differences,
        ),
        max_difference=float(differences.max(initial=0.0)),
        mean_difference=float(differences.mean()) if len(asked) else 0.0,
        max_changed=target.max_changed(len(pairs)) if max_changed is None else max_changed,
        max_allowed_difference=target.max_difference if max_difference is None else max_difference,
        calibration_error=Change(*errors),
        heat_map=None if keras_maps is None else _match_maps(classifier, files, keras_maps),
        max_map_difference=target.max_map_difference,
        types=types,
    )


def _gated_pairs(
    classifier: Classifier,
    predictions: Sequence[Prediction],
    keras_probabilities: np.ndarray,
    keras_likeness: np.ndarray,
) -> list[tuple[str, str]]:
    """Keras' verdict and the device's own of all scans that the model is asked about.

    Here Keras' own likeness decides what the gate says to Keras' probability.
    """
    both = zip(keras_probabilities.tolist(), keras_likeness.tolist(), strict=True)
    return [
        (verdict_of_outputs(one.before, p, likeness, classifier.manifest), one.verdict)
        for one, (p, likeness) in zip(predictions, both, strict=True)
        if one.before is not None and one.before.refused is None
    ]


def _match_maps(classifier: Classifier, files: Sequence[Path], keras_maps: np.ndarray) -> MapMatch:
    found = np.stack([classifier.heat_map(classifier.pixels(file)) for file in files])
    if found.shape != keras_maps.shape or not np.isfinite(found).all():
        raise ModelError(f"{classifier.path}: its heat maps are not finite, or of another size")
    flat, wanted = found.reshape(len(files), -1), keras_maps.reshape(len(files), -1)
    peaked = wanted.max(1) > 0
    largest = np.abs(wanted).max()
    difference = np.abs(flat - wanted).max()
    return MapMatch(
        maps=int(peaked.sum()),
        peaks_unchanged=int((flat.argmax(1) == wanted.argmax(1))[peaked].sum()),
        max_difference=float(difference / largest) if largest else float(difference),
    )


def failures(parity: Parity) -> list[str]:
    """Why the proof does not hold, in words; empty if it does."""
    found = []
    if not parity.scans:
        found.append("no held-out scan could be compared.")
    elif parity.scans < MIN_COMPARED * (parity.scans + parity.rejected):
        found.append(
            f"only {parity.scans} of {parity.scans + parity.rejected} held-out scans could be "
            f"compared, as the reject gate refused the others; {MIN_COMPARED:.0%} must be."
        )
    if parity.changed > parity.max_changed:
        of_types = parity.types.changed if parity.types else 0
        found.append(
            f"{parity.changed} of {parity.scans} verdicts changed"
            f"{f', {of_types} of them in the type alone' if of_types else ''}; at most "
            f"{parity.max_changed} may."
        )
    if not parity.max_difference <= parity.max_allowed_difference:
        found.append(
            f"a probability is off by {parity.max_difference:.2g}; "
            f"{parity.max_allowed_difference:g} is allowed."
        )
    if parity.types and not parity.types.max_difference <= parity.max_allowed_difference:
        found.append(
            f"the probability of a type is off by {parity.types.max_difference:.2g}; "
            f"{parity.max_allowed_difference:g} is allowed."
        )
    limit = parity.max_map_difference
    if parity.heat_map and limit is not None and not parity.heat_map.max_difference <= limit:
        found.append(
            f"a heat map is off by {parity.heat_map.max_difference:.2g} of the largest value; "
            f"{limit:g} is allowed."
        )
    return found


def held_out(split: Sequence[SplitScan]) -> list[SplitScan]:
    """The scans that judge: the test part."""
    return [scan for scan in split if scan.part == PART]


def _crossed(
    said: Sequence[tuple[str, str]],
    reference: np.ndarray,
    exported: np.ndarray,
    decision: Decision,
) -> int:
    """Scans whose verdict is the same, "uncertain", on both sides of the threshold."""
    other_side = (reference >= decision.threshold) != (exported >= decision.threshold)
    same = np.array([was == now for was, now in said], bool)
    return int((other_side & same).sum())


def _words(
    changes: Counter,
    scans: int,
    scores: Sequence,
    crossed: int,
    errors: Sequence[float],
    differences: np.ndarray,
) -> str:
    crossing = (
        f"these count {crossed} that stayed uncertain and crossed the threshold; "
        if crossed
        else ""
    )
    directions = ", ".join(f"{n} from {which}" for which, n in sorted(changes.items()))
    why = degenerate(scores[1].sensitivity, scores[1].specificity)
    return (
        f"{why or ''}{' ' * bool(why)}"
        f"{changes.total()} of {scans} verdicts changed{directions and f' ({directions})'}; "
        f"sensitivity {_moved(*(s.sensitivity for s in scores))}; "
        f"specificity {_moved(*(s.specificity for s in scores))}; {crossing}"
        f"calibration error {errors[1]:.3f}, was {errors[0]:.3f}; "
        f"largest difference in probability {differences.max(initial=0.0):.4f}"
    )


def _moved(keras: Proportion, exported: Proportion) -> str:
    if keras.hits == exported.hits:
        return f"{exported}, unchanged"
    return f"{exported}, was {keras.value:.1%}"


def _change(keras: Proportion, exported: Proportion) -> Change:
    return Change(keras.value, exported.value)


def _auc(truth: np.ndarray, keras: np.ndarray, exported: np.ndarray) -> Change | None:
    if len(set(truth)) < 2:
        return None
    return Change(float(auc(truth, keras)), float(auc(truth, exported)))
