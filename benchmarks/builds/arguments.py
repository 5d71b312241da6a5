"""The command line of `python -m benchmarks builds`."""

from pathlib import Path

from benchmarks.benchmark_options import PROG
from edge.console.option_types import count
from edge.console.parser import Parser


def builds_parser(prog: str = PROG) -> Parser:
    """The command line of `builds`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} builds",
        usage="DIR [DIR ...] [options]",
        description="Time this build from file to verdict, by stage, in turns with other builds "
        "and with what the libraries alone take for the same scans.",
        epilog="exit status: 0; 2 wrong usage, or a build that cannot be run.",
    )
    add = result.group("input")
    add("scans", nargs="+", type=Path, metavar="DIR", help="folders of scans, a table for each "
        "(required)")  # fmt: skip
    add(
        "--every",
        type=count(),
        default=1,
        metavar="N",
        help="number of scans of which one is taken (default: 1)",
    )
    add("--against", nargs="+", default=[], metavar="BUILD", help="other builds: a commit of this "
        "source tree, which is run with the libraries of this one, or the Python of an environment "
        "(default: none)")  # fmt: skip
    add("--model", type=Path, metavar="FILE", help="model of this build (default: the bundled one)")
    add = result.group("output")
    add("--out", type=Path, metavar="DIR", help="folder for a picture of the stages "
        "(default: none)")  # fmt: skip
    add = result.group("how much")
    add("--passes", type=count(), default=5, metavar="N", help="number of times that a "
        "build classifies each scan in each of its three turns (default: 5)")  # fmt: skip
    result.add_about()
    return result
