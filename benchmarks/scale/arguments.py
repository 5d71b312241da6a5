"""The command line of `python -m benchmarks scale`."""

from pathlib import Path

from benchmarks.benchmark_options import PROG
from benchmarks.scale.report import WITHIN
from edge.console.option_types import count, number
from edge.console.parser import Parser
from edge.inference.engines import ENGINES


def scale_parser(prog: str = PROG) -> Parser:
    """What `scale` is asked: the scans, the model, and how long to measure."""
    result = Parser(
        "benchmarks",
        prog=f"{prog} scale",
        usage="[PATH ...] [options]",
        description="Measure what a scan costs, and predict how long a million and a hundred "
        "million take on 10 to 1,000 cores; with the point from which the scheduler is the limit.",
        epilog=f"exit status: 0; 1 a prediction is off by more than {WITHIN:.0%} where it could be "
        "checked; 2 wrong usage.",
    )
    add = result.group("input")
    add("paths", nargs="*", metavar="PATH", help="scans, or folders of them (default: generated "
        "ones, as PNG, JPEG and DICOM)")  # fmt: skip
    add(
        "--model", metavar="FILE", help="exported .tflite or .onnx model (default: the bundled one)"
    )
    add = result.group("output")
    add("--out", type=Path, metavar="DIR", help="folder for scale.md, scale.json and a chart, "
        "scale.png (default: none)")  # fmt: skip
    add = result.group("what is timed, and for how long")
    add(
        "--engine",
        choices=("auto", *ENGINES),
        default="auto",
        help="inference engine (default: auto, the first installed one that runs the model)",
    )
    add("--scans-per-task", type=count(), default=64, metavar="N", help="scans that a worker of a "
        "cluster is given at a time (default: 64)")  # fmt: skip
    add("--seconds", type=number(0.1, 600), default=3.0, metavar="S", help="of each single "
        "measurement, in seconds; there are 50 (default: 3)")  # fmt: skip
    result.add_about()
    return result
