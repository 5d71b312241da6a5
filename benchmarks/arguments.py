"""The command lines of `python -m benchmarks` and of its commands."""

from pathlib import Path

from benchmarks.benchmark_options import PROG, Options
from benchmarks.builds.arguments import builds_parser
from benchmarks.peers.arguments import peers_parser
from benchmarks.report.readme import REPORT
from benchmarks.scale.arguments import scale_parser
from benchmarks.throughput_arguments import throughput_parser
from benchmarks.timing.single_stream import P99_QUERIES
from edge.console.option_rules import Rule
from edge.console.option_types import count, number
from edge.console.parser import Parser
from edge.inference.engines import ENGINES

RULES = (
    *(
        Rule(option, ("--data",), says=f"{option} belongs to --data")
        for option in ("--positive", "--negative", "--leave-out")
    ),
    Rule("--max-regression", ("--baseline",)),
)


def parser(prog: str = PROG) -> Parser:
    """The command line of the measurement itself, with defaults and units."""
    result = Parser(
        "benchmarks",
        prog=prog,
        usage="[MODEL ...] [options]\n" + "\n".join(f"{name} --help" for name in COMMANDS),
        description="Measure exported models: accuracy, latency, memory and start-up, in "
        "interleaved rounds with the Keras model they came from where it is at hand.",
        epilog="commands:\n"
        + "\n".join(f"  {name:21} {what}" for name, (_, what) in COMMANDS.items())
        + "\n\nexit status: 0 all in line; 1 a model failed its self-test, a limit of the gate or "
        "--max-regression\n(the rest is still measured); 2 wrong usage, no usable model or data, "
        "or a baseline with nothing in\ncommon; 130 interrupted (what was measured is reported as "
        "partial).",
        rules=RULES,
    )
    default = Options()
    add = result.group("input")
    add(
        "models",
        nargs="*",
        metavar="MODEL",
        help="files to measure (default: all in dist/; if there are none, the bundled model)",
    )
    add("--data", type=Path, metavar="DIR", help="labelled scans (default: the run's test part)")
    add(
        "--positive",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders of --data with a tumor (default: yes)",
    )
    add(
        "--negative",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders of --data without (default: no, or all others than those of --positive)",
    )
    add(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="NAME",
        help="subfolders of --data that are no class, and are not used (default: none; any other "
        "with scans is an error)",
    )
    add(
        "--run",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="runs of the Keras models (default: as the models say)",
    )
    add(
        "--reference",
        type=Path,
        metavar="FILE",
        help="Keras' outputs, for where Keras is not (default: the one beside the model)",
    )
    add = result.group("output")
    add(
        "--out",
        type=Path,
        default=Path("reports"),
        metavar="DIR",
        help="folder for the report (default: reports)",
    )
    add = result.group("what is timed, and for how long")
    add(
        "--engine",
        choices=("all", *ENGINES),
        default="all",
        help="inference engine (default: all installed)",
    )
    add(
        "--threads",
        type=count(1),
        nargs="+",
        default=list(default.threads),
        metavar="N",
        help="threads of the engine, swept; whole calls and processes have the first (default: 1)",
    )
    add(
        "--min-seconds",
        type=number(0, 3600),
        metavar="S",
        help="shortest time for each latency, in seconds; at least 64 calls are timed "
        f"(default: {default.min_seconds:g})",
    )
    add(
        "--p99",
        action="store_true",
        help=f"time at least {P99_QUERIES} calls, for every p99 (default: 64)",
    )
    add(
        "--quick",
        action="store_true",
        help="64 calls each, no throughput, no floors (default: all of it)",
    )
    add = result.group("limits")
    for option, value, what in (
        (
            "--gate",
            True,
            "exit status 1 if decisions, sensitivity or the latency ratio are out of line with "
            "Keras, or were compared over no labelled scan (default: on where Keras or a reference "
            "file is)",
        ),
        ("--no-gate", False, "never that (default: see --gate)"),
    ):
        add(option, dest="gate", action="store_const", const=value, help=what)
    add(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="an earlier report.json to compare with (default: none)",
    )
    add(
        "--max-regression",
        type=_percent,
        default=0.05,
        metavar="P%",
        help="slower than --baseline by more fails, in percent (default: 5%%)",
    )
    result.add_about()
    return result


def merge_parser(prog: str = PROG) -> Parser:
    """The command line of `merge`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} merge",
        usage="REPORT ...",
        description="Join reports of several machines into one table, one column a machine, as "
        "Markdown on standard output.",
        epilog="exit status: 0; 2 wrong usage, or no usable report.",
    )
    add = result.group("input")
    add("reports", nargs="+", type=Path, metavar="REPORT", help="report.json files (required)")
    result.add_about()
    return result


def transfer_parser(prog: str = PROG) -> Parser:
    """The command line of `transfer`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} transfer",
        usage="[options]",
        description="Measure what caching the features of a frozen backbone saves.",
        epilog="exit status: 0; 1 it saves less than the project promises, or the heads differ; "
        "2 wrong usage.",
    )
    add = result.group("what is timed")
    add("--model", default="vgg16", metavar="NAME", help="network with a backbone (default: vgg16)")
    add(
        "--scans",
        type=count(6),
        default=253,
        metavar="N",
        help="scans, generated; a third of them validates (default: 253, the articles')",
    )
    result.add_about()
    return result


def readme_parser(prog: str = PROG) -> Parser:
    """The command line of `readme`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} readme",
        usage="[REPORT] [--write]",
        description="Compare tables and pictures of README.md and docs/ in the source tree with "
        "a report.",
        epilog="exit status: 0; 1 something is stale; 2 no usable report.",
    )
    add = result.group("input")
    add("report", nargs="?", type=Path, default=REPORT, metavar="REPORT", help="report.json "
        f"(default: {REPORT})")  # fmt: skip
    add = result.group("checks")
    add("--write", action="store_true", help="write them anew (default: nothing is overwritten)")
    result.add_about()
    return result


def schema_parser(prog: str = PROG) -> Parser:
    """The command line of `schema`."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} schema",
        usage="",
        description="Print the JSON Schema of report.json.",
        epilog="exit status: 0; 2 wrong usage.",
    )
    result.add_about()
    return result


COMMANDS = {
    "merge": (merge_parser, "join reports of several machines into one table"),
    "throughput": (throughput_parser, "scans per second by jobs and threads"),
    "transfer": (transfer_parser, "what caching the features of a frozen backbone saves"),
    "scale": (scale_parser, "what a million scans take on many cores: a model, checked"),
    "builds": (builds_parser, "from file to verdict, beside other builds and the bare chain"),
    "peers": (peers_parser, "other packages for the same job, on the same scans"),
    "readme": (readme_parser, "compare the documents with a report, or write its tables there"),
    "schema": (schema_parser, "print the JSON Schema of report.json"),
}
"""What may stand in MODEL's place: its command line, and what it does."""


def _percent(text: str) -> float:
    return number(0, 1000)(text.removesuffix("%")) / 100
