"""Types of tumor in a training session: fitted behind the verdict, chosen, judged."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from edge.inference.decision import verdict
from edge.inference.tumor_type import type_word
from edge.model_file.manifest import UNCERTAIN_TYPE, Decision, TypeSpec
from train.errors import TrainError
from train.evaluation.keras_predictions import softmax
from train.networks.type_head import TypeHead, type_output
from train.prepare_data import SessionData
from train.progress import counting, say
from train.run.run_folder import TYPES, sha256_file
from train.splitting.split import Fold
from train.tumor_types.choose_limit import choose_limit
from train.tumor_types.evaluate_types import (
    OPEN,
    TypeEvaluation,
    TypeFloor,
    device_table,
    evaluate_types,
    types_floor,
)
from train.tumor_types.fit_head import changed_copies, features_of, fit_head


@dataclass(frozen=True, eq=False)
class TypesFound:
    """All that a run knows of types."""

    head: TypeHead
    spec: TypeSpec
    penalty: float
    test: TypeEvaluation
    floor: TypeFloor | None
    counts: dict[str, dict[str, int]]
    """Scans of each type by part."""

    def write(self, folder: Path) -> str:
        """Write the head; returns its SHA-256."""
        self.head.save(folder / TYPES)
        return sha256_file(folder / TYPES)


def find_types(
    data: SessionData,
    parts: Fold,
    model: keras.Model,
    probability: np.ndarray,
    decision: Decision,
    coverage: float,
    seed: int,
    augment: bool,
) -> TypesFound:
    """Fit, choose and judge types on the parts of a session.

    Args:
        model: fitted, which stays as it is.
        probability: calibrated, of tumor, float64 [N] of the test part.
        coverage: share of the validation part's tumors that are to be named a type.

    Raises:
        TrainError: a part lacks a type, or the network has no features to tell types by.
    """
    labels = data.classes.positive
    number = {label: at for at, label in enumerate(labels)}
    of_scans = np.array([number.get(name, -1) for name in data.types], np.int64)

    def tumors(positions: np.ndarray) -> np.ndarray:
        return positions[of_scans[positions] >= 0]

    train, validation, test = map(tumors, (parts.train, parts.validation, parts.test))
    for name, own in (("training", train), ("validation", validation), ("test", test)):
        lacking = [label for label in labels if not (of_scans[own] == number[label]).any()]
        if lacking:
            raise TrainError(f"the {name} part has no scan of type {lacking[0]}; add scans")
    pixels = data.found.pixels
    batches = sum(-(-len(p) // 32) for p in (train, validation, parts.test))
    batches += -(-len(train) // 32) if augment else 0
    with counting("batches for the types", batches) as tick:
        known = [features_of(model, pixels[train], tick)]
        if augment:
            known.append(features_of(model, changed_copies(pixels[train], seed), tick))
        held_out = features_of(model, pixels[validation], tick)
        judged = features_of(model, pixels[parts.test], tick)
    head, penalty = fit_head(
        np.concatenate(known),
        np.tile(of_scans[train], len(known)),
        len(labels),
        held_out,
        of_scans[validation],
    )
    groups = data.grouping.groups
    spec = choose_limit(
        labels, head.logits(held_out), of_scans[validation], groups[validation], coverage
    )
    spec = replace(spec, **dict(zip(("rows", "columns"), _map_size(model, head), strict=True)))
    shares = softmax(head.logits(judged) / spec.temperature)
    of_test = of_scans[parts.test] >= 0
    found = evaluate_types(spec, shares[of_test], of_scans[test], groups[test], seed)
    said = [
        _said(p, row, decision, spec)
        for p, row in zip(probability.tolist(), shares.tolist(), strict=True)
    ]
    truths = [_truth(data, at) for at in parts.test]
    used = tumors(np.flatnonzero([part.part != "dropped" for part in data.parts]))
    floor = types_floor(
        [data.found.facts[at] for at in used], of_scans[used], len(labels), groups[used], seed
    )
    say(f"shortcut floor of types: {floor or 'too few different scans to measure it'}")
    counts = {
        name: {label: int((of_scans[own] == number[label]).sum()) for label in labels}
        for name, own in (("train", train), ("validation", validation), ("test", test))
    }
    found = replace(found, device=device_table(truths, said))
    return TypesFound(head, spec, penalty, found, floor, counts)


def _map_size(model: keras.Model, head: TypeHead) -> tuple[int, int]:
    return tuple(type_output(model, head).shape[1:3])


def _truth(data: SessionData, at: int) -> str:
    if not data.found.scans[at].positive:
        return data.classes.labels[0]
    return data.types[at] or "tumor of unknown type"


def _said(probability: float, shares: list[float], decision: Decision, spec: TypeSpec) -> str:
    word = verdict(probability, decision)
    if word != "tumor":
        return word
    type = type_word(dict(zip(spec.labels, shares, strict=True)), spec.limit)
    return OPEN if type == UNCERTAIN_TYPE else type
