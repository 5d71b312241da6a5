"""Types of tumor in a training session: fitted behind the verdict, chosen, judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from edge.console.messages import counted
from edge.inference.decision import verdict
from edge.inference.tumor_type import type_word
from edge.model_file.manifest import UNCERTAIN_TYPE, Decision, TypeSpec
from train.errors import TrainError
from train.evaluation.keras_predictions import softmax
from train.networks.type_head import TypeHead, type_output
from train.prepare_data import SessionData
from train.progress import counting, say
from train.run.run_folder import TYPES, sha256_file
from train.splitting.split import DROPPED, Fold
from train.tumor_types.choose_limit import choose_limit
from train.tumor_types.evaluate_types import (
    OPEN,
    TypeEvaluation,
    TypeFloor,
    TypePredictions,
    evaluate_types,
    types_floor,
)
from train.tumor_types.fit_head import changed_copies, features_of, fit_head


@dataclass(frozen=True, eq=False)
class FoldTypes:
    """Types behind one model: fitted on a fold's training part, chosen on its validation part."""

    head: TypeHead
    spec: TypeSpec
    penalty: float
    told: TypePredictions
    """Of its test part."""
    counts: dict[str, dict[str, int]]
    """Scans of each type by part."""


@dataclass(frozen=True, eq=False)
class TypesFound:
    """All that a run knows of types."""

    own: FoldTypes
    """Of the run's own model."""
    test: TypeEvaluation
    pooled: TypeEvaluation | None
    """Of all folds; None without cross-validation."""
    floor: TypeFloor | None

    @property
    def spec(self) -> TypeSpec:
        """Of the run's own model."""
        return self.own.spec

    def write(self, folder: Path) -> str:
        """Write the head; returns its SHA-256."""
        self.own.head.save(folder / TYPES)
        return sha256_file(folder / TYPES)


def check_types_in_parts(data: SessionData, folds: Sequence[Fold]) -> None:
    """See, before anything is fitted, that each part of each fold has scans of each type.

    Raises:
        TrainError: one has not.
    """
    for fold in folds:
        for name, own in (
            ("training", fold.train),
            ("validation", fold.validation),
            ("test", fold.test),
        ):
            there = set(data.types[own].tolist())
            for label in data.classes.positive:
                if label not in there:
                    raise TrainError(
                        f"the {name} part of a fold has no scan of type {label}; add scans of it, "
                        "or ask for fewer --folds"
                        if len(folds) > 1
                        else f"the {name} part has no scan of type {label}; add scans of it"
                    )


def find_types(
    data: SessionData, own: FoldTypes, folds: Sequence[FoldTypes], seed: int
) -> TypesFound:
    """Judge the run's own model, all folds together if there are any, and what files betray."""
    pooled = TypePredictions.pooled([fold.told for fold in folds]) if folds else None
    of_scans, labels = _numbers(data), data.classes.positive
    kept = np.array([part.part != DROPPED for part in data.parts], bool)
    used = np.flatnonzero(kept & (of_scans >= 0))
    floor = types_floor(
        [data.found.facts[at] for at in used],
        of_scans[used],
        len(labels),
        data.grouping.groups[used],
        seed,
    )
    if not own.spec.limit:
        few = counted(sum(own.counts["validation"].values()), "validation tumor")
        say(f"types: of {few} none is left out as the least sure; each tumor is told a type")
    say(f"shortcut floor of types: {floor or 'too few different scans to measure it'}")
    return TypesFound(
        own, evaluate_types(own.told, seed), pooled and evaluate_types(pooled, seed), floor
    )


def fit_types(
    data: SessionData,
    parts: Fold,
    model: keras.Model,
    probability: np.ndarray,
    decision: Decision,
    coverage: float,
    seed: int,
    augment: bool,
) -> FoldTypes:
    """Fit and choose types behind a model, and tell those of the fold's test part.

    Args:
        model: fitted, which stays as it is.
        probability: calibrated, of tumor, float64 [N] of the test part.
        coverage: share of the validation part's tumors that are to be named a type.

    Raises:
        TrainError: the network has no features to tell types by.
    """
    labels, of_scans = data.classes.positive, _numbers(data)

    def tumors(positions: np.ndarray) -> np.ndarray:
        return positions[of_scans[positions] >= 0]

    train, validation, test = map(tumors, (parts.train, parts.validation, parts.test))
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
    rows = [dict(zip(labels, row, strict=True)) for row in shares.tolist()]
    words = np.array([type_word(row, spec.limit) for row in rows], object)
    of_test = of_scans[parts.test] >= 0
    told = TypePredictions(
        labels,
        shares[of_test],
        of_scans[test],
        (words != UNCERTAIN_TYPE)[of_test],
        groups[test],
        tuple(_truth(data, at) for at in parts.test),
        tuple(_said(p, word, decision) for p, word in zip(probability, words, strict=True)),
    )
    counts = {
        name: {label: int((of_scans[own] == at).sum()) for at, label in enumerate(labels)}
        for name, own in (("train", train), ("validation", validation), ("test", test))
    }
    return FoldTypes(head, spec, penalty, told, counts)


def _numbers(data: SessionData) -> np.ndarray:
    """The type of each scan as a number, int64 [N]; -1: none, or not known."""
    number = {label: at for at, label in enumerate(data.classes.positive)}
    return np.array([number.get(name, -1) for name in data.types], np.int64)


def _map_size(model: keras.Model, head: TypeHead) -> tuple[int, int]:
    return tuple(type_output(model, head).shape[1:3])


def _truth(data: SessionData, at: int) -> str:
    if not data.found.scans[at].positive:
        return data.classes.labels[0]
    return data.types[at] or "tumor of unknown type"


def _said(probability: float, type: str, decision: Decision) -> str:
    word = verdict(float(probability), decision)
    if word != "tumor":
        return word
    return OPEN if type == UNCERTAIN_TYPE else type
