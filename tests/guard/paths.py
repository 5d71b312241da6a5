"""Every command, and what it may write: `python -m tests.guard.paths` traces them for the docs.

The table is docs/measurements/guard.md; test_guard.py traces the same commands.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.guard.system_calls import Asked, trace, why_not

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/measurements/guard.md"
MODELS = ROOT / "tests/edge/models"
_EDGE = "-m edge {model}"


@dataclass(frozen=True)
class CommandPath:
    """A command line; `{name}` stands for what `Place` has of that name."""

    name: str
    line: str
    named: tuple[str, ...] = ()
    """What it may write, besides the folder for temporary files."""
    stdin: str = ""
    until: str = ""
    """A file: when it is there and not empty, the command is told to end."""
    status: int | None = 0
    """None: 0 or 1, as its model rejects the generated scans or not."""
    needs: tuple[str, ...] = ()
    """Modules without which it is not traced."""
    slow: bool = False

    def ended_well(self, status: int) -> bool:
        return status in (0, 1) if self.status is None else status == self.status


def _classify() -> list[CommandPath]:
    engines = {
        ("litert", "tflite"): "ai_edge_litert",
        ("onnxruntime", "onnx"): "onnxruntime",
        ("openvino", "tflite"): "openvino",
        ("openvino", "onnx"): "openvino",
    }
    paths = [
        CommandPath(
            f"{format}, {engine}" + f", .{kind}" * (engine == "openvino"),
            f"-m edge {{scans}} --model {{{kind}}} "
            f"--engine {engine} --format {format} --out {{out}}",
            ("out's folder",),
            needs=(module,),
        )
        for (engine, kind), module in engines.items()
        for format in ("text", "json", "ndjson", "csv", "html")
    ]
    paths += [
        CommandPath("bundled model, one scan", "-m edge {scan}", status=None),
        CommandPath("bundled model, DICOM", "-m edge {dicom}", status=None, needs=("pydicom",)),
        CommandPath("bundled model, a damaged file", "-m edge {damaged}", status=1),
        CommandPath("names on standard input", "-m edge --model {tflite} -", stdin="{scan}\n"),
        CommandPath("--jobs 2, processes", "-m edge {scans} --model {tflite} --jobs 2"),
        CommandPath("--jobs 2, threads", "-m edge {scans} --model {tflite} --jobs 2 --threads 2"),
        CommandPath("--threads auto", "-m edge {scans} --model {tflite} --threads auto"),
        CommandPath(
            "--explain",
            "-m edge {scans} --model {tflite} --explain {pictures} --format html --out {out}",
            ("pictures", "out's folder"),
        ),
        CommandPath(
            "--resume, --shard",
            "-m edge {scans} --model {tflite} --resume --shard 0/1 --format ndjson --out {out}",
            ("out's folder",),
        ),
        CommandPath(
            "--resume, Parquet",
            "-m edge {scans} --model {tflite} --resume --format parquet --out {out}",
            ("out's folder",),
            needs=("pyarrow",),
        ),
        CommandPath("--series", "-m edge {scans} --series --model {tflite}"),
        CommandPath(
            "--watch",
            "-m edge --watch {scans} --model {tflite} --out {out} --settle 0.2",
            ("out's folder",),
            until="out",
        ),
        CommandPath("--self-test, LiteRT", "-m edge --self-test --model {tflite}"),
        CommandPath(
            "--self-test, ONNX Runtime",
            "-m edge --self-test --model {onnx}",
            needs=("onnxruntime",),
        ),
        CommandPath(
            "--self-test, OpenVINO",
            "-m edge --self-test --model {tflite} --engine openvino",
            needs=("openvino",),
        ),
        CommandPath("--doctor", "-m edge --doctor"),
        CommandPath("--help", "-m edge --help"),
        CommandPath("--version", "-m edge --version"),
        CommandPath("wrong usage", "-m edge --modle x", status=2),
    ]  # fmt: skip
    return paths


def _workstation() -> list[CommandPath]:
    tensorflow = ("tensorflow",)
    small = "--model cnn --epochs 1 --batch-size 8 --seed 1"
    return [
        CommandPath("train --help", "-m train --help"),
        CommandPath(
            "train --inspect",
            "-m train --inspect --data {phantoms} --out {sheet}",
            ("inspected",),
            needs=tensorflow,
            slow=True,
        ),
        CommandPath(
            "train",
            f"-m train --data {{phantoms}} {small} --out {{run}}",
            ("run", "run's folder"),
            needs=tensorflow,
            slow=True,
        ),
        CommandPath(
            "export",
            "-m export {run} --out {dist} --format tflite onnx",
            ("dist", "dist's folder"),
            needs=("tensorflow", "tf2onnx"),
            slow=True,
        ),
        CommandPath("export inspect", "-m export inspect {tflite}"),
        CommandPath(
            "benchmarks --quick",
            "-m benchmarks {exported} --data {phantoms} --quick --out {bench}",
            ("bench", "bench's folder"),
            needs=tensorflow,
            slow=True,
        ),
        CommandPath("benchmarks merge", "-m benchmarks merge {report} {report}"),
        CommandPath("benchmarks schema", "-m benchmarks schema"),
    ]


PATHS = [*_classify(), *_workstation()]
_ORDER = ("train", "export", "benchmarks --quick")
"""Each takes what the one before made."""


@dataclass
class Place:
    """A folder with all that the commands need, and a home of its own."""

    folder: Path
    extra: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("home", "temporary", "work", "made", "made/results"):
            (self.folder / name).mkdir()
        self._write_scans()

    def value(self, name: str) -> Path:
        made = self.folder / "made"
        known = {
            "tflite": MODELS / "tiny.tflite",
            "onnx": MODELS / "tiny.onnx",
            "report": ROOT / "docs/benchmarks/report.json",
            "scans": self.folder / "scans",
            "scan": self.folder / "scans" / "a.png",
            "damaged": self.folder / "damaged.png",
            "dicom": self.folder / "a.dcm",
            "phantoms": self.folder / "phantoms",
            "out": made / "results" / "out",
            "out's folder": made / "results",
            "sheet": made / "inspected" / "sheet",
            "inspected": made / "inspected",
            "pictures": made / "pictures",
            "run": made / "runs" / "small",
            "run's folder": made / "runs",
            "dist": made / "exported" / "dist",
            "exported": next((made / "exported" / "dist").glob("*int8.tflite"), made / "exported"),
            "dist's folder": made / "exported",
            "bench": made / "measured" / "bench",
            "bench's folder": made / "measured",
        }
        return self.extra.get(name) or known[name]

    def run(self, path: CommandPath) -> Asked:
        words = [word.format_map(_Names(self)) for word in path.line.split()]
        out = self.value("out")
        if out.is_file():
            out.unlink()
        until = None
        if path.until:
            file = self.value(path.until)
            until = lambda: file.exists() and file.stat().st_size > 0  # noqa: E731
        return trace(
            [sys.executable, *words],
            self.folder / "strace",
            self.folder / "work",
            environment=self.environment(),
            stdin=path.stdin.format_map(_Names(self)),
            until=until,
        )

    def allowed(self, path: CommandPath) -> list[Path]:
        return [self.folder / "temporary", *map(self.value, path.named)]

    def environment(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "temporary"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # Python's own, beside its modules
        }

    def _write_scans(self) -> None:
        import numpy as np
        from PIL import Image

        scans = self.folder / "scans"
        scans.mkdir()
        row = np.linspace(20, 240, 64).astype(np.uint8)
        for name in ("a.png", "b.jpg", "c.webp"):
            Image.fromarray(np.tile(row, (64, 1))).save(scans / name)
        whole = (scans / "a.png").read_bytes()
        (self.folder / "damaged.png").write_bytes(whole[:-40])
        try:
            from tests.edge.dicom_files import write_dicom

            write_dicom(self.folder / "a.dcm", np.tile(row, (64, 1)).astype(np.uint16) * 8)
        except ImportError:
            pass

    def write_phantoms(self) -> None:
        from train.phantom.files import write_phantoms

        write_phantoms(self.folder / "phantoms", 40, seed=1)


class _Names(dict):
    def __init__(self, place: Place):
        super().__init__()
        self._place = place

    def __missing__(self, name: str) -> str:
        return str(self._place.value(name))


def page(found: Sequence[tuple[CommandPath, Asked, list[str]]]) -> str:
    """The table."""
    head = """# Nothing leaves the device, nothing is written unasked

*Research software, not a medical device: not for diagnosis or treatment.*

Each command below ran under `strace`, with its threads and processes, in an empty home folder. It
may write what its command line names, and temporary files beside that or in the folder for such.
Its own processes may talk through pipes and pairs of sockets. Nothing else is allowed.

A socket is any call of the network, of `AF_UNIX` too. A stray file is one that was opened to be
written, made, renamed or removed elsewhere, or was tried to be. Devices such as `/dev/null` are no
files. Python's own bytecode, beside its modules, is not counted.

The options of the network open sockets. `pytest -m slow tests/guard/test_network.py` traces them:
they bind the address that was named, connect to the archive that was named, and to nothing else.

`pytest -m slow tests/guard` traces them all. Without `strace` they are skipped, and say so.
`python -m tests.guard.paths` writes this page.

| command | threads and processes | files written | sockets | stray files |
|---|---|---|---|---|
"""
    rows = [
        f"| {path.name} | {asked.processes} | {len(asked.written)} | {len(asked.sockets)} | "
        f"{len(stray)} |"
        for path, asked, stray in found
    ]
    return head + "\n".join(rows) + "\n"


def main() -> int:
    """Trace them all, and write the page."""
    if problem := why_not():
        print(problem, file=sys.stderr)
        return 2
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.write_phantoms()
        for path in PATHS:
            asked = place.run(path)
            stray = asked.stray(place.allowed(path))
            found.append((path, asked, stray))
            print(path.name, asked.status, asked.sockets, stray, file=sys.stderr)
            if not path.ended_well(asked.status):
                print(asked.said[-2000:], file=sys.stderr)
    PAGE.write_text(page(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
