"""One training session: from folders of scans to a finished run."""

import datetime
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from edge.model_file.manifest import Decision, RejectGate
from train.data.scans import fingerprint
from train.distillation.soft_labels import load_session_teachers
from train.evaluation.evaluate import Predictions, evaluate
from train.evaluation.shortcut_floor import shortcut_floor
from train.fitting.feature_cache import FeatureCache
from train.fitting.fit import phases
from train.gate.no_brain import marked
from train.gate.not_brain import NotBrain, read_not_brain
from train.gate.session_gate import SessionGate, learned_gate
from train.hardware import mixed_precision
from train.hardware.devices import Devices
from train.networks.pretrained_weights import NONE, remarks
from train.networks.registry import ARCHITECTURES
from train.phantom.files import is_synthetic
from train.prepare_data import Request, SessionData, describe, prepare_data
from train.progress import say
from train.pruning.comparison import changed_verdicts, check_limit
from train.pruning.parent import check_same_scans
from train.pruning.pruned_fit import fit_of
from train.reporting.findings import SYNTHETIC, Findings
from train.reporting.plots import pictures_of, write_plots
from train.reporting.pruning_record import pruning_record
from train.reporting.training_report import write_report
from train.run import resume, run_folder
from train.run.versions import versions
from train.session_fits import (
    ComputeContext,
    articles_protocol,
    cross_validated,
    fit_and_evaluate,
    unseen_sources,
    with_types,
)
from train.session_parts import SessionParts, describe_parts, session_parts
from train.splitting import split
from train.tumor_types.session_types import find_types
from train.unseen_sources.session_unseen import folds_of
from train.warm_start.start_weights import check_start


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
    parts = session_parts(request, data)
    describe_parts(parts)
    floor = _floor(data, parts.used, request.fit.seed)
    say(f"shortcut floor: {floor or 'too few different scans to measure it'}")

    teachers = load_session_teachers(request, data, parts.whole.test)
    left_out = folds_of(request, data, parts.shown) if request.unseen else None
    result = fit_and_evaluate(request, data, parts.shown, compute.context("run"), teachers, parent)
    if result.pruned:
        check_limit(changed_verdicts(*result.pruned.validation), request.pruning.max_changed)
    result.fitted.model.save(folder / run_folder.MODEL)
    run_folder.write_json(folder / run_folder.SPLIT, marked(data.parts, parts.without_brain))
    unseen = left_out and unseen_sources(request, data, left_out, result.choice.decision, compute)
    if unseen:
        result = result.with_decision(unseen.decision)
    result = with_types(request, data, parts.shown, result)
    manifest = _manifest(request, data, result.choice.decision, name, folder, synthetic)
    gate_check = None
    if ARCHITECTURES[request.fit.architecture].evidence:
        gate = _gate(request, data, parts, result.fitted.model, not_brain)
        gate_check = gate.check
        manifest = replace(
            manifest, reject=RejectGate(learned=gate.limits), gate_sha256=gate.write(folder)
        )

    evaluation = evaluate(result.predictions, request.fit.seed)
    results = cross_validated(request, data, parts, result, compute, teachers)
    types = None
    if result.types:
        types = find_types(data, result.types, [one.types for one in results], request.fit.seed)
        manifest = replace(manifest, types=types.spec, types_sha256=types.write(folder))
    pooled = Predictions.pooled([one.predictions for one in results]) if results else None
    for_article = parts.used & ~data.external & ~parts.without_brain
    leaky = articles_protocol(request, data, for_article, compute)
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
        no_brain=parts.no_brain,
        unseen=unseen,
        gate_check=gate_check,
        pruning=request.pruning
        and pruning_record(request.pruning, parent.cost, result, results, request.fit.seed),
    )
    # The test set from elsewhere is the harder proof; else the pooled folds are the larger one.
    if pooled is None or request.test_folder:
        tested, predictions = parts.whole.test, result.predictions
    else:
        tested, predictions = np.concatenate([fold.test for fold in parts.folds]), pooled
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


def _read_not_brain(request: Request) -> NotBrain | None:
    if not request.not_brain:
        return None
    found = read_not_brain(request.not_brain)
    say(f"no brain MRI: {len(found)} pictures of {len(found.pictures)} kinds")
    for reason in found.unreadable:
        say(f"skipped {reason}")
    return found


def _gate(
    request: Request,
    data: SessionData,
    parts: SessionParts,
    model: keras.Model,
    not_brain: NotBrain | None,
) -> SessionGate:
    say("learning what a scan looks like, for the reject gate: minutes, however few scans")
    options = request.fit
    return learned_gate(
        model, data, parts.whole, parts.without_brain, options.seed, options.input, not_brain
    )


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
