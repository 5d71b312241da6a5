"""The command `python -m train`."""

import argparse
import datetime
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge import NOTICE, __version__
from train.errors import TrainError

PHANTOM = "phantom"
PHANTOM_FOLDER = Path("data")
# Parsed before Keras is imported, which takes seconds; a test compares it with the registry.
MODELS = ("cnn",)


def parser() -> argparse.ArgumentParser:
    """The command line, with defaults and units."""
    result = argparse.ArgumentParser(
        prog="python -m train",
        description=f"Fit a Keras model on folders of scans. {NOTICE}",
        epilog="Exit status: 0 done; 2 wrong usage or data that cannot be trained with; "
        "130 interrupted (nothing is left behind).",
        allow_abbrev=False,
    )
    add = result.add_argument
    add("--model", choices=MODELS, default="cnn", help="network (default: cnn)")
    add(
        "--data",
        required=True,
        metavar="DIR",
        help="folder with a subfolder of scans for each class (yes/ and no/, or any names with "
        f"--positive); or the word {PHANTOM}: generated head slices, nothing downloaded",
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
        help="run folder to write (default: runs/MODEL-DATA, numbered if taken)",
    )
    add("--overwrite", action="store_true", help="replace the run in --out")
    add("--epochs", type=_count, default=100, metavar="N", help="at most (default: 100)")
    add("--batch-size", type=_count, default=32, metavar="N", help="scans a step (default: 32)")
    add(
        "--learning-rate",
        type=_rate,
        default=1e-3,
        metavar="X",
        help="of Adam (default: 0.001)",
    )
    add(
        "--patience",
        type=_count,
        default=15,
        metavar="N",
        help="epochs without a better validation loss before stopping (default: 15)",
    )
    add("--no-augment", action="store_true", help="train on the scans as they are")
    add("--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)")
    add(
        "--phantoms",
        type=_count,
        default=600,
        metavar="N",
        help=f"how many to generate for --data {PHANTOM} (default: 600)",
    )
    add("--version", action="version", version=f"mri-edge {__version__}. {NOTICE}")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run `python -m train` and return its exit status."""
    args = parser().parse_args(argv)
    try:
        folder = _train(args)
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train: interrupted; nothing was written", file=sys.stderr)
        return 130
    print(f"Run: {folder}    next: python -m export {folder} --int8")
    return 0


def _train(args: argparse.Namespace) -> Path:
    from train import backend, data, run, split

    out = args.out or run.free_name(run.RUNS / f"{args.model}-{Path(args.data).name}")
    with run.writing(out, args.overwrite) as folder:
        source = _source(args)
        synthetic = _is_synthetic(source)
        classes = data.find_classes(source, args.positive, args.negative)
        files = data.find_files(source, classes)

        backend.start()
        from train.fit import FitOptions, fit
        from train.judge import judge
        from train.models import ARCHITECTURES
        from train.progress import EpochProgress, counting, say
        from train.report import SYNTHETIC, evaluate, write_report

        if synthetic:
            say(SYNTHETIC)
        architecture = ARCHITECTURES[args.model]
        with counting("reading scans", len(files)) as tick:
            found = data.read_scans(source, files, architecture.input, tick)
        for skipped in found.unreadable:
            say(f"skipped {skipped.reason}")
        truth = found.truth
        negative, positive = classes.labels
        say(
            f"{len(truth)} scans: {positive} {truth.sum()}, {negative} {(1 - truth).sum()}; "
            f"{len(found.unreadable)} unreadable and skipped"
        )
        parts = split.split(found.scans, args.seed)
        counts = split.counts(parts, classes.labels)
        for part, by_label in counts.items():
            say(f"  {part:10}  " + "  ".join(f"{k} {n}" for k, n in by_label.items()))
        train, validation, test = (split.indices(parts, part) for part in split.PARTS)
        options = FitOptions(
            architecture=args.model,
            epochs=args.epochs,
            batch_size=args.batch_size,
            learning_rate=args.learning_rate,
            patience=args.patience,
            augment=not args.no_augment,
            seed=args.seed,
        )
        fitted = fit(
            options,
            (found.pixels[train], truth[train]),
            (found.pixels[validation], truth[validation]),
            [EpochProgress(args.epochs)],
        )
        fitted.model.save(folder / run.MODEL)
        manifest = run.RunManifest(
            architecture=args.model,
            labels=classes.labels,
            positive=positive,
            input=architecture.input,
            decision=run.Decision(architecture.transform),
            training=run.Training(
                run=out.name,
                model_sha256=run.sha256_file(folder / run.MODEL),
                data=(source.resolve().name,),
                data_sha256=data.fingerprint(scan.sha256 for scan in found.scans),
                synthetic=synthetic,
                counts=counts,
                seed=args.seed,
                created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                versions=_versions(),
            ),
            options={
                key: [str(v) for v in value] if isinstance(value, list) else value
                for key, value in vars(args).items()
                if key not in ("out", "overwrite")
            },
        )
        run.write_json(folder / run.SPLIT, parts)
        evaluation = evaluate(
            truth[test],
            judge(fitted.model, manifest, found.pixels[test]),
            [parts[i].group for i in test],
            manifest.decision.threshold,
        )
        report = write_report(
            folder, manifest, evaluation, fitted.history, fitted.best_epoch, found.unreadable
        )
        run.write_json(folder / run.MANIFEST, manifest)
        print(report)
    return out


def _source(args: argparse.Namespace) -> Path:
    """The data folder; phantoms are generated if asked for."""
    if args.data != PHANTOM:
        return Path(args.data)
    from train.phantom import write_phantoms

    try:
        folder = PHANTOM_FOLDER / f"phantom-{args.phantoms}-seed{args.seed}"
        return write_phantoms(folder, args.phantoms, args.seed)
    except (ValueError, OSError) as error:
        raise TrainError(f"--data {PHANTOM}: {error}") from error


def _is_synthetic(folder: Path) -> bool:
    from train.phantom import is_synthetic

    return is_synthetic(folder)


def _versions() -> dict[str, str]:
    import keras

    found = {"mri-edge": __version__, "python": sys.version.split()[0]}
    found["keras backend"] = keras.backend.backend()
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "pillow"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _count(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most 1")
    return value
