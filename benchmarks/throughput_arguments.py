"""The command line of `python -m benchmarks throughput`."""

from benchmarks.benchmark_options import PROG
from benchmarks.timing.throughput import WANTED
from edge.console.option_types import count, number
from edge.console.parser import Parser
from edge.inference.engines import ENGINES


def throughput_parser(prog: str = PROG) -> Parser:
    """What `throughput` is asked: the model, the scans, jobs and threads."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} throughput",
        usage="MODEL PATH ... [options]",
        description="Measure scans per second by jobs and threads, in interleaved rounds.",
        epilog=f"exit status: 0; 1 two jobs scale below {WANTED} of the ideal; 2 wrong usage.",
    )
    add = result.group("input")
    add("model", metavar="MODEL", help="exported .tflite or .onnx model (required)")
    add(
        "paths",
        nargs="+",
        metavar="PATH",
        help="scans, folders of them, or - for names on standard input (required)",
    )
    add = result.group("output")
    add("--json", action="store_true", help="print JSON instead of words (default: words)")
    add = result.group("what is timed, and for how long")
    add(
        "--engine",
        choices=("auto", *ENGINES),
        default="auto",
        help="inference engine (default: auto, the first installed one that runs the model)",
    )
    add(
        "--jobs",
        type=count(),
        nargs="+",
        metavar="N",
        help="scans in work at a time, each with its own engine (default: 1, 2, 4 ... twice the "
        "cores)",
    )
    add(
        "--threads",
        type=count(),
        nargs="+",
        default=[1],
        metavar="N",
        help="threads of each engine (default: 1)",
    )
    add("--repeats", type=count(), default=7, metavar="N", help="rounds (default: 7)")
    add(
        "--seconds",
        type=number(0, 3600),
        default=1.0,
        metavar="S",
        help="seconds that a combination has in a round (default: 1)",
    )
    result.add_about()
    return result
