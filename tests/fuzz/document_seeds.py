"""Whole documents to mutate: what runs, journals, reports and people write, made here and small.

Each function is given the folder of its checker and leaves there what has to lie beside the input.
"""

import json
import shutil
from pathlib import Path

import numpy as np

from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.manifest import Manifest
from edge.model_file.manifest_json import dumps
from edge.model_file.provenance import Training
from tests.benchmarks.reports import report
from tests.fuzz.seeds import MODELS
from train.fitting.checkpoint import State, save
from train.run.run_folder import MANIFEST, SPLIT, RunManifest

_SIGNED = Path(__file__).parents[1] / "edge" / "model_file" / "signed"


def _manifest(folder: Path) -> list[bytes]:
    return [json.dumps(json.loads(dumps(_bundled()))).encode()]


def _journal(folder: Path) -> list[bytes]:
    def line(name: str, **changes) -> bytes:
        facts = {"path": f"/in/{name}", "size": 900, "mtime_ns": 1_700_000_000_000_000_000}
        facts |= {"sha256": f"{len(name):064x}", "inode": 77, "ctime_ns": 1_700_000_000_000_000_001}
        result = {"path": name, "verdict": "no_tumor", "probability": 0.02, "remarks": []}
        return json.dumps({**result, "error": None, "file": facts | changes}).encode()

    lines = [line("a.png"), line("b-2.png", inode=None), line("c/dd.dcm", sha256=None)]
    return [b"\n".join([*lines, b""]), b"\n".join([*lines, b""]) * 3, lines[0] + b"\n"]


def _attempts(folder: Path) -> list[bytes]:
    deaths = {f"{number:032x}": number for number in range(1, 4)}
    note = json.dumps({"now": "ab" * 16, "deaths": deaths}).encode()
    return [note + b"\n" + b" " * 200, note]


def _run(folder: Path) -> list[bytes]:
    _run_folder(folder)
    return [(folder / MANIFEST).read_bytes()]


def _split(folder: Path) -> list[bytes]:
    _run_folder(folder)
    return [(folder / SPLIT).read_bytes()]


def _run_folder(folder: Path) -> None:
    """A run as `train` writes it, with the facts of the bundled model in place of a fit's."""
    manifest: Manifest = _bundled()
    options = {"arch": "compact", "epochs": 30, "data": ["yes-and-no"], "lr": 0.001}
    run = RunManifest(
        "compact",
        manifest.labels,
        manifest.positive,
        manifest.input,
        manifest.decision,
        Training("small", "0" * 64, ("yes-and-no",), "1" * 64, False, {}, 0, "2026-11-28"),
        options,
        manifest.reject,
    )
    scan = {"path": "yes/a.png", "root": "yes-and-no", "positive": True, "sha256": "0" * 64}
    rows = [scan | {"part": part, "group": i} for i, part in enumerate(("train", "test"))]
    (folder / MANIFEST).write_text(json.dumps(to_json(run)))
    (folder / SPLIT).write_text(json.dumps(rows))


def _bundled() -> Manifest:
    return open_model(next(MODELS.glob("*.tflite"))).manifest


def _report(folder: Path) -> list[bytes]:
    return [json.dumps(to_json(report())).encode()]


def _state(folder: Path) -> list[bytes]:
    file = folder / "whole.npz"
    arrays = {"variables": [np.ones((3, 3), np.float32), np.arange(4)], "best": [np.zeros(2)]}
    save(State(epoch=3, history={"loss": [0.7, 0.6, 0.5]}, best_loss=0.5, **arrays), file)
    return [file.read_bytes()]


def _labels(folder: Path) -> list[bytes]:
    rows = "".join(f"part/{i}.png,{'yes' if i % 2 else 'no'}\n" for i in range(9))
    return [f"file,label\n{rows}".encode(), b"\xef\xbb\xbfsop,label\n1.2.3.4,yes\n1.2.3.5,no\n"]


def _boxes(folder: Path) -> list[bytes]:
    return [b"0 0.5 0.5 0.25 0.125\n1 0.2 0.3 0.1 0.1\n", b"0 0.5 0.5 1 1"]


def _signature(folder: Path) -> list[bytes]:
    whole = (_SIGNED / "tiny.tflite.new.sig").read_bytes()
    (folder / "whole.sig").write_bytes(whole)
    return [whole]


def _trust(folder: Path) -> list[bytes]:
    for name in ("old", "new"):
        shutil.copy(_SIGNED / f"{name}.pub", folder)
    (folder / "policy").write_text("require\n")
    revoked = f"# lost in March\n{'0' * 64}\nSHA256:{'A' * 43}\n"
    (folder / "revoked").write_text(revoked)
    return [(folder / "new.pub").read_bytes(), b"require\n", revoked.encode()]


KINDS = {
    "manifest": (_manifest, 6),
    "journal": (_journal, 4),
    "attempts": (_attempts, 1),
    "run": (_run, 4),
    "split": (_split, 2),
    "report": (_report, 2),
    "state": (_state, 2),
    "labels": (_labels, 2),
    "boxes": (_boxes, 2),
    "signature": (_signature, 2),
    "trust": (_trust, 2),
}
"""By the name of the checker in `documents`: what makes the seeds, and the share of the inputs."""
