"""From a model that was trained elsewhere and labelled scans to a run like any other."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from edge.console.messages import counted
from edge.model_file.manifest import InputSpec
from edge.model_file.provenance import Adopted, Training
from export.adopt.adopted_network import build_adopted
from export.adopt.adoption_report import origin_lines
from export.adopt.conventions import are_coloured, to_try
from export.adopt.labels import Labels, check_order, find_folders, find_labels
from export.adopt.source import Source, check_logits, check_rebuilt, open_source
from export.adopt.trial import (
    TRIAL_SCANS,
    Tried,
    attempt,
    better_negatives,
    cautions,
    chosen,
    in_question,
    judge,
    lines,
)
from export.errors import ExportError
from export.quantize import representative_dataset
from train.data.folders import read_folders
from train.data.scans import Classes, ScanSet, SplitScan, fingerprint
from train.evaluation import threshold_and_temperature
from train.evaluation.evaluate import Predictions, evaluate
from train.evaluation.keras_predictions import calibrated, load_keras, raw_outputs
from train.evaluation.shortcut_floor import shortcut_floor
from train.networks.cost import cost
from train.phantom.files import is_synthetic
from train.progress import say
from train.reporting.findings import SYNTHETIC, Findings
from train.reporting.plots import pictures_of, write_plots
from train.reporting.training_report import write_report
from train.run import run_folder
from train.run.versions import versions
from train.splitting import patients, split
from train.splitting.leak_guard import Grouping, group_scans

SEED = 0
"""Of the split and of intervals: nothing is trained that another seed would make different."""
ARCHITECTURE = "adopted"
_CHECKED = 4
"""Scans on which the rebuilt network is compared with the file."""


@dataclass(frozen=True)
class Request:
    """What is adopted, and what is known of it."""

    file: Path
    data: Path
    scaling: str | None = None
    color: str | None = None
    order: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Scans:
    """Labelled scans, clustered and split."""

    found: ScanSet
    classes: Classes
    grouping: Grouping
    parts: list[SplitScan]

    def at(self, part: str) -> np.ndarray:
        return split.indices(self.parts, part)


def adopt(request: Request, name: str, folder: Path) -> str:
    """Write a run named `name` into `folder`.

    Returns:
        The report for the terminal, as Markdown without pictures.

    Raises:
        ExportError: the model cannot be adopted, it is not clear how it takes its pixels, or it
            says one class of every scan.
        TrainError: scans that cannot be used.
    """
    source = open_source(request.file)
    height, width, channels = source.shape
    say(
        f"{source.file}: {source.kind}, {height}x{width}x{channels}, "
        f"{counted(source.outputs, 'output')}, last activation {source.activation}"
    )
    if request.color and (request.color == "grey") is not (channels == 1):
        raise ExportError(f"--color {request.color}: {source.file} takes {channels} channels")
    try:
        spec = InputSpec(height, width, "grey" if channels == 1 else "rgb")
    except ValueError as error:
        raise ExportError(f"{source.file}: no device takes such pictures ({error})") from None
    check_order(source.outputs, request.order, source.file)
    classes = find_folders(request.data, request.order, request.negative)
    orders = find_labels(request.order, request.negative, classes)
    scans = _read(request.data, classes, spec)
    tried, truth, groups = _try(request, source, orders, scans)
    others = list(better_negatives(in_question(tried)[0], truth, groups))
    best = chosen(tried, bool(request.order), others)
    check_logits(source, best.logits)
    say(f"used: {best.convention.words} {best.labels.words}")
    warned = cautions(best, tried, others)
    for words in warned:
        say(f"CAUTION: {words}")

    model, transform = build_adopted(source.network, best.convention, best.labels)
    model.save(folder / run_folder.MODEL)
    synthetic = is_synthetic(request.data)
    adopted = _adopted(request, source, best, tried, warned)
    choice, predictions, manifest, model = _decide(
        request, name, folder, scans, transform, adopted, spec
    )
    manifest = replace(manifest, training=replace(manifest.training, synthetic=synthetic))
    if synthetic:
        say(SYNTHETIC)
    used = np.array([scan.part != split.DROPPED for scan in scans.parts], bool)
    kept = np.flatnonzero(used)
    findings = Findings(
        manifest=manifest,
        classes=classes,
        parts=scans.parts,
        grouping=scans.grouping,
        unreadable=scans.found.unreadable,
        external=None,
        floor=shortcut_floor(
            [scans.found.facts[i] for i in kept],
            scans.found.truth[kept],
            scans.grouping.groups[kept],
            SEED,
            np.zeros(len(kept), bool),
        ),
        choice=choice,
        test=evaluate(predictions, SEED),
        folds=None,
        pooled=None,
        leaky=[],
        history={key: [] for key in ("loss", "accuracy", "val_loss", "val_accuracy")},
        best_epoch=0,
        cost=cost(model),
        weights=None,
        origin=origin_lines(manifest.training.adopted, tried),
    )
    if findings.useless:
        raise ExportError(
            f"{source.file}: {findings.useless[0]} It is not adopted. Are --scaling, --order and "
            "--negative those that it was trained with, and are these scans of the kind that it is "
            "for?"
        )
    test = scans.at("test")
    names = [scans.found.scans[i].path for i in test]
    write_plots(folder, findings, predictions, scans.found.pixels[test], names)
    text = write_report(folder, findings, pictures_of(findings))
    run_folder.write_json(folder / run_folder.MANIFEST, manifest)
    return text


def _read(data: Path, classes: Classes, spec: InputSpec) -> _Scans:
    """Read, cluster and split, as training does: no near-duplicate and no patient is parted."""
    read = read_folders([data], list(classes.positive), list(classes.negative), spec)
    for note in read.notes:
        say(note)
    found = read.found
    for skipped in found.unreadable:
        say(f"skipped {skipped.reason}")
    grouping = group_scans(found, patients.from_dicom(found.origins, say))
    parts = split.split(found.scans, grouping, SEED)
    for part, by_label in split.counts(parts, classes.labels).items():
        say(f"  {part:10}  " + "  ".join(f"{k} {n}" for k, n in by_label.items()))
    return _Scans(found, classes, grouping, parts)


def _try(
    request: Request, source: Source, orders: Sequence[Labels], scans: _Scans
) -> tuple[list[Tried], np.ndarray, np.ndarray]:
    """Every convention that is possible, on scans of the training part; their truth and groups."""
    of_hash = {scan.sha256: i for i, scan in enumerate(scans.parts)}
    picked = representative_dataset.choose(scans.parts, TRIAL_SCANS, SEED)
    at = np.array([of_hash[scan.sha256] for scan in picked])
    pixels = scans.found.pixels[at]
    asked = request.scaling, request.color
    conventions = to_try(source, are_coloured(pixels), *asked)
    some = pixels[:: max(1, len(pixels) // _CHECKED)][:_CHECKED]
    off = max(check_rebuilt(source, one.applied(some)) for one in conventions if one.agrees(*asked))
    say(f"the rebuilt network gives the file's outputs: off by {off:.1g} at most")
    ways = counted(len(conventions), "way")
    say(f"trying {ways} of taking pixels on {len(at)} scans of the training part")
    truth, groups = scans.found.truth[at], scans.grouping.groups[at]
    tried = judge(
        attempt(
            lambda x: source.network.predict(x, batch_size=8, verbose=0),
            conventions,
            orders,
            pixels,
            truth,
            groups,
        ),
        truth,
        groups,
        *asked,
    )
    for line in lines(tried):
        say(line)
    return tried, truth, groups


def _decide(
    request: Request,
    name: str,
    folder: Path,
    scans: _Scans,
    transform: str,
    adopted: Adopted,
    spec: InputSpec,
):
    """The decision, chosen on the validation part, and what it makes of the test part."""
    file, labels = folder / run_folder.MODEL, scans.classes.labels
    two = Labels(adopted.labels, adopted.negative).two
    manifest = run_folder.RunManifest(
        architecture=ARCHITECTURE,
        labels=two,
        positive=two[1],
        input=spec,
        decision=threshold_and_temperature.Decision(transform),
        training=Training(
            run=name,
            model_sha256=run_folder.sha256_file(file),
            data=(request.data.resolve().name,),
            data_sha256=fingerprint(scan.sha256 for scan in scans.found.scans),
            synthetic=False,
            counts=split.counts(scans.parts, two),
            seed=SEED,
            created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            versions=versions(),
            adopted=adopted,
        ),
        options={
            "from": str(request.file),
            "data": str(request.data),
            "scaling": request.scaling,
            "color": request.color,
            "order": list(request.order),
            "negative": list(request.negative),
            "folders": list(labels),
        },
    )
    run_folder.write_json(folder / run_folder.SPLIT, scans.parts)
    # Read back: what is proven later is the file.
    model: keras.Model = load_keras(run_folder.Run(folder, manifest, tuple(scans.parts)))
    validation, test = scans.at("validation"), scans.at("test")
    truth, groups = scans.found.truth, scans.grouping.groups
    choice = threshold_and_temperature.choose(
        transform,
        1,
        raw_outputs(model, scans.found.pixels[validation]),
        truth[validation],
        groups[validation],
    )
    probability = calibrated(raw_outputs(model, scans.found.pixels[test]), choice.decision, 1)
    predictions = Predictions.of(choice.decision, truth[test], probability, groups[test])
    return choice, predictions, replace(manifest, decision=choice.decision), model


def _adopted(
    request: Request,
    source: Source,
    best: Tried,
    tried: Sequence[Tried],
    warned: tuple[str, ...],
) -> Adopted:
    return Adopted(
        file=request.file.resolve().name,
        sha256=source.sha256,
        kind=source.kind,
        labels=best.labels.names,
        negative=best.labels.negative,
        activation=source.activation,
        scaling=best.convention.scaling,
        color=best.convention.color,
        tried=len(in_question(tried)) > 1,
        cautions=warned,
    )
