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
from edge.console.suggestions import did_you_mean
from train.arguments import parser
from train.data.data_argument import PHANTOM, name_of, resolve
from train.errors import TrainError

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
        options=_plain(args) | {"model": before.model, "seed": before.seed},
    )


def request_of(args: argparse.Namespace):
    """The `train.prepare_data.Request` of a command line.

    Raises:
        TrainError: a folder is not there, or folders contradict each other.
    """
    folders, test_folder = _folders(args)
    facts = _facts(args, [*folders, *([test_folder] if test_folder else [])])

    from train.hardware import backend
    from train.source_facts.find import useful_to, with_hashes

    backend.start()
    from train.fitting.fit_options import FitOptions, usual_fine_tune_rate
    from train.networks import pretrained_weights
    from train.networks.registry import ARCHITECTURES
    from train.prepare_data import Request, UnseenOptions

    transfers = ARCHITECTURES[args.model].backbone is not None
    source = args.weights or (pretrained_weights.IMAGENET if transfers else pretrained_weights.NONE)
    return Request(
        folders=tuple(folders),
        test_folder=test_folder,
        positive=args.positive,
        negative=args.negative,
        patient_id=args.patient_id,
        patient_csv=args.patient_csv,
        labels=args.labels,
        types=args.types,
        leave_out=tuple(args.leave_out),
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
            fine_tune_rate=args.fine_tune_rate or usual_fine_tune_rate(source),
            copies=args.copies,
            precision=args.precision,
            crop=args.crop,
            workers=args.workers,
            start=args.warm_start,
        ),
        folds=args.folds,
        protocol=args.protocol,
        target_sensitivity=args.target_sensitivity,
        coverage=args.coverage,
        hold_out=_held_out(args, folders),
        boxes=tuple(args.boxes),
        teachers=tuple(args.teacher),
        no_brain=args.no_brain,
        not_brain=args.not_brain,
        weights=pretrained_weights.describe(source) if transfers else None,
        unseen=args.unseen_sources
        and UnseenOptions(args.unseen_sources, args.max_cleared, args.max_alarms),
        facts=useful_to(facts, ARCHITECTURES[args.model].evidence),
        # With what they say, for a run tells what it was made from, and is resumed with the same.
        options=_plain(args) | ({"facts": with_hashes(facts)} if facts else {}),
    )


def _held_out(args: argparse.Namespace, folders: list[Path]) -> tuple[Path, ...]:
    """The folders of --hold-out.

    Raises:
        TrainError: one is not trained with.
    """
    known = {folder.resolve() for folder in folders}
    for name in args.hold_out:
        if Path(name).resolve() not in known:
            raise TrainError(f"--hold-out {name}: is none of --data")
    return tuple(map(Path, args.hold_out))


def _facts(args: argparse.Namespace, folders: list[Path]):
    """What source.toml says of the folders, less what options say.

    Raises:
        TrainError: facts are not there, or wrong.
    """
    from train.progress import say
    from train.source_facts.find import find_facts, without_replaced

    return without_replaced(find_facts(folders, args.sources), vars(args), say)


def _inspect(args: argparse.Namespace) -> Path:
    from train.data.label_table import read_labels
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
        every = [*folders, *([test_folder] if test_folder else [])]
        found = inspect.inspect(
            every,
            args.positive,
            args.negative,
            known if args.patient_id or args.patient_csv else None,
            args.seed,
            args.boxes,
            read_labels(args.labels) if args.labels else None,
            _facts(args, every),
            args.leave_out,
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
            if folder.exists():
                raise TrainError(f"{folder}: is no folder; name the one that holds the classes")
            raise TrainError(f"{folder}: no such folder{did_you_mean(str(folder), [PHANTOM])}")
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
