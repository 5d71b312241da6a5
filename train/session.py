"""One training session: from folders of scans to a finished run."""

import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np

from edge import __version__
from edge.model_file.manifest import Decision, RejectGate
from train.data.scans import fingerprint
from train.distillation.soft_labels import load_session_teachers, with_soft_labels
from train.distillation.teachers import Teacher
from train.evaluation import threshold_and_temperature
from train.evaluation.evaluate import Predictions, evaluate
from train.evaluation.keras_predictions import calibrated
from train.evaluation.shortcut_floor import shortcut_floor
from train.fitting import article_protocols
from train.fitting.epoch_progress import EpochProgress
from train.fitting.feature_cache import FeatureCache
from train.fitting.fit import fit, phases
from train.fitting.fit_options import Fit, FitContext
from train.gate.no_brain import check_brain_scans_left, scans_without_brain
from train.gate.not_brain import NotBrain, read_not_brain
from train.gate.session_gate import learned_gate
from train.hardware import mixed_precision
from train.hardware.devices import Devices
from train.networks.pretrained_weights import NONE, remarks
from train.networks.registry import ARCHITECTURES
from train.phantom.files import is_synthetic
from train.prepare_data import Request, SessionData, describe, prepare_data
from train.progress import say
from train.pruning.comparison import changed_verdicts, check_limit
from train.pruning.parent import check_same_scans
from train.pruning.pruned_fit import Pruned, fit_of, prune_and_judge
from train.reporting.findings import SYNTHETIC, Findings
from train.reporting.plots import pictures_of, write_plots
from train.reporting.pruning_record import pruning_record
from train.reporting.training_report import write_report
from train.run import resume, run_folder
from train.splitting import split
from train.tumor_types.session_types import (
    FoldTypes,
    check_types_in_parts,
    find_types,
    fit_types,
)
from train.unseen_sources.judge import UnseenSources
from train.unseen_sources.session_unseen import folds_of, judge_unseen
from train.unseen_sources.source_folds import SourceFold
from train.warm_start.start_weights import check_start


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


def train(
    request: Request, name: str, folder: Path, devices: Devices, kept: Path | None = None
) -> str:
    """Read, split, fit, choose, evaluate and write a run named `name` into `folder`.

    Args:
        kept: folder with what an interrupted session reached, or for what this one reaches.

    Returns:
        The report for the terminal, as Markdown without pictures.

    Raises:
        TrainError: data that cannot be trained with, or another request than the interrupted one.
    """
    phases(request.fit)
    synthetic = any(map(is_synthetic, request.all_folders))
    if synthetic:
        say(SYNTHETIC)
    fitting = request.pruning or request.fit
    if slow := mixed_precision.caution(fitting.precision):
        say(slow)
    _check_weights(request)
    not_brain = _read_not_brain(request)
    data = prepare_data(request)
    describe(data)
    parent = None
    if request.pruning:
        check_same_scans(request.pruning.parent, data.parts)
        parent = fit_of(request.pruning.parent)
    if kept:
        spec = request.fit.input
        resume.check_or_record(kept, request.asked, spec, data.parts, devices.first)
    compute = ComputeContext(devices, FeatureCache(kept, devices.first), kept)
    if devices.count > 1:
        say(f"training on {devices.names}")
    parts = split.Fold(*(split.indices(data.parts, part) for part in split.PARTS))
    used = np.array([scan.part != split.DROPPED for scan in data.parts], bool)
    without_brain = scans_without_brain(request, data, parts.train)
    folds = _fold_list(request, data)
    if without_brain.any():
        for one in (parts, *folds):
            check_brain_scans_left(request.no_brain, without_brain, data.found.truth == 1, one)
        hidden = without_brain[parts.train].sum()
        say(f"{hidden} training scans are said to show no brain: the network is not shown them")
    shown, *folds = (one.shown(without_brain) for one in (parts, *folds))
    if request.types:
        check_types_in_parts(data, [shown, *folds])
    floor = _floor(data, used, request.fit.seed)
    say(f"shortcut floor: {floor or 'too few different scans to measure it'}")

    teachers = load_session_teachers(request, data, parts.test)
    left_out = folds_of(request, data, shown) if request.unseen else None
    result = fit_and_evaluate(request, data, shown, compute.context("run"), teachers, parent)
    if result.pruned:
        check_limit(changed_verdicts(*result.pruned.validation), request.pruning.max_changed)
    result.fitted.model.save(folder / run_folder.MODEL)
    run_folder.write_json(folder / run_folder.SPLIT, data.parts)
    unseen = left_out and _unseen(request, data, left_out, result.choice.decision, compute)
    if unseen:
        result = result.with_decision(unseen.decision)
    result = _with_types(request, data, shown, result)
    manifest = _manifest(request, data, result.choice.decision, name, folder, synthetic)
    gate_check = None
    if ARCHITECTURES[request.fit.architecture].evidence:
        say("learning what a scan looks like, for the reject gate: minutes, however few scans")
        gate, gate_check = learned_gate(
            data, parts, without_brain, request.fit.seed, manifest.input, not_brain
        )
        manifest = replace(manifest, reject=RejectGate(learned=gate))

    evaluation = evaluate(result.predictions, request.fit.seed)
    results = _cross_validated(request, data, folds, shown, result, compute, teachers)
    types = None
    if result.types:
        types = find_types(data, result.types, [one.types for one in results], request.fit.seed)
        manifest = replace(manifest, types=types.spec, types_sha256=types.write(folder))
    pooled = Predictions.pooled([one.predictions for one in results]) if results else None
    leaky = _articles_protocol(request, data, used & ~data.external, compute)
    findings = Findings(
        manifest=manifest,
        classes=data.classes,
        parts=data.parts,
        grouping=data.grouping,
        unreadable=data.found.unreadable,
        external=request.test_folder.name if request.test_folder else None,
        floor=floor,
        choice=result.choice,
        test=evaluation,
        folds=request.folds,
        pooled=pooled and evaluate(pooled, request.fit.seed),
        leaky=leaky,
        history=result.fitted.history,
        best_epoch=result.fitted.best_epoch,
        cost=result.fitted.cost,
        weights=request.weights and request.weights + remarks(request.fit.weights),
        started_from=data.seen and data.seen.told,
        types=types,
        left_out=result.left_out,
        unseen=unseen,
        gate_check=gate_check,
        pruning=request.pruning
        and pruning_record(request.pruning, parent.cost, result, results, request.fit.seed),
    )
    # The test set from elsewhere is the harder proof; else the pooled folds are the larger one.
    if pooled is None or request.test_folder:
        tested, predictions = parts.test, result.predictions
    else:
        tested, predictions = np.concatenate([fold.test for fold in folds]), pooled
    write_plots(folder, findings, predictions, data.found.pixels[tested], _names(data, tested))
    text = write_report(folder, findings, pictures_of(findings))
    run_folder.write_json(folder / run_folder.MANIFEST, manifest)
    return text


def _check_weights(request: Request) -> None:
    """See that the weights to begin with can be had before minutes go into reading scans.

    Raises:
        TrainError: they cannot.
    """
    options = request.fit
    architecture = ARCHITECTURES[options.architecture]
    if options.start and not request.pruning:
        check_start(options.start, options.architecture)
    if architecture.backbone and options.weights != NONE and not request.pruning:
        architecture.build(architecture.input, weights=options.weights)


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


def _with_types(
    request: Request, data: SessionData, fold: split.Fold, result: FoldResult
) -> FoldResult:
    if not request.types:
        return result
    types = fit_types(
        *(data, fold, result.fitted.model, result.predictions.probability),
        *(result.choice.decision, request.coverage, request.fit.seed, request.fit.augment),
    )
    return replace(result, types=types)


def _read_not_brain(request: Request) -> NotBrain | None:
    if not request.not_brain:
        return None
    found = read_not_brain(request.not_brain)
    say(f"no brain MRI: {len(found)} pictures of {len(found.pictures)} kinds")
    for reason in found.unreadable:
        say(f"skipped {reason}")
    return found


def _cross_validated(
    request: Request,
    data: SessionData,
    folds: Sequence[split.Fold],
    parts: split.Fold,
    result: FoldResult,
    compute: ComputeContext,
    teachers: Sequence[Teacher],
) -> list[FoldResult]:
    """Of each fold, if there are any; the run's own model is that of the first."""
    found = []
    for number, fold in enumerate(folds, 1):
        say(f"fold {number} of {len(folds)}")
        own = all(np.array_equal(getattr(fold, part), getattr(parts, part)) for part in split.PARTS)
        context = compute.context(f"fold-{number}")
        if own:
            found.append(result)
            continue
        fitted = fit_and_evaluate(request, data, fold, context, teachers)
        found.append(_with_types(request, data, fold, fitted))
    return found


def _unseen(
    request: Request,
    data: SessionData,
    folds: tuple[list[SourceFold], list[str]],
    decision: Decision,
    compute: ComputeContext,
) -> UnseenSources:
    def fit(shorter: Request, fold: split.Fold, stage: str) -> Predictions:
        return fit_and_evaluate(shorter, data, fold, compute.context(stage)).predictions

    return judge_unseen(request, data, folds, decision, fit)


def _fold_list(request: Request, data: SessionData) -> list[split.Fold]:
    if not request.folds:
        return []
    kept = np.array([scan.part != split.DROPPED for scan in data.parts], bool)
    return split.cross_validation(
        np.flatnonzero(kept & ~data.external),
        split.strata(data.found.truth.astype(bool), data.types),
        data.grouping.groups,
        request.folds,
        request.fit.seed,
    )


def _articles_protocol(
    request: Request, data: SessionData, chosen: np.ndarray, compute: ComputeContext
) -> list[article_protocols.LeakyResult]:
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


def _names(data: SessionData, positions: np.ndarray) -> list[str]:
    return [data.found.scans[i].path for i in positions]


def _floor(data: SessionData, chosen: np.ndarray, seed: int):
    return shortcut_floor(
        [data.found.facts[i] for i in np.flatnonzero(chosen)],
        data.found.truth[chosen],
        data.grouping.groups[chosen],
        seed,
        data.external[chosen],
    )


def _manifest(
    request: Request,
    data: SessionData,
    decision: Decision,
    name: str,
    folder: Path,
    synthetic: bool,
) -> run_folder.RunManifest:
    labels = data.classes.labels
    return run_folder.RunManifest(
        architecture=request.fit.architecture,
        labels=labels,
        positive=labels[1],
        input=request.fit.input,
        decision=decision,
        training=run_folder.Training(
            run=name,
            model_sha256=run_folder.sha256_file(folder / run_folder.MODEL),
            data=tuple(path.resolve().name for path in request.all_folders),
            data_sha256=fingerprint(scan.sha256 for scan in data.found.scans),
            synthetic=synthetic,
            counts=split.counts(data.parts, labels),
            seed=request.fit.seed,
            created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            versions=versions(),
        ),
        options=request.options,
        pruned_from=request.pruning and request.pruning.origin,
    )


def versions() -> dict[str, str]:
    """Of this software and of what a run depends on."""
    found = {"mri-edge": __version__, "python": sys.version.split()[0]}
    found["keras backend"] = keras.backend.backend()
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "pillow", "scikit-learn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
