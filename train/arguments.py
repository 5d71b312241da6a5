"""The command line of `python -m train`: every option, its default and its unit."""

from pathlib import Path

from edge.console.option_rules import Rule
from edge.console.option_types import count, default_workers, expression, number
from edge.console.parser import Parser
from train.data.data_argument import KAGGLE, PHANTOM

# Parsed before Keras is imported, which takes seconds; a test compares them with the registry.
BACKBONES = ("vgg16", "vgg19", "inception_v3", "xception", "resnet50")
MODELS = ("cnn", "compact", *BACKBONES)
CROPS = ("none", "head", "reduced head")
DEVICES = ("one", "all")
PRECISIONS = ("float32", "mixed")

_PRUNING = ("--prune-to", "--prune-epochs", "--prune-max-changed")
_COMPACT = "--model compact"
_BACKBONE = tuple(f"--model {name}" for name in BACKBONES)
_LEARNS_NOTHING = "--model {model} learns nothing from %s; leave that out, or train --model compact"
_NO_BACKBONE = "--model {model} has no backbone; leave %s out, or train --model vgg16, for example"
# What was interrupted had its options already, and goes on with the same only.
_RESUMED = "--resume"
RULES = (
    Rule(
        "--inspect",
        takes=(
            *("--data", "--test-data", "--boxes", "--patient-id", "--patient-csv", "--labels"),
            *("--positive", "--negative", "--out", "--overwrite", "--seed", "--phantoms"),
            *("--sources", "--leave-out"),
        ),
    ),
    Rule(
        "--prune",
        takes=(
            *("--prune-to", "--prune-epochs", "--prune-max-changed", "--data", "--test-data"),
            *("--folds", "--out", "--overwrite", "--resume", "--devices", "--precision"),
        ),
    ),
    *(Rule(option, ("--prune",)) for option in _PRUNING),
    *(
        Rule(option, (_COMPACT, *more), unless=_RESUMED, says=_LEARNS_NOTHING % option)
        for option, *more in (
            *(("--boxes", "--inspect"), ("--teacher",)),
            ("--not-brain",),
        )
    ),
    Rule("--workers", (_COMPACT,)),
    Rule(
        "--warm-start",
        excludes=("--folds",),
        says="--warm-start takes no --folds: each scan would be tested on, those that it has seen "
        "as well; leave one out",
    ),
    Rule(
        "--warm-start",
        excludes=("--protocol article",),
        says="--warm-start takes no --protocol article, which starts anew; leave one out",
    ),
    Rule("--patience", excludes=(_COMPACT,), unless=_RESUMED),
    Rule("--no-augment", excludes=(_COMPACT,), unless=_RESUMED),
    *(
        Rule(option, _BACKBONE, unless=_RESUMED, says=_NO_BACKBONE % option)
        for option in ("--weights", "--unfreeze", "--copies")
    ),
    Rule("--copies", excludes=("--no-augment",), unless=_RESUMED),
    Rule("--fine-tune-rate", ("--unfreeze",), unless=_RESUMED),
    # Features of random weights are no start: then all of the network learns at once.
    *(
        Rule(option, excludes=("--unfreeze all & --weights none",), unless=_RESUMED)
        for option in ("--learning-rate", "--copies")
    ),
    Rule(
        "--hold-out",
        ("--test-data",),
        says="--hold-out needs --test-data; without it a fifth of all is held out",
    ),
    Rule(
        "--patient-id",
        excludes=("--patient-csv",),
        says="--patient-id and --patient-csv exclude each other; give one",
    ),
    Rule(
        "--types",
        ("--negative",),
        says="--types needs --negative: name the folders without a tumor",
    ),
    Rule("--leave-out", excludes=("--labels",)),
    Rule("--phantoms", (f"--data {PHANTOM}", f"--test-data {PHANTOM}"), unless=_RESUMED),
    Rule("--overwrite", ("--out",)),
    Rule(
        "--unseen-sources",
        excludes=("--teacher",),
        says="--unseen-sources takes no --teacher, which has seen the sources; leave one out",
    ),
    Rule(
        "--unseen-sources",
        excludes=("--folds",),
        says="--unseen-sources and --folds choose the band each in its own way; leave one out",
    ),
    *(Rule(option, ("--unseen-sources",)) for option in ("--max-cleared", "--max-alarms")),
)


class _Parser(Parser):
    """Needs scans, unless a finished run says which."""

    def parse_args(self, args=None, namespace=None):
        parsed = super().parse_args(args, namespace)
        if not parsed.data and not parsed.prune:
            self.error("the following arguments are required: --data")
        return parsed


def share(text: str) -> float:
    """A share below 1, which may be written as a factor: 0.2 or 0.2x."""
    return number(0, 0.99, above=True)(text.removesuffix("x"))


def parser(prog: str = "python -m train") -> Parser:
    """The command line, with defaults and units."""
    result = _Parser(
        "train",
        prog=prog,
        usage="--data DIR [options]\n--inspect --data DIR [options]\n--prune RUN [options]",
        description="Fit a Keras model on folders of scans.",
        epilog="exit status: 0 done; 2 wrong usage or data that cannot be trained with; "
        "130 interrupted\n(--resume goes on).",
        rules=RULES,
    )
    add = result.group("data")
    add(
        "--data",
        action="append",
        default=[],
        metavar="DIR",
        help="folder with a subfolder of scans for each class (yes/ and no/, or any names with "
        f"--positive); may be given several times; or the word {PHANTOM}: generated head slices, "
        f"nothing downloaded; or {KAGGLE}owner/name: a Kaggle data set, through kagglehub "
        "(required, but with --prune: the run's own)",
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
        "together is tested on besides --test-data (default: none)",
    )
    add(
        "--positive",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders with a tumor (default: yes)",
    )
    add(
        "--negative",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders without (default: no, or all others than those of --positive)",
    )
    add(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders, at every depth, that are no class and are not to be used (default: none; "
        "any other subfolder with scans is an error)",
    )
    add(
        "--types",
        action="store_true",
        help="tell the type of a tumor, too: each folder of --positive is one or, if none is "
        "named, each beside those of --negative (default: tumor or not alone)",
    )
    add(
        "--patient-id",
        type=expression,
        metavar="REGEX",
        help="finds the patient in a file name: the first group, or the whole match; scans of one "
        "patient stay in one part (default: known of DICOM files by a hash of PatientID)",
    )
    add(
        "--patient-csv",
        type=Path,
        metavar="FILE",
        help="the same from a CSV with the columns file and patient (default: patients are "
        "unknown)",
    )
    add(
        "--sources",
        type=Path,
        metavar="DIR",
        help="folder with facts of the data folders, NAME.toml for a folder of that name: classes, "
        "patients, boxes, licence and which sources may share patients; what options say counts "
        "more (default: source.toml in each data folder that has one)",
    )
    add(
        "--labels",
        type=Path,
        metavar="FILE",
        help="a CSV that says which scans have a tumor, with a column file (a path in the data "
        "folder, a file's name or a DICOM file's SOP Instance UID) and a column label; --positive "
        "and --negative then name labels (default: the folders that scans lie in say it)",
    )
    add(
        "--no-brain",
        type=expression,
        metavar="REGEX",
        help="found in the paths (from the data folder's name on) of files that are no MRI of a "
        "brain (necks, faces, CT); no network learns from them, and compact's reject gate learns "
        "to refuse them (default: none)",
    )
    add(
        "--phantoms",
        type=count(1),
        default=600,
        metavar="N",
        help=f"how many scans to generate for --data {PHANTOM} (default: 600)",
    )
    add = result.group("output")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder to write (default: runs/MODEL-DATA, or inspect/DATA with --inspect; numbered "
        "if taken)",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace what an earlier command left in --out (default: refuse)",
    )
    add(
        "--resume",
        action="store_true",
        help="go on with the interrupted run of the same command, from its last epoch (default: "
        "start anew)",
    )
    add = result.group("network")
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
    add = result.group("what --model compact learns from besides")
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
    add = result.group("fitting")
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
        default=1e-4,
        metavar="X",
        help="the same with --unfreeze, above 0 and at most 1 (default: 0.0001)",
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
    add = result.group("decision")
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
    add = result.group("speed")
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
    add = result.group("pruning")
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
        default=40,
        metavar="N",
        help="epochs of the distillation; 0: none (default: 40)",
    )
    add(
        "--prune-max-changed",
        type=number(0, 1),
        default=0.02,
        metavar="X",
        help="share of the validation scans, 0 to 1, whose verdict may change; at least one may, "
        "unless this is 0; with more the network is not kept (default: 0.02)",
    )
    add = result.group("checks")
    add(
        "--inspect",
        action="store_true",
        help="train nothing: count, find duplicates, label conflicts and overlaps between the "
        "folders, and measure how far the files' sizes and formats alone give the label away "
        "(default: train)",
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
        "--unseen-sources",
        type=count(1),
        metavar="EPOCHS",
        help="also judge each --data folder by a network that is fitted for so many epochs without "
        "it and all that may share its patients (source.toml), and widen the uncertain band until "
        "it holds there (default: none)",
    )
    add(
        "--max-cleared",
        type=number(0, 1),
        default=0.1,
        metavar="X",
        help="share of the tumors of an unseen source that may be called none, 0 to 1, on average "
        "over the sources (default: 0.1)",
    )
    add(
        "--max-alarms",
        type=number(0, 1),
        default=0.1,
        metavar="X",
        help="the same of its tumor-free scans that may be called a tumor (default: 0.1)",
    )
    add(
        "--protocol",
        choices=("honest", "article"),
        default="honest",
        help="article: beside the honest split also measure as the two articles did, which leaks "
        "(default: honest)",
    )
    result.add_about()
    return result
