"""The command line of `python -m benchmarks peers`."""

from pathlib import Path

from benchmarks.benchmark_options import PROG
from benchmarks.peers.systems import PEERS
from edge.console.option_rules import Rule
from edge.console.option_types import count, expression
from edge.console.parser import Parser

RULES = (Rule("--run", ("MODEL",)),)


def peers_parser(prog: str = PROG) -> Parser:
    """The command line of `peers`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} peers",
        usage="[MODEL ...] --data DIR [DIR ...] [options]",
        description="Install other packages that do the same job, each into an environment of its "
        "own, and compare them with the bundled model on the same scans: AUC, pictures that are no "
        "brain, size, time, memory, damaged files. "
        "The environments take about 3 GB, most of it TensorFlow; they are used again.",
        epilog="exit status: 0; 1 one of them could not be installed, or gave no answer; 2 wrong "
        "usage, or no usable data.",
        rules=RULES,
    )
    add = result.group("input")
    add("models", nargs="*", type=Path, metavar="MODEL", help="exported .tflite or .onnx files to "
        "compare as well (default: none)")  # fmt: skip
    add("--data", type=Path, nargs="+", required=True, metavar="DIR", help="labelled scans; what "
        "lies above a class folder is a source (required)")  # fmt: skip
    add("--positive", nargs="+", default=["yes"], metavar="NAME", help="class folders with a tumor "
        "(default: yes)")  # fmt: skip
    add("--negative", nargs="+", default=["no"], metavar="NAME", help="class folders without "
        "(default: no)")  # fmt: skip
    add("--leave-out", nargs="+", default=[], metavar="NAME", help="subfolders that are no class, "
        "and are not used (default: none; any other with scans is an error)")  # fmt: skip
    add("--not-brain", type=Path, metavar="DIR", help="pictures that are no brain, in a folder for "
        "each kind (default: none)")  # fmt: skip
    add("--seen", type=Path, nargs="+", default=[], metavar="DIR", help="scans that some were "
        "trained on: what looks like them is told apart (default: none)")  # fmt: skip
    add("--run", type=Path, nargs="+", default=[], metavar="DIR", help="runs of MODEL, whose "
        "training and validation scans are left out (default: none)")  # fmt: skip
    add("--patient-id", type=expression, metavar="REGEX", help="finds the patient in a file's name "
        "(default: each scan is of another)")  # fmt: skip
    add = result.group("who")
    add("--peers", nargs="+", choices=PEERS, default=list(PEERS), metavar="NAME", help="packages "
        f"to compare with: {', '.join(PEERS)} (default: all)")  # fmt: skip
    add("--environments", type=Path, metavar="DIR", help="folder for their environments; what is "
        "there is used again (default: environments, in --out)")  # fmt: skip
    add("--wheels", type=Path, metavar="DIR", help="folder where pip looks for packages as well "
        "(default: the index alone)")  # fmt: skip
    add = result.group("output")
    add("--out", type=Path, default=Path("reports"), metavar="DIR", help="folder for peers.md, "
        "peers.json and peers-scans.ndjson (default: reports)")  # fmt: skip
    add = result.group("how much")
    add("--per-source", type=count(), default=60, metavar="N", help="scans of a source with a "
        "tumor, and as many without, at most (default: 60)")  # fmt: skip
    add("--seed", type=count(0), default=0, metavar="N", help="number that draws the scans "
        "(default: 0)")  # fmt: skip
    add("--repeats", type=count(), default=7, metavar="N", help="rounds of cold starts "
        "(default: 7)")  # fmt: skip
    result.add_about()
    return result
