"""The command `python -m export`."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge import NOTICE, EdgeError, __version__
from edge.console.options import count, number
from edge.console.signals import stop_cleanly
from edge.model_file.provenance import Provenance
from export.errors import ExportError
from export.package.write_container import check_writable
from export.quantize.calibration_methods import AUTO, METHODS
from export.quantize.layer_search import DEFAULT_GROWTH
from export.quantize.representative_dataset import DEFAULT_SCANS
from export.targets import FORMATS, PRECISIONS, Target, select, table
from train.errors import TrainError

if TYPE_CHECKING:
    from export.pipeline import ExportInputs
    from export.prove.advice import Again


def parser() -> argparse.ArgumentParser:
    """The command line, with defaults and units."""
    result = argparse.ArgumentParser(
        prog="python -m export",
        description="Turn a training run into .tflite and .onnx files that carry their manifest. "
        "A file is published only if its verdicts on held-out scans hold against Keras. " + NOTICE,
        epilog="what can be exported, and how far it may stray from Keras on the held-out scans\n"
        "(at least one verdict may change where any may):\n" + table() + "\n\n"
        "`python -m export inspect FILE` prints the manifest of an exported file.\n\n"
        "Exit status: 0 all published; 1 at least one file did not hold and was not "
        "published; 2 wrong usage, no usable run or data.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = result.add_argument
    add("run", nargs="?", type=Path, metavar="RUN", help="run folder (default: newest in runs/)")
    add("--int8", action="store_true", help="the int8 files only; short for --precision int8")
    add("--format", nargs="+", default=[], metavar="F", help=f"any of {', '.join(FORMATS)}")
    add("--precision", nargs="+", default=[], metavar="P", help=f"any of {', '.join(PRECISIONS)}")
    add(
        "--batch",
        choices=("1", "dynamic"),
        default="1",
        help="scans of one call: 1, or any number, for ONNX on a server (default: 1)",
    )
    add(
        "--layout",
        choices=("files", "triton"),
        default="files",
        help="triton: also a model repository for NVIDIA Triton in OUT/triton, from the ONNX files "
        "(default: files)",
    )
    add("--out", type=Path, default=Path("dist"), metavar="DIR", help="(default: dist)")
    add("--data", type=Path, metavar="DIR", help="where the run's data folder is now, if moved")
    add(
        "--calibration-scans",
        type=count(2),
        default=DEFAULT_SCANS,
        metavar="N",
        help=f"of the training part, half of each class (default: {DEFAULT_SCANS})",
    )
    add(
        "--reference",
        action="store_true",
        help="also write OUT/RUN-reference.npz: Keras' outputs for the held-out scans, by which "
        "`python -m benchmarks` proves parity on a device without TensorFlow",
    )
    add(
        "--calibration",
        choices=(*METHODS, AUTO),
        default="min-max",
        help="how int8 ranges are chosen: "
        + "; ".join(f"{name}: {what}" for name, what in METHODS.items()).replace("%", "%%")
        + "; auto: the best of them on validation scans (default: min-max)",
    )
    add(
        "--max-growth",
        type=number(0, 10),
        default=DEFAULT_GROWTH,
        metavar="X",
        help="share that an int8 file may grow by with layers in float, if it does not hold on "
        f"validation scans without; 0: none stays in float (default: {DEFAULT_GROWTH:g})",
    )
    add(
        "--max-changed",
        type=count(0),
        metavar="N",
        help="verdicts that may differ from Keras on the held-out scans (default: see below)",
    )
    add(
        "--max-difference",
        type=number(0, 1),
        metavar="X",
        help="allowed in any probability, 0..1 (default: see below)",
    )
    add(
        "--licence",
        default=Provenance.licence,
        metavar="TEXT",
        help="under which the files may be used, for their manifests: that of a model follows from "
        "its data (default: says that it is unstated)",
    )
    add("--version", action="version", version=f"mri-edge {__version__}. {NOTICE}")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run `python -m export` and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["inspect"]:
        return _inspect(argv[1:])
    args = parser().parse_args(argv)
    stop_cleanly()
    try:
        return _export(args)
    except (TrainError, ExportError, EdgeError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"export: needs {error.name}; run: pip install 'mri-edge[export]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("export: interrupted; unproven files were removed", file=sys.stderr)
        return 130


def _export(args: argparse.Namespace) -> int:
    from train.hardware import backend
    from train.run.run_folder import newest_run, read_run

    run = read_run(args.run or newest_run())
    targets = _targets(args)
    try:
        check_writable(args.out)
    except OSError as error:
        raise ExportError(f"{args.out}: cannot be written ({error.strerror})") from error

    backend.start()
    from export.package.triton import write_repository
    from export.pipeline import Limits, Search, export_target, read_inputs
    from export.report import lines, write_report
    from train.reporting.report import SYNTHETIC

    def say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    say(f"exporting {run.folder}")
    dynamic = args.batch == "dynamic"
    inputs = read_inputs(run, args.data, args.calibration_scans, dynamic, args.licence)
    limits = Limits(args.max_changed, args.max_difference)
    methods = tuple(METHODS) if args.calibration == AUTO else (args.calibration,)
    seek = Search(methods, args.max_growth)
    outcomes = []
    try:
        for target in targets:
            outcome = export_target(inputs, target, args.out, limits, seek, say, _again(args, run))
            outcomes.append(outcome)
            if outcome.published and args.layout == "triton":
                say(f"{write_repository(args.out / outcome.file, args.out, dynamic)}: written")
        if args.reference:
            say(f"{_write_reference(inputs, args.out)}: written")
        write_report(args.out, run, outcomes)
    except OSError as error:
        raise ExportError(
            f"{args.out}: cannot be written ({error.strerror}); free some space or choose "
            "another --out"
        ) from error
    if run.manifest.training.synthetic:
        print(SYNTHETIC)
    for outcome in outcomes:
        print("\n".join(lines(outcome, args.out)))
    print(NOTICE)
    return 0 if all(outcome.published for outcome in outcomes) else 1


def _again(args: argparse.Namespace, run) -> "Again":
    """The command as it was given, with other options in place of its own."""
    from export.prove.advice import command

    given = {}
    for action in parser()._actions:
        name, value = action.option_strings[-1:], getattr(args, action.dest, action.default)
        if name and value != action.default and action.dest not in ("int8", "format", "precision"):
            given[name[0]] = "" if value is True else shlex.quote(str(value))
    return command(run.folder, given)


def _write_reference(inputs: "ExportInputs", out: Path) -> Path:
    """Raises `OSError`."""
    from edge.scan.decode import decode
    from edge.scan.preprocess import preprocess
    from export.prove.reference import reference, reference_name, write_reference

    run, files = inputs.run, inputs.test_files
    path = out / reference_name(run.name)
    made = reference(
        run.name,
        run.manifest.training.model_sha256,
        files,
        (preprocess(decode(file), run.manifest.input) for file in files),
        inputs.test_truth,
        inputs.keras_probabilities,
    )
    write_reference(path, made)
    return path


def _inspect(argv: list[str]) -> int:
    inspector = argparse.ArgumentParser(
        prog="python -m export inspect",
        description="Verify a model file and print its manifest in words. " + NOTICE,
        allow_abbrev=False,
    )
    inspector.add_argument("file", metavar="FILE", type=Path, help=".tflite or .onnx file")
    args = inspector.parse_args(argv)
    from export.package.describe import describe

    try:
        print(describe(args.file))
    except EdgeError as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    return 0


def _targets(args: argparse.Namespace) -> list[Target]:
    if args.int8 and args.precision and args.precision != ["int8"]:
        raise ExportError("--int8 and --precision contradict each other; give one")
    formats = args.format
    for option, wanted in (
        ("--batch dynamic", args.batch == "dynamic"),
        ("--layout triton", args.layout == "triton"),
    ):
        if wanted and formats and formats != ["onnx"]:
            raise ExportError(f"{option} is for ONNX; leave --format out or give onnx")
        if wanted:
            formats = ["onnx"]
    return select(formats, ["int8"] if args.int8 else args.precision)
