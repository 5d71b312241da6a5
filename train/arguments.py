"""The command line of `python -m train`: every option, its default and its unit."""

import argparse
from pathlib import Path

from edge import NOTICE, __version__
from edge.console.options import count, default_workers, expression, number
from train.data.sources import KAGGLE, PHANTOM

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
        help="one of --data; may be given several times: a fifth of the scans of all of these "
        "together is tested on besides --test-data",
    )
    add(
        "--boxes",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="YOLO text files (class cx cy w h, relative) named like the scans with a tumor, for "
        "--model compact and for --inspect; may be given several times",
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
        type=expression,
        metavar="REGEX",
        help="for --model compact: found in the paths (from the data folder's name on) of "
        "tumor-free scans that show no brain (necks, faces); the reject gate learns to refuse them",
    )
    patient = result.add_mutually_exclusive_group()
    patient.add_argument(
        "--patient-id",
        type=expression,
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
        "--workers",
        type=count(0),
        default=default_workers(),
        metavar="N",
        help="processes that prepare examples for --model compact while it learns; the result does "
        "not depend on it (default: half of the processor's cores, 8 at most)",
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
