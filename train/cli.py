"""The command `python -m train`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from edge import NOTICE, __version__
from train.errors import TrainError
from train.options import count, number
from train.signals import stop_cleanly
from train.sources import KAGGLE, PHANTOM, name_of, resolve

INSPECTIONS = Path("inspect")
# Parsed before Keras is imported, which takes seconds; a test compares it with the registry.
MODELS = ("cnn", "compact", "vgg16", "vgg19", "inception_v3", "xception", "resnet50")
DEVICES = ("one", "all")
PRECISIONS = ("float32", "mixed")


def parser() -> argparse.ArgumentParser:
    """The command line, with defaults and units."""
    result = argparse.ArgumentParser(
        prog="python -m train",
        description=f"Fit a Keras model on folders of scans. {NOTICE}",
        epilog="Exit status: 0 done; 2 wrong usage or data that cannot be trained with; "
        "130 interrupted (--resume goes on).",
        allow_abbrev=False,
    )
    add = result.add_argument
    add(
        "--inspect",
        action="store_true",
        help="train nothing: count, find duplicates, label conflicts and overlaps between the "
        "folders, and measure how far the files' sizes and formats alone give the label away",
    )
    add(
        "--model",
        choices=MODELS,
        default="cnn",
        help="network: the first article's CNN, or the second article's head on a frozen backbone "
        "(default: cnn)",
    )
    add(
        "--data",
        required=True,
        action="append",
        metavar="DIR",
        help="folder with a subfolder of scans for each class (yes/ and no/, or any names with "
        f"--positive); may be given several times; or the word {PHANTOM}: generated head slices, "
        f"nothing downloaded; or {KAGGLE}owner/name: a Kaggle data set, through kagglehub",
    )
    add(
        "--test-data",
        metavar="DIR",
        help="test on all scans of this folder, as --data; scans to train with that duplicate one "
        "of them are dropped (default: a fifth of --data is held out)",
    )
    add(
        "--hold-out",
        action="append",
        default=[],
        metavar="DIR",
        help="one of --data, of which a fifth is tested on besides --test-data",
    )
    add(
        "--boxes",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="YOLO text files (class cx cy w h, relative) named like the scans with a tumor, for a "
        "model with a map of evidence and for --inspect; may be given several times",
    )
    add(
        "--teacher",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="for --model compact: finished runs that teach it: those with a map where a tumor "
        "without a box is, if they agree, the others how sure to be",
    )
    add(
        "--no-brain",
        metavar="REGEX",
        help="for --model compact: found in the paths of tumor-free scans to train with that show "
        "no brain (necks, faces); the reject gate learns to refuse them",
    )
    patient = result.add_mutually_exclusive_group()
    patient.add_argument(
        "--patient-id",
        metavar="REGEX",
        help="finds the patient in a file name: the first group, or the whole match; scans of one "
        "patient stay in one part (default: patients are unknown)",
    )
    patient.add_argument(
        "--patient-csv",
        type=Path,
        metavar="FILE",
        help="the same from a CSV with the columns file and patient",
    )
    add("--positive", nargs="+", default=[], metavar="NAME", help="subfolders with a tumor")
    add(
        "--negative",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders without (default: all others)",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder to write (default: runs/MODEL-DATA, or inspect/DATA with --inspect; numbered "
        "if taken)",
    )
    add("--overwrite", action="store_true", help="replace what an earlier command left in --out")
    add(
        "--resume",
        action="store_true",
        help="go on with the interrupted run of the same command, from its last epoch",
    )
    add("--epochs", type=count(1), default=100, metavar="N", help="at most (default: 100)")
    add("--batch-size", type=count(1), default=32, metavar="N", help="scans a step (default: 32)")
    add(
        "--learning-rate",
        type=number(0, 1, above=True),
        default=1e-3,
        metavar="X",
        help="of Adam (default: 0.001)",
    )
    add(
        "--patience",
        type=count(1),
        default=15,
        metavar="N",
        help="epochs without a better validation loss before stopping (default: 15)",
    )
    add(
        "--weights",
        metavar="SOURCE",
        help="of the backbone: imagenet (Keras downloads them once and checks them), none (random "
        "ones), or a file: .h5 in Keras' no-top layout, or .npz (default: imagenet)",
    )
    add(
        "--unfreeze",
        metavar="PREFIX",
        help="after the head, train on with the backbone from its first layer whose name starts "
        "so (block5, for example), or with all of it (default: it stays frozen)",
    )
    add(
        "--fine-tune-rate",
        type=number(0, 1, above=True),
        default=1e-4,
        metavar="X",
        help="learning rate of --unfreeze (default: 0.0001)",
    )
    add(
        "--copies",
        type=count(0),
        default=2,
        metavar="N",
        help="augmented copies of each scan that go through a frozen backbone, once (default: 2)",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="mixed: compute in bfloat16 or float16, as the hardware likes; the saved model is in "
        "float32 (default: float32)",
    )
    add(
        "--devices",
        choices=DEVICES,
        default="one",
        help="all: data-parallel on every accelerator, of all hosts that "
        "KERAS_DISTRIBUTION_JOB_ADDRESSES names (default: one)",
    )
    add(
        "--no-augment",
        action="store_true",
        help="train on the scans as they are, however unequal the classes",
    )
    add(
        "--folds",
        type=count(2),
        metavar="K",
        help="also judge every scan of --data by a model that saw no copy of it: K-fold "
        "cross-validation, grouped and pooled; the run keeps the first fold's model "
        "(default: none, one held-out part)",
    )
    add(
        "--protocol",
        choices=("honest", "article"),
        default="honest",
        help="article: beside the honest split also measure as the two articles did, which leaks "
        "(default: honest)",
    )
    add(
        "--target-sensitivity",
        type=number(0.5, 1),
        default=0.95,
        metavar="X",
        help="share of tumors that the decision threshold is to find (default: 0.95)",
    )
    add(
        "--coverage",
        type=number(0.5, 1),
        default=0.9,
        metavar="X",
        help="share of scans that are to get a verdict; the rest, nearest the threshold, are "
        "called uncertain; 1: none is (default: 0.9)",
    )
    add("--seed", type=count(0), default=0, metavar="N", help="of everything random (default: 0)")
    add(
        "--phantoms",
        type=count(1),
        default=600,
        metavar="N",
        help=f"how many to generate for --data {PHANTOM} (default: 600)",
    )
    add("--version", action="version", version=f"mri-edge {__version__}. {NOTICE}")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run `python -m train` and return its exit status."""
    args = parser().parse_args(argv)
    stop_cleanly()
    out = args.out
    try:
        if args.inspect:
            print(f"Written: {_inspect(args)}/", file=sys.stderr)
            return 0
        out = _out(args)
        _train(args, out)
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
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
        return 130
    print(f"Run: {out}    next: python -m export {out} --int8")
    return 0


def _out(args: argparse.Namespace) -> Path:
    """The run's folder.

    Raises:
        TrainError: there is nothing to resume.
    """
    from train import run

    wanted = run.RUNS / f"{args.model}-{name_of(args.data)}"
    if args.out:
        return args.out
    return run.interrupted_name(wanted) if args.resume else run.free_name(wanted)


def _left(args: argparse.Namespace, out: Path | None) -> str:
    """What a command that was stopped has left behind, in words."""
    from train import run

    if not args.inspect and out and run.is_interrupted(out):
        return f"what it reached is kept: give the same command with --out {out} --resume"
    return "nothing was written"


def _train(args: argparse.Namespace, out: Path) -> None:
    from train import run

    if _is_helper():
        # Computes with the first process, which writes the run; its own files are thrown away.
        with tempfile.TemporaryDirectory() as folder:
            _fit(args, out, Path(folder), run.kept_folder(out) if args.resume else None)
        return
    with run.writing(out, args.overwrite, resume=args.resume) as folder:
        _fit(args, out, folder, run.kept_folder(out))


def _is_helper() -> bool:
    """Whether Keras' multi-host set-up says that this is not the first process."""
    return os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "0") != "0"


def _fit(args: argparse.Namespace, out: Path, folder: Path, kept: Path | None) -> None:
    folders, test_folder = _folders(args)

    from train import backend

    backend.start()
    from train import devices, weights
    from train.fit import FitOptions
    from train.models import ARCHITECTURES
    from train.session import Request, train

    transfers = ARCHITECTURES[args.model].backbone is not None
    source = args.weights or (weights.IMAGENET if transfers else weights.NONE)
    request = Request(
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
        ),
        folds=args.folds,
        protocol=args.protocol,
        target_sensitivity=args.target_sensitivity,
        coverage=args.coverage,
        hold_out=_held_out(args, folders),
        boxes=tuple(args.boxes),
        teachers=tuple(args.teacher),
        no_brain=args.no_brain,
        weights=weights.describe(source) if transfers else None,
        options=_plain(args),
    )
    print(train(request, out.name, folder, devices.find(args.devices), kept))


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
    from train import inspect, patients, run
    from train.contact_sheet import contact_sheet

    def known(scans):
        if args.patient_id:
            return patients.from_names(args.patient_id, scans)
        return patients.from_csv(args.patient_csv, scans)

    names = [*args.data, *([args.test_data] if args.test_data else [])]
    out = args.out or run.free_name(INSPECTIONS / name_of(names))
    with run.writing(out, args.overwrite, inspect.JSON) as folder:
        folders, test_folder = _folders(args)
        found = inspect.inspect(
            [*folders, *([test_folder] if test_folder else [])],
            args.positive,
            args.negative,
            known if args.patient_id or args.patient_csv else None,
            args.seed,
            args.boxes,
        )
        run.write_json(folder / inspect.JSON, inspect.to_json(found))
        sheet = contact_sheet(inspect.sheet_rows(found), inspect.boxes_by_file(found))
        sheet.save(folder / inspect.SHEET)
        print(inspect.summary(found))
    return out


def _folders(args: argparse.Namespace) -> tuple[list[Path], Path | None]:
    """The folders to train with and the test folder, generated or downloaded if asked for.

    Raises:
        TrainError: one is not there, or is given twice.
    """
    folders = [resolve(name, args.phantoms, args.seed) for name in args.data]
    test = resolve(args.test_data, args.phantoms, args.seed) if args.test_data else None
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

    left_out = ("out", "overwrite", "inspect", "resume")
    return {key: value(given) for key, given in vars(args).items() if key not in left_out}
