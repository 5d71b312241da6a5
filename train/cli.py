"""The command `python -m train`."""

import argparse
import os
import shlex
import sys
import tempfile
from pathlib import Path

from edge.console.signals import stop_cleanly
from train.arguments import parser
from train.data.sources import name_of, resolve
from train.errors import TrainError

INSPECTIONS = Path("inspect")
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 and the number of the signal."""


def main(argv: list[str] | None = None) -> int:
    """Run `python -m train` and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be valid text
    args = parser().parse_args(argv)
    stop_cleanly()
    out, went_on = args.out, False
    try:
        if args.inspect:
            print(f"Written: {_inspect(args)}/", file=sys.stderr)
            return 0
        out = _out(args)
        went_on = _is_kept(args, out)
        _train(args, out)
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
        if not went_on and _is_kept(args, out):
            print(f"train: {_left(args, out)}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"train: needs {error.name}; run: pip install 'mri-edge[train]'", file=sys.stderr)
        return 2
    except OSError as error:
        place = error.filename or out or "the output folder"
        print(f"train: {place}: {error.strerror or error}; {_left(args, out)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"train: interrupted; {_left(args, out)}", file=sys.stderr)
        return INTERRUPTED
    place = shlex.quote(str(out))
    print(f"Run: {out}    next: python -m export {place} --int8")
    return 0


def _out(args: argparse.Namespace) -> Path:
    """The run's folder.

    Raises:
        TrainError: there is nothing to resume.
    """
    from train.run import run_folder

    wanted = run_folder.RUNS / f"{args.model}-{name_of(args.data)}"
    if args.out:
        return args.out
    return run_folder.interrupted_name(wanted) if args.resume else run_folder.free_name(wanted)


def _left(args: argparse.Namespace, out: Path | None) -> str:
    """What a command that was stopped has left behind, in words."""
    if _is_kept(args, out):
        place = shlex.quote(str(out))
        return f"what it reached is kept: give the same command with --out {place} --resume"
    return "nothing was written"


def _is_kept(args: argparse.Namespace, out: Path | None) -> bool:
    """Whether there is something to resume from at `out`."""
    from train.run import run_folder

    return not args.inspect and out is not None and run_folder.is_interrupted(out)


def _train(args: argparse.Namespace, out: Path) -> None:
    from train.run import run_folder

    if _is_helper():
        # Computes with the first process, which writes the run; its own files are thrown away.
        with tempfile.TemporaryDirectory() as folder:
            _fit(args, out, Path(folder), run_folder.kept_folder(out) if args.resume else None)
        return
    with run_folder.writing(out, args.overwrite, resume=args.resume) as folder:
        _fit(args, out, folder, run_folder.kept_folder(out))


def _is_helper() -> bool:
    """Whether Keras' multi-host set-up says that this is not the first process."""
    return os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "0") != "0"


def _fit(args: argparse.Namespace, out: Path, folder: Path, kept: Path | None) -> None:
    request = request_of(args)

    from train.hardware import devices
    from train.session import train

    print(train(request, out.name, folder, devices.find(args.devices), kept))


def request_of(args: argparse.Namespace):
    """The `train.prepare_data.Request` of a command line.

    Raises:
        TrainError: a folder is not there, folders contradict each other, or an option would have no
            effect.
    """
    folders, test_folder = _folders(args)

    from train.hardware import backend

    backend.start()
    from train.fitting.fit_options import FitOptions
    from train.networks import pretrained_weights
    from train.networks.registry import ARCHITECTURES
    from train.prepare_data import Request

    transfers = ARCHITECTURES[args.model].backbone is not None
    source = args.weights or (pretrained_weights.IMAGENET if transfers else pretrained_weights.NONE)
    # What was interrupted had them already, and goes on with the same options only.
    if not (ARCHITECTURES[args.model].evidence or args.resume):
        _check_of_use(args)
    return Request(
        folders=tuple(folders),
        test_folder=test_folder,
        positive=args.positive,
        negative=args.negative,
        patient_id=args.patient_id,
        patient_csv=args.patient_csv,
        fit=FitOptions(
            architecture=args.model,
            epochs=args.epochs,
            batch_size=args.batch_size,
            learning_rate=args.learning_rate,
            patience=args.patience,
            augment=not args.no_augment,
            seed=args.seed,
            weights=source,
            unfreeze=args.unfreeze,
            fine_tune_rate=args.fine_tune_rate,
            copies=args.copies,
            precision=args.precision,
            workers=args.workers,
        ),
        folds=args.folds,
        protocol=args.protocol,
        target_sensitivity=args.target_sensitivity,
        coverage=args.coverage,
        hold_out=_held_out(args, folders),
        boxes=tuple(args.boxes),
        teachers=tuple(args.teacher),
        no_brain=args.no_brain,
        weights=pretrained_weights.describe(source) if transfers else None,
        options=_plain(args),
    )


def _check_of_use(args: argparse.Namespace) -> None:
    """See that no option is given that a network without a map of evidence takes no notice of."""
    given = {"--boxes": args.boxes, "--teacher": args.teacher, "--no-brain": args.no_brain}
    useless = [option for option, value in given.items() if value]
    if useless:
        raise TrainError(
            f"--model {args.model} learns nothing from {' and '.join(useless)}; leave that out, or "
            "train --model compact"
        )


def _held_out(args: argparse.Namespace, folders: list[Path]) -> tuple[Path, ...]:
    """The folders of --hold-out.

    Raises:
        TrainError: there is no test set that they could join, or one is not trained with.
    """
    if args.hold_out and not args.test_data:
        raise TrainError("--hold-out needs --test-data; without it a fifth of all is held out")
    known = {folder.resolve() for folder in folders}
    for name in args.hold_out:
        if Path(name).resolve() not in known:
            raise TrainError(f"--hold-out {name}: is none of --data")
    return tuple(map(Path, args.hold_out))


def _inspect(args: argparse.Namespace) -> Path:
    from train.inspection import inspect
    from train.inspection.contact_sheet import contact_sheet
    from train.run import run_folder
    from train.splitting import patients

    def known(scans):
        if args.patient_id:
            return patients.from_names(args.patient_id, scans)
        return patients.from_csv(args.patient_csv, scans)

    names = [*args.data, *([args.test_data] if args.test_data else [])]
    out = args.out or run_folder.free_name(INSPECTIONS / name_of(names))
    with run_folder.writing(out, args.overwrite, inspect.JSON) as folder:
        folders, test_folder = _folders(args)
        found = inspect.inspect(
            [*folders, *([test_folder] if test_folder else [])],
            args.positive,
            args.negative,
            known if args.patient_id or args.patient_csv else None,
            args.seed,
            args.boxes,
        )
        run_folder.write_json(folder / inspect.JSON, inspect.to_json(found))
        sheet = contact_sheet(inspect.sheet_rows(found), inspect.boxes_by_file(found))
        sheet.save(folder / inspect.SHEET)
        print(inspect.summary(found))
    return out


def _folders(args: argparse.Namespace) -> tuple[list[Path], Path | None]:
    """The folders to train with and the test folder, generated or downloaded if asked for.

    Raises:
        TrainError: one is not there, or is given twice.
    """
    from train.progress import say

    folders = [resolve(name, args.phantoms, args.seed, say) for name in args.data]
    test = resolve(args.test_data, args.phantoms, args.seed, say) if args.test_data else None
    for folder in [*folders, *([test] if test else [])]:
        if not folder.is_dir():
            raise TrainError(f"{folder}: no such folder")
    real = [folder.resolve() for folder in folders]
    for folder in real:
        if real.count(folder) > 1:
            raise TrainError(f"{folder}: is given twice as --data; give each folder once")
    if test and test.resolve() in real:
        raise TrainError(
            f"{test}: is both --data and --test-data, so every test scan would be trained on; "
            "give a test set from elsewhere, or leave --test-data out"
        )
    return folders, test


def _plain(args: argparse.Namespace) -> dict:
    """The options of a run, for its manifest."""

    def value(given):
        if isinstance(given, list):
            return [str(one) for one in given]
        return str(given) if isinstance(given, Path) else given

    left_out = ("out", "overwrite", "inspect", "resume", "workers")
    return {key: value(given) for key, given in vars(args).items() if key not in left_out}
