"""The options of `python -m train` that say what learns, how, and how it decides."""

from collections.abc import Callable
from pathlib import Path

from edge.console.option_types import count, default_workers, number

# Parsed before Keras is imported, which takes seconds; a test compares them with the registry.
BACKBONES = ("vgg16", "vgg19", "inception_v3", "xception", "resnet50")
MODELS = ("cnn", "compact", *BACKBONES)
CROPS = ("none", "head", "reduced head")
DEVICES = ("one", "all")
PRECISIONS = ("float32", "mixed")


def share(text: str) -> float:
    """A share below 1, which may be written as a factor: 0.2 or 0.2x."""
    return number(0, 0.99, above=True)(text.removesuffix("x"))


def add_learning_arguments(group: Callable[[str], Callable]) -> None:
    """Those of the network, of fitting, of the decision, of speed and of pruning.

    Args:
        group: begins a group of options and returns its `add_argument`.
    """
    add = group("network")
    add(
        "--model",
        choices=MODELS,
        default="cnn",
        help="network: the first article's CNN, compact (the bundled model's), or the second "
        "article's head on a frozen backbone (default: cnn)",
    )
    add(
        "--crop",
        choices=CROPS,
        help="what of a scan the network is shown: none: all of it; head: the square around the "
        "head; 'reduced head': the same, seen in one small copy, in half the time (default: "
        "reduced head for compact, none for the others)",
    )
    add(
        "--weights",
        metavar="SOURCE",
        help="of the backbone: imagenet (Keras downloads them once and checks them), none (random "
        "ones), or a file that holds them, alone or in a whole model: .h5, .weights.h5, .keras, "
        ".npz or .onnx (default: imagenet)",
    )
    add(
        "--unfreeze",
        metavar="PREFIX",
        help="after the head, train on with the backbone from its first layer whose name starts "
        "so (block5, for example), or with all of it (default: it stays frozen)",
    )
    add(
        "--warm-start",
        type=Path,
        metavar="RUN",
        help="go on from the weights of this finished run of --model cnn or compact, in place of "
        "random ones; its folders must be among --data, and no scan that it has seen is tested on "
        "(default: start anew)",
    )
    add = group("what --model compact learns from besides")
    add(
        "--boxes",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="YOLO text files (class cx cy w h, relative) named like the scans with a tumor, for "
        "--model compact and for --inspect; may be given several times (default: none)",
    )
    add(
        "--teacher",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="finished runs that teach it: those with a map where a tumor without a box is, if "
        "they agree, the others how sure to be (default: none)",
    )
    add(
        "--not-brain",
        type=Path,
        metavar="DIR",
        help="folder of pictures that are no brain MRI, in a subfolder for each kind (chest, knee, "
        "photograph); the reject gate learns to refuse them, and is judged on sources and kinds "
        "that it never saw (default: it learns from generated pictures alone)",
    )
    add = group("fitting")
    add(
        "--epochs",
        type=count(1),
        default=100,
        metavar="N",
        help="epochs at most (default: 100)",
    )
    add("--batch-size", type=count(1), default=32, metavar="N", help="scans a step (default: 32)")
    add(
        "--learning-rate",
        type=number(0, 1, above=True),
        default=1e-3,
        metavar="X",
        help="step of Adam, above 0 and at most 1 (default: 0.001)",
    )
    add(
        "--fine-tune-rate",
        type=number(0, 1, above=True),
        metavar="X",
        help="the same with --unfreeze, above 0 and at most 1 (default: 0.00001; 0.0001 with "
        "--weights none)",
    )
    add(
        "--patience",
        type=count(1),
        default=15,
        metavar="N",
        help="epochs without a better validation loss before stopping; --model compact does not "
        "stop early (default: 15)",
    )
    add(
        "--copies",
        type=count(0),
        default=2,
        metavar="N",
        help="augmented copies of each scan that go through a frozen backbone, once (default: 2)",
    )
    add(
        "--no-augment",
        action="store_true",
        help="train on the scans as they are, however unequal the classes (default: augment)",
    )
    add(
        "--seed", type=count(0), default=0, metavar="N", help="number that everything random "
        "follows from (default: 0)",
    )  # fmt: skip
    add = group("decision")
    add(
        "--target-sensitivity",
        type=number(0.5, 1),
        default=0.95,
        metavar="X",
        help="share of tumors that the decision threshold is to find, 0.5 to 1 (default: 0.95)",
    )
    add(
        "--coverage",
        type=number(0.5, 1),
        default=0.9,
        metavar="X",
        help="share of scans that are to get a verdict, 0.5 to 1; the rest, nearest the threshold, "
        "are called uncertain; 1: none is (default: 0.9)",
    )
    add = group("speed")
    add(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="mixed: compute in bfloat16 or float16, as the hardware likes; a processor without "
        "instructions for bfloat16 takes several times as long; the saved model is in float32 "
        "(default: float32)",
    )
    add(
        "--devices",
        choices=DEVICES,
        default="one",
        help="all: data-parallel on every accelerator, of all hosts that "
        "KERAS_DISTRIBUTION_JOB_ADDRESSES names (default: one)",
    )
    add(
        "--workers",
        type=count(0),
        default=default_workers(),
        metavar="N",
        help="processes that prepare examples for --model compact while it learns; the result does "
        "not depend on it (default: half of the processor's cores, 8 at most)",
    )
    add = group("pruning")
    add(
        "--prune",
        type=Path,
        metavar="RUN",
        help="train nothing anew: remove whole channels from this finished run's network, fit what "
        "is left to its outputs and distil it, on its training part alone (default: train)",
    )
    add(
        "--prune-to",
        type=share,
        default=0.2,
        metavar="X",
        help="share of its multiply-adds that may stay, above 0 and at most 0.99: 0.2 or 0.2x; of "
        "an int8 file's size half as much again (default: 0.2)",
    )
    add(
        "--prune-epochs",
        type=count(0),
        default=20,
        metavar="N",
        help="epochs of the distillation, of 1,000 pictures at least; 0: none (default: 20)",
    )
    add(
        "--prune-max-changed",
        type=number(0, 1),
        default=0.02,
        metavar="X",
        help="share of the validation scans, 0 to 1, whose verdict may change; at least one may, "
        "unless this is 0; with more the network is not kept (default: 0.02)",
    )
