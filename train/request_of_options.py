"""What the options of `python -m train` ask for, and the folders and facts that they name."""

import argparse
from pathlib import Path

from edge.console.suggestions import did_you_mean
from train.data.data_argument import PHANTOM, resolve
from train.errors import TrainError


def request_of(args: argparse.Namespace):
    """The `train.prepare_data.Request` of a command line.

    Raises:
        TrainError: a folder is not there, or folders contradict each other.
    """
    folders, test_folder = folders_of(args)
    facts = facts_of(args, [*folders, *([test_folder] if test_folder else [])])

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
        options=plain_options(args) | ({"facts": with_hashes(facts)} if facts else {}),
    )


def plain_options(args: argparse.Namespace) -> dict:
    """The options of a run, for its manifest."""

    def value(given):
        if isinstance(given, list):
            return [str(one) for one in given]
        return str(given) if isinstance(given, Path) else given

    left_out = ("out", "overwrite", "inspect", "resume", "workers")
    return {key: value(given) for key, given in vars(args).items() if key not in left_out}


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


def facts_of(args: argparse.Namespace, folders: list[Path]):
    """What source.toml says of the folders, less what options say.

    Raises:
        TrainError: facts are not there, or wrong.
    """
    from train.progress import say
    from train.source_facts.find import find_facts, without_replaced

    return without_replaced(find_facts(folders, args.sources), vars(args), say)


def folders_of(args: argparse.Namespace) -> tuple[list[Path], Path | None]:
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
