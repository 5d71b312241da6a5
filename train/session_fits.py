"""A session's fits: of the run, its folds, unseen sources, and the articles' protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from edge.model_file.manifest import Decision
from train.distillation.soft_labels import with_soft_labels
from train.distillation.teachers import Teacher
from train.evaluation import threshold_and_temperature
from train.evaluation.evaluate import Predictions
from train.evaluation.keras_predictions import calibrated
from train.fitting import article_protocols
from train.fitting.epoch_progress import EpochProgress
from train.fitting.feature_cache import FeatureCache
from train.fitting.fit import fit
from train.fitting.fit_options import Fit, FitContext
from train.hardware.devices import Devices
from train.networks.registry import ARCHITECTURES
from train.prepare_data import Request, SessionData
from train.progress import say
from train.pruning.pruned_fit import Pruned, prune_and_judge
from train.session_parts import SessionParts
from train.splitting import split
from train.tumor_types.session_types import FoldTypes, fit_types
from train.unseen_sources.judge import UnseenSources
from train.unseen_sources.session_unseen import judge_unseen
from train.unseen_sources.source_folds import SourceFold


@dataclass(frozen=True)
class ComputeContext:
    """Where the fits of a session compute, and where what they have reached is kept."""

    devices: Devices
    cache: FeatureCache
    kept: Path | None
    """Folder of the states to resume from; None: none is kept."""

    def context(self, stage: str) -> FitContext:
        """What the fit of a stage needs: "run", "fold-2", ..."""
        file = self.kept / f"{stage}.npz" if self.kept else None
        return FitContext(self.devices, self.cache, file, EpochProgress)


@dataclass(frozen=True)
class FoldResult:
    """A fitted model, the decision chosen on its validation part, and its test part judged."""

    fitted: Fit
    choice: threshold_and_temperature.Choice
    predictions: Predictions
    left_out: int = 0
    """Training scans that were not trained on, as teachers do not agree where their tumor is."""
    pruned: Pruned | None = None
    """Where the model is a pruned one: beside its teacher."""
    types: FoldTypes | None = None
    """None if types of tumor are not asked for."""

    def with_decision(self, decision: Decision) -> "FoldResult":
        """The same with another band: temperature and threshold stay."""
        found = self.predictions
        return replace(
            self,
            choice=replace(self.choice, decision=decision),
            predictions=Predictions.of(decision, found.truth, found.probability, found.groups),
        )


def fit_and_evaluate(
    request: Request,
    data: SessionData,
    fold: split.Fold,
    context: FitContext,
    teachers: Sequence[Teacher] = (),
    parent: Fit | None = None,
) -> FoldResult:
    """Fit on a fold's training part, choose the decision on its validation part, judge its test.

    Args:
        parent: the fit that is pruned, if there is one; else it is made first.
    """
    train, validation, test = (data.samples(getattr(fold, part)) for part in split.PARTS)
    given = len(train)
    train = with_soft_labels(request, data, fold, train, teachers)
    fitted = parent or fit(request.fit, train, validation, context)
    architecture, logits = ARCHITECTURES[request.fit.architecture], fitted.logits(validation.pixels)
    # A network fitted on folders by their weights is judged on them by the same.
    balanced = (
        threshold_and_temperature.balanced_weights(validation.truth, validation.sources)
        if architecture.evidence
        else None
    )
    choice = threshold_and_temperature.choose(
        architecture.transform,
        1,
        logits,
        validation.truth,
        validation.groups,
        request.target_sensitivity,
        request.coverage,
        weights=balanced,
    )
    if parent:
        choice = replace(choice, decision=request.pruning.parent.manifest.decision)
    probability = calibrated(fitted.logits(test.pixels), choice.decision, 1)
    predictions = Predictions.of(choice.decision, test.truth, probability, test.groups)
    if not request.pruning:
        return FoldResult(fitted, choice, predictions, given - len(train))
    pruned = prune_and_judge(
        fitted,
        choice.decision,
        (train, validation, test),
        predictions,
        request.pruning,
        request.fit.seed,
        context,
    )
    return FoldResult(pruned.fitted, choice, pruned.predictions, pruned=pruned)


def with_types(
    request: Request, data: SessionData, fold: split.Fold, result: FoldResult
) -> FoldResult:
    """The same with a head that tells types of tumor, if they are asked for."""
    if not request.types:
        return result
    types = fit_types(
        *(data, fold, result.fitted.model, result.predictions.probability),
        *(result.choice.decision, request.coverage, request.fit.seed, request.fit.augment),
    )
    return replace(result, types=types)


def cross_validated(
    request: Request,
    data: SessionData,
    parts: SessionParts,
    result: FoldResult,
    compute: ComputeContext,
    teachers: Sequence[Teacher],
) -> list[FoldResult]:
    """Of each fold, if there are any; the run's own model is that of the first."""
    found = []
    for number, fold in enumerate(parts.folds, 1):
        say(f"fold {number} of {len(parts.folds)}")
        own = all(
            np.array_equal(getattr(fold, part), getattr(parts.shown, part)) for part in split.PARTS
        )
        context = compute.context(f"fold-{number}")
        if own:
            found.append(result)
            continue
        fitted = fit_and_evaluate(request, data, fold, context, teachers)
        found.append(with_types(request, data, fold, fitted))
    return found


def unseen_sources(
    request: Request,
    data: SessionData,
    folds: tuple[list[SourceFold], list[str]],
    decision: Decision,
    compute: ComputeContext,
) -> UnseenSources:
    """The recipe judged on sources left out in turn, and the band that this asks for.

    Args:
        folds: from `train.unseen_sources.session_unseen.folds_of`.
        decision: of the run.
    """

    def fit(shorter: Request, fold: split.Fold, stage: str) -> Predictions:
        return fit_and_evaluate(shorter, data, fold, compute.context(stage)).predictions

    return judge_unseen(request, data, folds, decision, fit)


def articles_protocol(
    request: Request, data: SessionData, chosen: np.ndarray, compute: ComputeContext
) -> list[article_protocols.LeakyResult]:
    """What the articles' ways to measure give, if they are asked for.

    Args:
        chosen: scans that may take part, bool [N].
    """
    if request.protocol != "article":
        return []
    samples = data.samples(chosen)
    options = replace(request.fit, augment=False)
    say("article 1: augmenting first, splitting then (leaky)")
    first = article_protocols.augment_then_split(
        options, samples, partial(fit, context=compute.context("article-1"))
    )
    say("article 2: measuring on the training images (leaky)")
    second = article_protocols.on_training_images(
        options, samples, partial(fit, context=compute.context("article-2"))
    )
    return [first, second]
