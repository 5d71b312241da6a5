"""The scans that a benchmark measures with."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.accuracy.agreement import Expected
from benchmarks.errors import BenchmarkError
from edge import Classifier
from edge.errors import ImageError
from edge.inference.self_test import golden_png
from edge.model_file.manifest import Manifest
from edge.model_file.provenance import provenance
from edge.scan.decode import decode
from export.prove.reference import Reference, read_reference, reference_name, tensor_sha256
from train.data.class_folders import check_all_named, check_left_out, find_classes, find_files
from train.errors import TrainError
from train.phantom.files import is_synthetic
from train.phantom.make import make_phantom
from train.run.run_folder import MODEL, RUNS, Run, read_run, sha256_file

_PROBE_SEED = 2**60 + 200  # see train.phantom.files.SAMPLE_SEEDS: no run trains on it


@dataclass(frozen=True)
class Scans:
    """Files to classify, and what is known of them."""

    files: tuple[Path, ...]
    truth: np.ndarray | None
    """1 with a tumor, 0 without, [N]; None if there are no labelled scans."""
    source: str
    """In words, for the report."""
    synthetic: bool
    types: tuple[str, ...] = ()
    """Of each scan's tumor, "" where there is none or it is not known; empty: none is known."""


def find_run(manifest: Manifest, given: Sequence[Path]) -> Run | None:
    """The run that a model was exported from, if it is here; if runs are given, among those.

    Raises:
        TrainError: one given is no run, or none of them is the model's.
    """
    training = provenance(manifest).training
    folders = list(given) or [RUNS / training.run]
    if not given and not (folders[0] / MODEL).is_file():
        return None
    for folder in folders:
        run = read_run(folder)
        if sha256_file(run.model_file) == training.model_sha256:
            return run
    if given:
        raise TrainError(
            f"{', '.join(map(str, given))}: is not the run that {manifest.name} was exported from"
        )
    return None


def find_reference(manifest: Manifest, model: Path, given: Path | None) -> Reference | None:
    """Keras' outputs for a model's scans: the file given, or the one beside the model.

    Raises:
        ExportError: it cannot be read.
        BenchmarkError: the one given belongs to another model.
    """
    path = given or model.parent / reference_name(manifest.name)
    if given is None and not path.is_file():
        return None
    found = read_reference(path)
    if found.model_sha256 == provenance(manifest).training.model_sha256:
        return found
    if given:
        raise BenchmarkError(f"{path}: was not written for the model of {manifest.name}")
    return None


def held_out(run: Run) -> Scans:
    """The test part of a run.

    Raises:
        BenchmarkError: one of its files is gone or was changed.
    """
    scans = [scan for scan in run.split if scan.part == "test"]
    files = tuple(Path(scan.root, scan.path) for scan in scans)
    for file, scan in zip(files, scans, strict=True):
        if not file.is_file() or _sha256(file) != scan.sha256:
            what = "was changed" if file.is_file() else "is missing"
            raise BenchmarkError(f"{file}, a test scan of run {run.name}, {what}")
    training = run.manifest.training
    return Scans(
        files,
        np.array([scan.positive for scan in scans], np.int64),
        f"held-out test part of run {run.name} ({', '.join(training.data)})",
        training.synthetic,
        tuple(scan.type for scan in scans) if run.manifest.types else (),
    )


def labelled(
    folder: Path,
    positive: Sequence[str],
    negative: Sequence[str],
    leave_out: Sequence[str],
    run: Run | None,
    reference: Reference | None,
    say: Callable[[str], None] = lambda _: None,
) -> Scans:
    """All readable scans of a labelled folder that the model was not fitted on.

    Args:
        leave_out: names of subfolders that are no class, on purpose.
        run: tells which the model was trained on or stopped by.
        reference: where there is no run: if it names any of the scans, only those are taken, as
            they were held out.
        say: is told of each file that cannot be read.

    Raises:
        TrainError: no class folders, one that is none, or nothing is left.
    """
    classes = find_classes(folder, list(positive), list(negative), leave_out)
    check_left_out([folder], leave_out)
    check_all_named(folder, classes)
    found = find_files(folder, classes)
    hashes = {path: _sha256(path) for path, _ in found} if run or reference else {}
    kept, note = found, "its run is not here, so whether the model was fitted on some is not known"
    if run:
        seen = {scan.sha256 for scan in run.split if scan.part != "test"}
        kept = [item for item in found if hashes[item[0]] not in seen]
        note = f"{len(found) - len(kept)} files that the model was fitted on left out"
        if not kept:
            raise TrainError(f"{folder}: the model was trained on every scan in it")
    elif reference and (known := [item for item in found if hashes[item[0]] in reference.sha256]):
        kept = known
        note = f"those held out from training; {len(found) - len(kept)} others left out"
    kept, unreadable = _readable(kept)
    for problem in unreadable:
        say(f"skipped {problem}")
    if not kept:
        raise TrainError(f"{folder}: no scan in it can be read")
    if unreadable:
        note += f"; {len(unreadable)} unreadable files left out"
    return Scans(
        tuple(path for path, _ in kept),
        np.array([positive for _, positive in kept], np.int64),
        f"{folder} ({note})",
        is_synthetic(folder),
        tuple(_closest(path, folder, classes.positive) for path, _ in kept),
    )


def _closest(path: Path, folder: Path, names: Sequence[str]) -> str:
    """The class folder of a tumor, "" of other scans."""
    above = (folder.resolve().name, *path.relative_to(folder).parts[:-1])
    return next((part for part in reversed(above) if part in names), "")


def expected_by(reference: Reference, scans: Scans, classifier: Classifier) -> Expected | None:
    """What a reference file says of the scans; None if it names none of them."""
    at = {digest: i for i, digest in enumerate(reference.sha256)}
    values, same = np.full(len(scans.files), np.nan), 0
    spec = classifier.manifest.types
    known = spec is not None and reference.type_labels == spec.labels
    types = np.full((len(scans.files), len(spec.labels)), np.nan) if known else None
    for i, file in enumerate(scans.files):
        found = at.get(_sha256(file))
        if found is not None:
            values[i] = reference.probabilities[found]
            if types is not None:
                types[i] = reference.types[found]
            same += tensor_sha256(classifier.pixels(file)) == reference.tensor_sha256[found]
    if np.isnan(values).all():
        return None
    return Expected(f"reference file of run {reference.run}", values, same, types)


def _readable(
    files: list[tuple[Path, bool]],
) -> tuple[list[tuple[Path, bool]], list[str]]:
    """Those that decode, and what is wrong with the others."""
    kept, problems = [], []
    for item in files:
        try:
            decode(item[0])
            kept.append(item)
        except ImageError as error:
            problems.append(str(error))
    return kept, problems


def golden(manifest: Manifest, folder: Path, why: str) -> Scans:
    """A model's golden sample, written to `folder`: latencies, but no accuracy.

    Args:
        why: there is no more, in words.
    """
    file = folder / "golden.png"
    file.write_bytes(golden_png(provenance(manifest).golden))
    return Scans((file,), None, f"the golden sample only: {why}", True)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def probe(folder: Path) -> Path:
    """A generated 512x512 PNG, for comparing whole calls and whole processes."""
    image = Image.fromarray(make_phantom(_PROBE_SEED, lesion=True, size=512).pixels)
    file = io.BytesIO()
    image.save(file, "PNG")
    path = folder / "probe-512.png"
    path.write_bytes(file.getvalue())
    return path
