"""The command `python -m benchmarks`."""

import argparse
import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError
from edge import NOTICE, Classifier, EdgeError, __version__
from edge.engines import ENGINES
from edge.quiet import silenced
from export.container import check_writable, write_atomically
from train.errors import TrainError
from train.options import count, number
from train.signals import stop_cleanly


def parser() -> argparse.ArgumentParser:
    """The command line, with defaults and units."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure exported models: accuracy, latency, memory and start-up, against the "
        "Keras model they came from where it is at hand. " + NOTICE,
        epilog="Exit status: 0 all in line; 1 a model failed its self-test or strays further from "
        "Keras than it may (the rest is still measured); 2 wrong usage, no usable model or data.",
        allow_abbrev=False,
    )
    add = result.add_argument
    add("models", nargs="*", metavar="MODEL", help="files to measure (default: all in dist/)")
    add("--data", type=Path, metavar="DIR", help="labelled scans (default: the run's test part)")
    add("--positive", nargs="+", default=[], metavar="NAME", help="subfolders of --data with tumor")
    add("--negative", nargs="+", default=[], metavar="NAME", help="subfolders without (the others)")
    add("--run", type=Path, metavar="DIR", help="of the Keras model (default: as the model says)")
    add("--out", type=Path, default=Path("reports"), metavar="DIR", help="(default: reports)")
    add("--engine", choices=("auto", *ENGINES), default="auto", help="(default: auto)")
    add("--threads", type=count(1), default=1, metavar="N", help="of the engine (default: 1)")
    add(
        "--min-seconds",
        type=number(0, 3600),
        default=2.0,
        metavar="S",
        help="shortest time for each latency; at least 64 calls are timed (default: 2)",
    )
    add("--version", action="version", version=f"mri-edge {__version__}. {NOTICE}")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks` and return its exit status."""
    args = parser().parse_args(argv)
    stop_cleanly()
    try:
        return _benchmark(args)
    except (BenchmarkError, TrainError, EdgeError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("benchmarks: interrupted; no report was written", file=sys.stderr)
        return 130


def _benchmark(args: argparse.Namespace) -> int:
    from benchmarks.machine import this_machine
    from benchmarks.model_rows import agreement, check, measure_model
    from benchmarks.report import Measured, Report, markdown
    from benchmarks.scans import find_run, golden, held_out, labelled, probe
    from edge.decide import verdict
    from edge.provenance import provenance
    from edge.schema import to_json

    paths = args.models or sorted(
        str(path) for path in Path("dist").glob("*") if path.suffix in (".tflite", ".onnx")
    )
    if not paths:
        raise BenchmarkError("no model given and none in dist/; `python -m export` writes them")
    _check_writable(args.out)
    machine, failures = this_machine(), []
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        probe_file = probe(Path(scratch))
        for path in paths:
            _say(f"{path}: checking")
            try:
                with silenced():
                    classifier = Classifier(path, engine=args.engine, threads=args.threads)
                tested = check(classifier)
            except EdgeError as error:
                failures.append(str(error))
                continue
            if not tested.passed:
                failures.append(f"{path}: not measured: {tested}")
                continue
            run = find_run(classifier.manifest, args.run)
            if args.data:
                scans = labelled(args.data, args.positive, args.negative, run, _say)
            else:
                scans = run and held_out(run)
            scans = scans or golden(classifier.manifest, Path(scratch))
            _say(f"{path}: measuring on {len(scans.files)} scans: {scans.source}")
            row = measure_model(classifier, tested, scans, probe_file, args.min_seconds)
            measured.append((classifier, run, scans, row))
        keras, absent = _keras_references(measured, args.min_seconds)
    rows = []
    for classifier, run, scans, row in measured:
        manifest, reference, wanted = classifier.manifest, None, None
        if run and run.folder in keras:
            reference = keras[run.folder][scans.files]
            wanted = [verdict(p, manifest.decision) for p in reference.probabilities.tolist()]
        proof = next(iter(provenance(manifest).parity), None)
        found = agreement(
            row,
            scans.truth,
            manifest.decision.threshold,
            reference and (reference.probabilities, wanted),
            proof and proof.max_changed,
        )
        if found.changed is not None and proof and found.changed > proof.max_changed:
            failures.append(
                f"{row.file}: {found.changed} verdicts differ from Keras, {proof.max_changed} may"
            )
        name = provenance(manifest).training.run
        rows.append(Measured(name, scans.source, len(scans.files), scans.synthetic, row, found))
    report = Report(
        machine=machine,
        models=tuple(rows),
        keras={
            folder.name: next(iter(references.values())).rows
            for folder, references in keras.items()
        },
        keras_absent=absent,
        failures=tuple(failures),
    )
    if not rows:
        raise BenchmarkError("nothing was measured: " + "; ".join(failures))
    text = markdown(report)
    print(text)
    _write(args.out, text, json.dumps(to_json(report), indent=1) + "\n")
    print(f"Written: {args.out / 'report.md'}, {args.out / 'report.json'}")
    return 1 if failures else 0


def _keras_references(measured: list, min_seconds: float):
    """Keras' rows and outcomes by run folder and scans; and why some are absent, if some are.

    Measured after every engine, so that TensorFlow's threads do not disturb them.
    """
    found, absent = {}, None
    for classifier, run, scans, _ in measured:
        if run is None:
            absent = f"the run that {classifier.path} came from is not here (name it with --run)"
            continue
        if not find_spec("tensorflow") or not find_spec("keras"):
            absent = "TensorFlow is not installed, as on a device"
            continue
        references = found.setdefault(run.folder, {})
        if scans.files in references:
            continue
        from train import backend

        backend.start()
        from benchmarks.keras_rows import measure_keras

        _say(f"Keras model of {run.folder}: measuring")
        pixels = np.stack([classifier.pixels(file) for file in scans.files])
        references[scans.files] = measure_keras(run, pixels, min_seconds)
    return {folder: references for folder, references in found.items() if references}, absent


def _check_writable(folder: Path) -> None:
    try:
        check_writable(folder)
    except OSError as error:
        raise BenchmarkError(f"{folder}: cannot be written ({error.strerror})") from error


def _write(folder: Path, markdown_text: str, json_text: str) -> None:
    try:
        write_atomically(folder / "report.md", markdown_text.encode())
        write_atomically(folder / "report.json", json_text.encode())
    except OSError as error:
        raise BenchmarkError(
            f"{folder}: the report cannot be written ({error.strerror}); it stands above"
        ) from error


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
