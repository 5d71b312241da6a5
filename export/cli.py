"""The command `python -m export`."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge import NOTICE
from edge.console import command_frame
from edge.console.messages import printable
from edge.console.shadowed_packages import command_of
from edge.console.signals import stop_cleanly
from edge.console.suggestions import slip_of
from export.arguments import COMMANDS, parser
from export.errors import ExportError
from export.package.describe import describe
from export.package.write_container import check_writable, no_empty_folder
from export.quantize.calibration_methods import AUTO, METHODS
from export.targets import Target, select
from train.errors import TrainError

if TYPE_CHECKING:
    from export.export_inputs import ExportInputs
    from export.prove.advice import Again

_NEEDED = ("keras", "tensorflow")
"""Packages of the extra `export` without which nothing can be exported."""
_TO_ADOPT = ("onnx", "onnxruntime", "tf2onnx", "ai_edge_litert", "h5py", "imagehash")
_TO_ADOPT += ("sklearn", "scipy", "matplotlib", "rich")
"""The same of the extras `export` and `train`, where a model was trained elsewhere."""
_OF_ADOPTION = ("source", "scaling", "color", "order", "negative", "data")
"""Options that say how a run is made of a model."""


def main(argv: list[str] | None = None) -> int:
    """Run `python -m export` and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    return command_frame.run(
        "export",
        lambda closed: _command(argv, closed),
        errors=(TrainError, ExportError),
        extra="export",
        interrupted=lambda: "interrupted; unproven files were removed",
    )


def _command(argv: list[str], closed: frozenset[int]) -> int:
    prog = command_of("export")
    if argv and argv[0] in COMMANDS:
        args = COMMANDS[argv[0]](prog).parse_args(argv[1:])
        command_frame.need_output(closed)
        return _OTHERS[argv[0]](args)
    if meant := slip_of(argv, COMMANDS):
        raise ExportError(f"unknown command {argv[0]}; did you mean {meant}?")
    args = parser(prog).parse_args(argv)
    stop_cleanly()
    command_frame.need((*_NEEDED, *_TO_ADOPT) if args.source else _NEEDED)
    return _export(args)


def _inspect(args: argparse.Namespace) -> int:
    print(describe(args.file))
    return 0


def _keys():
    """`export.signing.keys`, if its package is there."""
    try:
        from export.signing import keys
    except ModuleNotFoundError as error:
        raise ExportError(f"needs {error.name}; run: pip install 'mri-edge[sign]'") from error
    return keys


def _keygen(args: argparse.Namespace) -> int:
    name = args.key.name if args.name is None else args.name
    public = _keys().make_key(args.key, name, args.passphrase_file, not args.no_passphrase)
    print(f"{public.file}: for the trust stores of devices; key id {public.key_id}")
    print(f"{args.key}: the private key; whoever has it can sign models in your name")
    return 0


def _sign(args: argparse.Namespace) -> int:
    from export.signing.sign import digest_of, sign_model

    # First, so that nobody types a passphrase for a file that is not there.
    digests = [digest_of(model) for model in args.model]
    key = _keys().load_key(args.key, args.passphrase_file)
    for model, digest in zip(args.model, digests, strict=True):
        print(printable(f"{sign_model(model, digest, key)}: signed by {key.key_id}"))
    return 0


def _verify(args: argparse.Namespace) -> int:
    from export.signing.sign import verify_models

    lines, good = verify_models(args.model, args.trust)
    print("\n".join(map(printable, lines)))
    return 0 if good else 1


_OTHERS = {"inspect": _inspect, "keygen": _keygen, "sign": _sign, "verify": _verify}
"""The commands but exporting itself."""


def _export(args: argparse.Namespace) -> int:
    with no_empty_folder(args.out):
        return _export_into(args)


def _export_into(args: argparse.Namespace) -> int:
    from train.hardware import backend
    from train.run.run_folder import newest_run, read_run

    targets = _targets(args)
    run = None if args.source else read_run(args.run or newest_run())
    try:
        check_writable(args.out)
    except OSError as error:
        raise ExportError(
            f"{args.out}: cannot be written ({error.strerror}); choose another --out"
        ) from error

    backend.start()
    data = args.data
    if args.source:
        run, data = read_run(_adopt(args)), None
    from export.export_inputs import read_inputs
    from export.export_pipeline import Limits, Search, export_target
    from export.export_report import lines, write_report
    from export.package.triton import write_repository
    from train.reporting.findings import SYNTHETIC

    def say(message: str) -> None:
        print(printable(message), file=sys.stderr, flush=True)

    say(f"exporting {run.folder}")
    dynamic = args.batch == "dynamic"
    inputs = read_inputs(run, data, args.calibration_scans, dynamic, args.licence)
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


def _adopt(args: argparse.Namespace) -> Path:
    """Make a run of a model that was trained elsewhere, and say what was found."""
    from export.adopt.adopt import Request, adopt
    from train.run import run_folder

    model = args.source
    out = args.run or run_folder.free_name(run_folder.RUNS / (model.stem or "model"))
    if out.exists():
        is_run = (out / run_folder.MANIFEST).is_file()
        again = f"`python -m export {shlex.quote(str(out))}` exports it, or " if is_run else ""
        raise ExportError(f"{out}: exists already; {again}name another folder for the run, or none")
    with run_folder.writing(out, overwrite=False) as folder:
        names = tuple(args.order), tuple(args.negative)
        request = Request(model, args.data, args.scaling, args.color, *names)
        text = adopt(request, out.name, folder)
    print(text)
    print(f"Run: {out}    Trained elsewhere: leaks cannot be excluded.")
    return out


def _again(args: argparse.Namespace, run) -> "Again":
    """The command as it was given, with other options in place of its own."""
    from export.prove.advice import command

    given = {}
    for action in parser()._actions:
        name, value = action.option_strings[-1:], getattr(args, action.dest, action.default)
        if args.source and action.dest in _OF_ADOPTION:
            continue  # the run is there now
        if name and value != action.default and action.dest not in ("int8", "format", "precision"):
            given[name[0]] = "" if value is True else shlex.quote(str(value))
    return command(run.folder, given)


def _write_reference(inputs: "ExportInputs", out: Path) -> Path:
    """Raises `OSError`."""
    from edge.scan.read_input import read_pixels
    from export.prove.reference import reference, reference_name, write_reference

    run, files = inputs.run, inputs.test_files
    path = out / reference_name(run.name)
    made = reference(
        run.name,
        run.manifest.training.model_sha256,
        files,
        (read_pixels(file, run.manifest.input) for file in files),
        inputs.test_truth,
        inputs.keras_probabilities,
        run.manifest.types.labels if run.manifest.types else (),
        inputs.keras_types,
    )
    write_reference(path, made)
    return path


def _targets(args: argparse.Namespace) -> list[Target]:
    only_onnx = args.batch == "dynamic" or args.layout == "triton"
    formats = ["onnx"] if only_onnx else args.format
    return select(formats, ["int8"] if args.int8 else args.precision)
