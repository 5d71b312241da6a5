"""The command lines of `python -m export`: every option, its default and its unit."""

from pathlib import Path

from edge.console.option_rules import Rule
from edge.console.option_types import count, number
from edge.console.parser import Parser
from edge.model_file.provenance import Provenance
from export.adopt.convention_names import COLORS, SCALINGS
from export.quantize.calibration_methods import AUTO, METHODS
from export.quantize.layer_search import DEFAULT_GROWTH
from export.quantize.representative_dataset import DEFAULT_SCANS
from export.signing.arguments import keygen_parser, sign_parser, verify_parser
from export.targets import FORMATS, PRECISIONS, table

_FOR_ONNX = "%s is for ONNX; leave --format out or give onnx"
RULES = (
    Rule(
        "--int8",
        excludes=tuple(f"--precision {name}" for name in PRECISIONS if name != "int8"),
        says="--int8 and --precision contradict each other; give one",
    ),
    *(
        Rule(option, excludes=("--format tflite",), says=_FOR_ONNX % option)
        for option in ("--batch dynamic", "--layout triton")
    ),
    *(
        Rule(
            option,
            ("--int8", "--precision int8", "no --precision"),
            says=f"{option} has no effect without int8; leave it out, or add int8 to --precision",
        )
        for option in ("--calibration", "--calibration-scans", "--max-growth")
    ),
    Rule(
        "--from",
        ("--data",),
        says="--from needs --data: labelled scans, to choose a threshold and to prove with",
    ),
    *(
        Rule(option, ("--from",), says=f"{option} is for --from; a run knows its own")
        for option in ("--scaling", "--color", "--order", "--negative")
    ),
)


def parser(prog: str = "python -m export") -> Parser:
    """The command line, with defaults and units."""
    result = Parser(
        "export",
        prog=prog,
        usage="[RUN] [options]\n[RUN] --from MODEL --data DIR [options]\ninspect FILE\n"
        "keygen KEY [options]\nsign MODEL ... --key FILE\n"
        "verify MODEL ... [options]",
        description="Turn a training run into .tflite and .onnx files that carry their manifest. "
        "A file is published only if its verdicts on held-out scans hold against Keras.",
        epilog="what can be exported, and how far it may stray from Keras on the held-out scans\n"
        "(at least one verdict may change where any may):\n" + table() + "\n\n"
        f"`{prog} inspect FILE` prints the manifest of an exported file; keygen, sign and\n"
        "verify are for signatures: each has a --help of its own.\n\n"
        "exit status: 0 all published; 1 at least one file did not hold and was not published;\n"
        "2 wrong usage, no usable run or data; 130 interrupted.",
        rules=RULES,
    )
    add = result.group("input")
    add(
        "run",
        nargs="?",
        type=Path,
        metavar="RUN",
        help="run folder; with --from, where to write it (default: newest in runs/; with --from, "
        "runs/NAME, numbered if taken)",
    )
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help="where the run's data folder is now, if moved; with --from, the folder with a "
        "subfolder of scans for each class (default: where it was)",
    )
    add = result.group("a model that was trained elsewhere")
    add(
        "--from",
        dest="source",
        type=Path,
        metavar="MODEL",
        help="make a run of it, and export that: a .keras, .h5, .onnx or float .tflite file, or a "
        "SavedModel folder (default: none)",
    )
    add(
        "--scaling",
        choices=SCALINGS,
        metavar="HOW",
        help="how it was trained to take pixels: "
        + "; ".join(f"{name}: {what}" for name, what in SCALINGS.items())
        + "; refused if another is clearly better on the scans (default: all are tried, and it is "
        "refused if not clear)",
    )
    add(
        "--color",
        choices=COLORS,
        metavar="ORDER",
        help="colours as it was trained to take them: rgb, bgr or grey (default: tried, as far as "
        "scans are coloured)",
    )
    add(
        "--order",
        nargs="+",
        default=[],
        metavar="NAME",
        help="labels of its outputs, in their order; of a single output, that of 0 and that of 1 "
        "(default: of two, both orders of the class folders are tried)",
    )
    add(
        "--negative",
        nargs="+",
        default=[],
        metavar="NAME",
        help="labels and subfolders that mean no tumor (default: no)",
    )
    add = result.group("output")
    add(
        "--out",
        type=Path,
        default=Path("dist"),
        metavar="DIR",
        help="folder for the files (default: dist)",
    )
    add(
        "--format",
        nargs="+",
        default=[],
        metavar="F",
        help=f"any of {', '.join(FORMATS)} (default: both)",
    )
    add(
        "--precision",
        nargs="+",
        default=[],
        metavar="P",
        help=f"any of {', '.join(PRECISIONS)} (default: those marked below; with --format, all)",
    )
    add(
        "--int8",
        action="store_true",
        help="the int8 files only; short for --precision int8 (default: no)",
    )
    add(
        "--batch",
        choices=("1", "dynamic"),
        default="1",
        help="scans of one call: 1, or any number, for ONNX on a server (default: 1)",
    )
    add(
        "--layout",
        choices=("files", "triton"),
        default="files",
        help="triton: also a model repository for NVIDIA Triton in OUT/triton, from the ONNX files "
        "(default: files)",
    )
    add(
        "--reference",
        action="store_true",
        help="also write OUT/RUN-reference.npz: Keras' outputs for the held-out scans, by which "
        "`python -m benchmarks` proves parity on a device without TensorFlow (default: no)",
    )
    add(
        "--licence",
        default=Provenance.licence,
        metavar="TEXT",
        help="under which the files may be used, for their manifests: that of a model follows from "
        "its data (default: says that it is unstated)",
    )
    add = result.group("int8")
    add(
        "--calibration",
        choices=(*METHODS, AUTO),
        default="min-max",
        help="how int8 ranges are chosen: "
        + "; ".join(f"{name}: {what}" for name, what in METHODS.items()).replace("%", "%%")
        + "; auto: the best of them on validation scans (default: min-max)",
    )
    add(
        "--calibration-scans",
        type=count(2),
        default=DEFAULT_SCANS,
        metavar="N",
        help=f"scans of the training part, half of each class (default: {DEFAULT_SCANS})",
    )
    add(
        "--max-growth",
        type=number(0, 10),
        default=DEFAULT_GROWTH,
        metavar="X",
        help="share that an int8 file may grow by with layers in float, if it does not hold on "
        f"validation scans without; 0: none stays in float (default: {DEFAULT_GROWTH:g})",
    )
    add = result.group("checks")
    add(
        "--max-changed",
        type=count(0),
        metavar="N",
        help="verdicts that may differ from Keras on the held-out scans (default: see below)",
    )
    add(
        "--max-difference",
        type=number(0, 1),
        metavar="X",
        help="difference allowed in any probability, 0 to 1 (default: see below)",
    )
    result.add_about()
    return result


def inspect_parser(prog: str = "python -m export") -> Parser:
    """The command line of `inspect`."""
    result = Parser(
        "export",
        prog=f"{prog} inspect",
        usage="FILE",
        description="Verify a model file and print its manifest in words.",
        epilog="exit status: 0 the file is whole; 2 wrong usage, or no usable file.",
    )
    add = result.group("input")
    add("file", metavar="FILE", type=Path, help=".tflite or .onnx file (required)")
    result.add_about()
    return result


COMMANDS = {
    "inspect": inspect_parser,
    "keygen": keygen_parser,
    "sign": sign_parser,
    "verify": verify_parser,
}
"""What may stand in RUN's place."""
