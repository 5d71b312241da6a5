"""The scans that a benchmark measures with."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from edge.decode import decode
from edge.errors import ImageError
from edge.manifest import Manifest
from edge.provenance import provenance
from edge.selftest import golden_png
from train.data import find_classes, find_files
from train.errors import TrainError
from train.phantom import is_synthetic, make_phantom
from train.run import MODEL, RUNS, Run, read_run, sha256_file

_PROBE_SEED = 2**60 + 200  # see train.phantom.SAMPLE_SEEDS: no run trains on it


@dataclass(frozen=True)
class Scans:
    """Files to classify, and what is known of them."""

    files: tuple[Path, ...]
    truth: np.ndarray | None
    """1 with a tumor, 0 without, [N]; None if there are no labelled scans."""
    source: str
    """In words, for the report."""
    synthetic: bool


def find_run(manifest: Manifest, given: Path | None) -> Run | None:
    """The run that a model was exported from, if it is here; the one given must be it.

    Raises:
        TrainError: `given` is no run, or another one.
    """
    training = provenance(manifest).training
    folder = given or RUNS / training.run
    if given is None and not (folder / MODEL).is_file():
        return None
    run = read_run(folder)
    if sha256_file(run.model_file) != training.model_sha256:
        if given is None:
            return None
        raise TrainError(f"{folder}: is not the run that {manifest.name} was exported from")
    return run


def held_out(run: Run) -> Scans | None:
    """The test part of a run, or None if its files are gone."""
    scans = [scan for scan in run.split if scan.part == "test"]
    files = tuple(Path(scan.root, scan.path) for scan in scans)
    for file, scan in zip(files, scans, strict=True):
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != scan.sha256:
            return None
    training = run.manifest.training
    return Scans(
        files,
        np.array([scan.positive for scan in scans], np.int64),
        f"held-out test part of run {run.name} ({', '.join(training.data)})",
        training.synthetic,
    )


def labelled(
    folder: Path,
    positive: Sequence[str],
    negative: Sequence[str],
    run: Run | None,
    say: Callable[[str], None] = lambda _: None,
) -> Scans:
    """All readable scans of a labelled folder that the run neither trained on nor stopped by.

    Args:
        say: is told of each file that cannot be read.

    Raises:
        TrainError: no class folders, or nothing is left.
    """
    classes = find_classes(folder, list(positive), list(negative))
    found = find_files(folder, classes)
    seen = {scan.sha256 for scan in run.split if scan.part != "test"} if run else set()
    kept = [
        item
        for item in found
        if not seen or hashlib.sha256(item[0].read_bytes()).hexdigest() not in seen
    ]
    if not kept:
        raise TrainError(f"{folder}: the model was trained on every scan in it")
    kept, unreadable = _readable(kept)
    for problem in unreadable:
        say(f"skipped {problem}")
    if not kept:
        raise TrainError(f"{folder}: no scan in it can be read")
    note = (
        f"{len(found) - len(kept)} files that the model was fitted on left out"
        if run
        else "its run is not here, so whether the model was fitted on some is not known"
    )
    if unreadable:
        note += f"; {len(unreadable)} unreadable files left out"
    return Scans(
        tuple(path for path, _ in kept),
        np.array([positive for _, positive in kept], np.int64),
        f"{folder} ({note})",
        is_synthetic(folder),
    )


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


def golden(manifest: Manifest, folder: Path) -> Scans:
    """A model's golden sample, written to `folder`: latencies, but no accuracy."""
    file = folder / "golden.png"
    file.write_bytes(golden_png(provenance(manifest).golden))
    return Scans((file,), None, "the golden sample only: no labelled scans at hand", True)


def probe(folder: Path) -> Path:
    """A generated 512x512 PNG, for comparing whole calls and whole processes."""
    image = Image.fromarray(make_phantom(_PROBE_SEED, lesion=True, size=512).pixels)
    file = io.BytesIO()
    image.save(file, "PNG")
    path = folder / "probe-512.png"
    path.write_bytes(file.getvalue())
    return path
