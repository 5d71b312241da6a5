"""The command `python -m train`."""

import argparse
import os
import shlex
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from edge.console import command_frame
from edge.console.exit_status import WRONG
from edge.console.messages import say
from edge.console.shadowed_packages import command_of
from edge.console.signals import stop_cleanly
from train.arguments import parser
from train.data.data_argument import name_of
from train.errors import TrainError
from train.request_of_options import facts_of, folders_of, plain_options, request_of

INSPECTIONS = Path("inspect")
_NEEDED = ("keras", "sklearn", "scipy", "matplotlib", "imagehash", "h5py", "rich")
"""Packages of the extra `train` that every training and every inspection loads sooner or later."""


def main(argv: list[str] | None = None) -> int:
    """Run `python -m train` and return its exit status."""
    reached = _Reached()
    return command_frame.run(
        "train",
        lambda closed: _command(argv, reached),
        extra="train",
        interrupted=lambda: f"interrupted; {reached.left()}",
        failed=reached.left,
    )


class _Reached:
    """What a command that is stopped has left behind."""

    def __init__(self):
        self.args: argparse.Namespace | None = None
        self.out: Path | None = None

    @property
    def kept(self) -> bool:
        """Whether there is something to resume from at `out`."""
        from train.run import run_folder

        if self.args is None or self.args.inspect or self.out is None:
            return False
        return run_folder.is_interrupted(self.out)

    def left(self) -> str:
        """In words."""
        if self.kept:
            place = shlex.quote(str(self.out))
            return f"what it reached is kept: give the same command with --out {place} --resume"
        return "nothing was written"


def _command(argv: list[str] | None, reached: _Reached) -> int:
    args = reached.args = parser(command_of("train")).parse_args(argv)
    stop_cleanly()
    command_frame.need(_NEEDED)
    went_on, text = False, ""
    reached.out = args.out
    try:
        if args.inspect:
            print(f"Written: {_inspect(args)}/", file=sys.stderr)
            return 0
        reached.out = _out(args)
        went_on = reached.kept
        text = _train(args, reached.out)
    except TrainError as error:
        say(error)
        if not went_on and reached.kept:
            say(reached.left())
        return WRONG
    if text:
        print(text)
    place = shlex.quote(str(reached.out))
    print(f"Run: {reached.out}    next: {command_of('export')} {place} --int8")
    return 0


def _out(args: argparse.Namespace) -> Path:
    """The run's folder.

    Raises:
        TrainError: there is nothing to resume.
    """
    from train.run import run_folder

    if args.prune:
        wanted = run_folder.RUNS / f"{args.prune.resolve().name}-{args.prune_to:g}x"
    else:
        wanted = run_folder.RUNS / f"{args.model}-{name_of(args.data)}"
    if args.out:
        return args.out
    return run_folder.interrupted_name(wanted) if args.resume else run_folder.free_name(wanted)


def _train(args: argparse.Namespace, out: Path) -> str:
    """Train, and return the report, as Markdown; it is printed once the run is whole."""
    from train.run import run_folder

    if _is_helper():
        # Computes with the first process, which writes the run; its own files are thrown away.
        with tempfile.TemporaryDirectory() as folder:
            return _fit(
                args, out, Path(folder), run_folder.kept_folder(out) if args.resume else None
            )
    with run_folder.writing(out, args.overwrite, resume=args.resume) as folder:
        return _fit(args, out, folder, run_folder.kept_folder(out))


def _is_helper() -> bool:
    """Whether Keras' multi-host set-up says that this is not the first process."""
    return os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "0") != "0"


def _fit(args: argparse.Namespace, out: Path, folder: Path, kept: Path | None) -> str:
    request = _pruning(args) if args.prune else request_of(args)

    from train.hardware import devices
    from train.session import train

    return train(request, out.name, folder, devices.find(args.devices), kept)


def _pruning(args: argparse.Namespace):
    """The request of a run to prune, with the pruning.

    Raises:
        TrainError: that run cannot be read or pruned, or its scans are not there.
    """
    from train.run.run_folder import read_run

    run = read_run(args.prune)

    from train.hardware import backend

    backend.start()
    from train.pruning.parent import arguments_of
    from train.pruning.prune import PruneOptions

    options = PruneOptions(
        args.prune_to, args.prune_epochs, args.prune_max_changed, run, args.precision
    )
    before = arguments_of(run)
    if args.data:
        before.data = args.data
    if args.test_data:
        before.test_data = args.test_data
    request = request_of(before)
    return replace(
        request,
        pruning=options,
        split_folds=before.folds,
        folds=args.folds,
        protocol="honest",
        options=plain_options(args) | {"model": before.model, "seed": before.seed},
    )


def _inspect(args: argparse.Namespace) -> Path:
    from train.data.label_table import read_labels
    from train.inspection import inspection_report
    from train.inspection.contact_sheet import contact_sheet
    from train.inspection.inspect import inspect
    from train.run import run_folder
    from train.splitting import patients

    def known(scans):
        if args.patient_id:
            return patients.from_names(args.patient_id, scans)
        return patients.from_csv(args.patient_csv, scans)

    names = [*args.data, *([args.test_data] if args.test_data else [])]
    out = args.out or run_folder.free_name(INSPECTIONS / name_of(names))
    with run_folder.writing(out, args.overwrite, inspection_report.JSON) as folder:
        folders, test_folder = folders_of(args)
        every = [*folders, *([test_folder] if test_folder else [])]
        found = inspect(
            every,
            args.positive,
            args.negative,
            known if args.patient_id or args.patient_csv else None,
            args.seed,
            args.boxes,
            read_labels(args.labels) if args.labels else None,
            facts_of(args, every),
            args.leave_out,
        )
        run_folder.write_json(folder / inspection_report.JSON, inspection_report.to_json(found))
        sheet = contact_sheet(
            inspection_report.sheet_rows(found), inspection_report.boxes_by_file(found)
        )
        sheet.save(folder / inspection_report.SHEET)
        print(inspection_report.summary(found))
    return out
