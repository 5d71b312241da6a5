"""Phantoms on disk: class folders, and the samples of the package."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from edge.model_file import bounded_json
from train.phantom.make import DEFAULT_SIZE, GENERATOR_VERSION, MAX_SEED, make_phantom

MAX_COUNT = 1_000_000
"""Images in a folder; also how far apart the seeds of two folders lie."""


SAMPLE_SEEDS = {
    "phantom-tumor-1": 2**60 + 1,
    "phantom-tumor-2": 2**60 + 5,
    "phantom-tumor-3": 2**60 + 9,
    "phantom-no-tumor-1": 2**60 + 3,
    "phantom-no-tumor-2": 2**60 + 4,
    "phantom-no-tumor-3": 2**60 + 6,
}
"""Beyond `MAX_SEED` x `MAX_COUNT`: no folder of phantoms, hence no training, contains a sample.
Plain cases, picked from the first dozen of each class for the bundled model to be right on: an
example, not a test set (docs/measurements/model-changed-scans.md: how it fares on others)."""


RECORD = "phantom.json"


def write_phantoms(folder: Path, count: int, seed: int) -> Path:
    """Fill a folder with phantoms, every other one with a lesion.

    Writes `yes/phantom-00001.png`, `no/phantom-00002.png` and so on (8-bit grey, 256 x 256) and
    `phantom.json`. Every image is another head, so no head is in both classes. The same arguments
    give the same bytes on every run; another version of Pillow may compress the same pixels
    otherwise. The folder appears only when it is whole. One that already holds exactly these
    phantoms is left untouched.

    Args:
        folder: where; it must not exist, be empty, or hold these phantoms.
        count: number of images, 2 to `MAX_COUNT`; an odd one goes to `yes`.
        seed: 0 to `MAX_SEED`; two seeds have no head in common.

    Returns:
        `folder`.

    Raises:
        FileExistsError: the folder exists and holds something else.
        ValueError: `count` or `seed` is out of range.
    """
    folder = Path(folder)
    if not 2 <= count <= MAX_COUNT:
        raise ValueError(
            f"phantoms must be 2 to {MAX_COUNT} (at least one of each class), not {count}"
        )
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be 0 to {MAX_SEED}, not {seed}")
    record = {
        "synthetic": True,
        "generator_version": GENERATOR_VERSION,
        "seed": seed,
        "count": count,
        "size": DEFAULT_SIZE,
    }
    names = [
        f"{'no' if index % 2 else 'yes'}/phantom-{index + 1:05d}.png" for index in range(count)
    ]
    if folder.exists():
        if _read_record(folder) == record and _files(folder) == {RECORD, *names}:
            return folder
        if not folder.is_dir() or any(folder.iterdir()):
            raise FileExistsError(
                f"{folder} exists and does not hold {count} phantoms of seed {seed} (generator "
                f"{GENERATOR_VERSION}); name another folder, or remove this one"
            )
        folder.rmdir()

    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial-{os.urandom(8).hex()}")
    try:
        for label in ("yes", "no"):
            (partial / label).mkdir(parents=True)
        for index, name in enumerate(names):
            phantom = make_phantom(seed * MAX_COUNT + index, lesion=index % 2 == 0)
            _write_png(phantom.pixels, partial / name)
        (partial / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        try:
            partial.rename(folder)
        except OSError:
            # Another process that generated the same was quicker.
            if _read_record(folder) != record or _files(folder) != {RECORD, *names}:
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def is_synthetic(folder: Path) -> bool:
    """True when `folder` holds phantoms, that is, has a `phantom.json` that says synthetic."""
    record = _read_record(Path(folder))
    return isinstance(record, dict) and record.get("synthetic") is True


def write_samples(folder: Path) -> list[Path]:
    """Write the six phantoms that are committed under `samples/`, three of each class.

    Returns:
        Their paths, in the order of `SAMPLE_SEEDS`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, seed in SAMPLE_SEEDS.items():
        paths.append(folder / f"{name}.png")
        _write_png(make_phantom(seed, lesion="no-tumor" not in name).pixels, paths[-1])
    return paths


def _write_png(pixels: np.ndarray, path: Path) -> None:
    Image.fromarray(pixels).save(path, format="PNG", optimize=False, compress_level=3)


def _read_record(folder: Path) -> object:
    try:
        return bounded_json.read(folder / RECORD)
    except (OSError, ValueError):
        return None


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
