"""The command line of `python -m train`: every option, its default and its unit."""

from pathlib import Path

from edge.console.option_types import count, expression, number
from edge.console.parser import Parser
from train.data.data_argument import KAGGLE, PHANTOM
from train.learning_arguments import add_learning_arguments
from train.option_rules import RULES


class _Parser(Parser):
    """Needs scans, unless a finished run says which."""

    def parse_args(self, args=None, namespace=None):
        parsed = super().parse_args(args, namespace)
        if not parsed.data and not parsed.prune:
            self.error("the following arguments are required: --data")
        return parsed


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
    add_learning_arguments(result.group)
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
