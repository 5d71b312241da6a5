"""The arguments of `edge-classify`.

`edge.app.help_text` holds the text of --help that this makes, so that --help need not load
argparse.
"""

import argparse
import os

from edge.app.archive_arguments import ARCHIVE_RULES, add_archive_arguments
from edge.app.network_arguments import (
    NODE,
    TLS,
    add_network_arguments,
    add_sending_arguments,
    add_serve_arguments,
    network_rules,
    serve_rules,
)
from edge.console.option_rules import Rule
from edge.console.option_types import count
from edge.console.parser import Parser

_EPILOG = """exit status: 0 every scan was classified; 1 at least one could not be read or was
rejected, or its picture could not be written (the others are still classified), or the self-test
failed; 2 wrong usage, no usable model or engine; 130 interrupted.

Results go to standard output, everything else to standard error."""

# Spelt out here so that --help loads neither NumPy nor Pillow; a test compares them with the truth.
_ENGINE_NAMES = ("litert", "tflite-runtime", "onnxruntime", "openvino")
_PROVIDER_NAMES = ("cpu", "cuda", "tensorrt")
_FORMATS = ("text", "json", "ndjson", "csv", "html", "parquet")
_MOST = 1024
"""Threads or jobs; more is a slip of the finger, and some engines take the memory for them."""

_POLICIES = ("require", "warn", "off")
_TRUSTING = ("--trust", "--signature")
_LOADING = ("--model", *_TRUSTING, "--engine", "--provider", "--threads")
_SENDING = ("--send-results", "--stow", "--queue")
_WATCHING = ("--settle", "--out", "--explain", "--max-pixels", "--frame")
_REPORTS = "{other} reports as text or json, not as {format}"
RULES = (
    Rule(
        "PATH",
        excludes=("--doctor", "--self-test", "--watch", "--serve", *NODE),
        says="{other} takes no scans; leave out {word}",
    ),
    Rule("--doctor", takes=("--model", *_TRUSTING, "--format")),
    Rule("--self-test", takes=("--model", *_TRUSTING, "--engine", "--format")),
    Rule(
        "--trust",
        excludes=("--signature off",),
        says="--trust has no effect with --signature off; leave one of them out",
    ),
    Rule("--watch", takes=(*_LOADING, *_WATCHING, "--format")),
    *(
        Rule(f"--format {name}", excludes=("--doctor", "--self-test"), says=_REPORTS)
        for name in _FORMATS[2:]
    ),
    Rule(
        "--format",
        needs=("no --watch", "--format ndjson"),
        says="--watch writes ndjson; it cannot write {format}",
    ),
    Rule("--settle", needs=("--watch", "--scp")),
    *network_rules((*_LOADING, *_WATCHING, *_SENDING)),
    *serve_rules((*_LOADING, "--jobs", "--max-pixels")),
    Rule(
        "--format parquet",
        needs=("--out",),
        says="--format parquet is no text, and needs a file: name one with --out",
    ),
    *ARCHIVE_RULES,
    Rule(
        "--series",
        takes=(
            *("PATH", *_LOADING, "--jobs", "--max-pixels", "--null", "--format", "--out"),
            *_SENDING,
            *TLS,
        ),
    ),
    Rule(
        "--format",
        needs=("no --series", "--format text", "--format json", "--format ndjson"),
        says="--series writes text, json or ndjson; it cannot write {format}",
    ),
    *(
        Rule(option, needs=needs, says=f"{option} {why}")
        for option in _SENDING[:2]
        for needs, why in (
            (("--queue",), "needs --queue DIR, a folder where results wait until they are sent"),
            (("--series", "no PATH"), "reports studies; it needs --series"),
        )
    ),
    Rule("--send-results", excludes=("--stow",), says="give --send-results or --stow, not both"),
    Rule("--queue", needs=("--send-results", "--stow")),
    Rule(
        "--null",
        needs=("-",),
        says="--null has no effect without -, which reads names from standard input; leave it out",
    ),
)


def parser(prog: str = "edge-classify") -> Parser:
    """The command line, with defaults and units."""
    result = Parser(
        "edge-classify",
        prog=prog,
        usage="PATH ... [options]\n--watch DIR [options]\n--serve [HOST:PORT] [options]\n"
        "--scp [AET@]HOST:PORT --spool DIR [options]\n"
        "--dicomweb URL --spool DIR --study UID | --since DATE [options]\n"
        "--query-retrieve AET@HOST:PORT --spool DIR --study UID | --since DATE [options]\n"
        "--send-results AET@HOST:PORT | --stow URL --queue DIR\n"
        "--self-test | --doctor [options]",
        description="Classify brain-MRI scans with an exported model.",
        epilog=_EPILOG,
        rules=RULES,
        implied=_implied,
    )
    add = result.group("input")
    add(
        "paths",
        nargs="*",
        metavar="PATH",
        help="image file, folder to search for image files, pattern ('scans/**/*.png'), URL of one "
        "of these (s3, gs, az, https, zip://MEMBER::ARCHIVE), or - for names on standard input, "
        "one a line (required, but with --watch, --serve, --scp, --dicomweb, --query-retrieve, "
        "--self-test, --doctor)",
    )
    add(
        "--null",
        action="store_true",
        help="names on standard input end in NUL, as find -print0 writes them (default: in a "
        "newline)",
    )
    add(
        "--frame",
        type=count(),
        metavar="N",
        help="which frame or page, from 1, of files with several (default: refuse them)",
    )
    add(
        "--series",
        action="store_true",
        help="the slices of a series are one thing: a DICOM series, the pages of a file, a NIfTI "
        "volume, else a folder; a verdict a slice and one for the series (default: single scans)",
    )
    add(
        "--max-pixels",
        type=count(),
        metavar="N",
        help="refuse scans with more pixels, width x height (default: 64 million)",
    )
    add = result.group("output")
    add(
        "--format",
        choices=_FORMATS,
        default="text",
        help="of the results; parquet needs --out and the extra parquet (default: by the end of "
        "--out's name, as .csv; without one text, with --resume ndjson)",
    )
    add(
        "--out",
        type=_name,
        metavar="FILE",
        help="write the results to FILE, once they are whole; with --watch or --scp, append to it "
        "(default: standard output)",
    )
    add(
        "--explain",
        type=_name,
        metavar="DIR",
        help="write a PNG for each scan there: where the model sees a tumor, by its own heat map; "
        "without one, by covering the scan piece by piece, 145 times as long as the verdict "
        "(default: none)",
    )
    add = result.group("model")
    add(
        "--model",
        type=_name,
        metavar="FILE",
        help="exported .tflite or .onnx model (default: the bundled one: edge/models/NOTICE.md)",
    )
    add(
        "--trust",
        type=_name,
        metavar="DIR",
        help="folder of the public keys whose models are taken, and of a policy (default: "
        "/etc/mri-edge/trust if there is one, beside which no other is taken)",
    )
    add(
        "--signature",
        choices=_POLICIES,
        help="of the model: require a trusted key's, warn if there is none, or off; never weakens "
        "the trust store's policy (default: that policy, warn without one; off without a store)",
    )
    add(
        "--engine",
        choices=("auto", *_ENGINE_NAMES),
        default="auto",
        help="inference engine (default: auto, the first installed one that runs the model, in "
        "this order)",
    )
    add(
        "--provider",
        choices=("auto", *_PROVIDER_NAMES),
        default="auto",
        help="what ONNX Runtime computes on, falling back with a warning (default: auto, CUDA "
        "where it is there, else the processor)",
    )
    add = result.group("speed")
    add(
        "--jobs",
        type=_few,
        metavar="N",
        help="scans in work at a time, each with its own engine (default: 2 where there are two "
        "cores, so that one is decoded while another is classified)",
    )
    add(
        "--threads",
        type=_threads,
        default=1,
        metavar="N",
        help="threads of each engine, or auto: measure at the start which number is fastest "
        "(default: 1, which holds its pace on a busy machine)",
    )
    add_archive_arguments(result.group("many scans"), _name, _seconds)
    add = result.group("service")
    add(
        "--watch",
        type=_name,
        metavar="DIR",
        help="classify each file that is put there, until stopped; results as ndjson, each on disk "
        "(in --out; without, in .mri-edge-results.ndjson in DIR) before it is printed (default: "
        "classify PATH once)",
    )
    add(
        "--settle",
        type=_seconds,
        metavar="S",
        help="with --watch: a file is whole when unchanged for S seconds; with --scp: a study is "
        "judged when no slice of it came for S seconds (default: 2, with --scp 30)",
    )
    add_serve_arguments(result.group("page"), _name)
    add_network_arguments(result.group("network"), _name)
    add_sending_arguments(result.group("archive"), _name)
    add = result.group("checks")
    add(
        "--self-test",
        action="store_true",
        help="check the model's hash and who vouches for it, and replay its golden sample, its "
        "verdicts and its gate, on every installed engine (default: no)",
    )
    add(
        "--doctor",
        action="store_true",
        help="tell what this board is, which engines it has, and how to install what is missing "
        "(default: no)",
    )
    result.add_about("edge-classify")
    return result


def _implied(args: argparse.Namespace) -> dict[str, str | ValueError]:
    """The format of a batch that the name of its results says. Services write ndjson alone."""
    if not args.out or not args.paths:
        return {}
    end = os.path.splitext(args.out)[1][1:].lower()
    end = "text" if end in ("txt", "log") else end
    if end in _FORMATS:
        return {"--format": end}
    if args.resume:
        return {"--format": "ndjson"}
    if not end or (os.path.exists(args.out) and not os.path.isfile(args.out)):
        return {}  # as /dev/null
    if os.path.isfile(args.out):
        from edge.results.result_file import why_unwritable

        if why_unwritable(args.out):
            return {}  # a scan, say: that is said instead
    known = ", ".join(f".{name}" for name in ("txt", *_FORMATS[1 : 3 if args.series else None]))
    return {
        "--format": ValueError(
            f"--out {args.out}: no results are written as .{end}; give another ending "
            f"({known}), or --format"
        )
    }


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("an empty name; is a variable not set?")
    return text


def _threads(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return _few(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, or auto") from None


def _few(text: str) -> int:
    value = count()(text)
    if value > _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {_MOST}")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to 3600")
    return value
