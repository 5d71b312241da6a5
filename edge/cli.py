"""The command `edge-classify`."""

import argparse
import os
import sys
from collections.abc import Iterator

from edge import NOTICE, __version__

_EPILOG = """exit status: 0 every scan was classified; 1 at least one could not be read or was
rejected (the others are still classified), or the self-test failed; 2 wrong usage, no usable model
or engine; 130 interrupted.

Results go to standard output, everything else to standard error."""

# Spelt out here so that --help loads neither NumPy nor Pillow; a test compares them with the truth.
_ENGINE_NAMES = ("litert", "tflite-runtime", "onnxruntime")
_FORMATS = ("text", "json", "ndjson", "csv")


def main(argv: list[str] | None = None) -> int:
    """Run `edge-classify` and return its exit status."""
    args = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be valid text
    try:
        return _run(args)
    except BrokenPipeError:
        # The reader (say, `head`) has gone; stdout's flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-classify",
        description=f"Classify brain-MRI scans with an exported model. {NOTICE}",
        epilog=_EPILOG,
        formatter_class=_help_formatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="image file, or folder to search for image files")
    add("--model", metavar="FILE", help="exported .tflite or .onnx model (required)")
    add("--format", choices=_FORMATS, default="text", help="of the results (default: text)")
    add(
        "--engine",
        choices=("auto", *_ENGINE_NAMES),
        default="auto",
        help="inference engine (default: auto, the first installed one that runs the model)",
    )
    add("--threads", type=_positive, default=1, metavar="N", help="of the engine (default: 1)")
    add(
        "--max-pixels",
        type=_positive,
        metavar="N",
        help="refuse scans with more pixels, width x height (default: 64 million)",
    )
    add(
        "--frame",
        type=_positive,
        metavar="N",
        help="which frame or page, from 1, of files with several (default: refuse them)",
    )
    add("--self-test", action="store_true", help="replay the model's golden sample and stop")
    add("--version", action="version", version=f"edge-classify {__version__}. {NOTICE}")
    return parser


def _help_formatter(prog: str) -> argparse.HelpFormatter:
    # Without a width argparse asks `shutil` for the terminal's, and shutil's imports cost 5 ms.
    return argparse.RawDescriptionHelpFormatter(prog, width=100)


def _positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value


def _run(args: argparse.Namespace) -> int:
    if not args.model:
        return _fail("no model given; name one with --model FILE (python -m export writes them)")
    if not args.paths and not args.self_test:
        return _fail("no scan given; name image files or folders, or see --help")

    import warnings

    warnings.simplefilter(
        "ignore"
    )  # what Pillow remarks on odd files; a result or an error follows

    from edge.container import read_model
    from edge.errors import EdgeError, EngineError, ImageError, ModelError
    from edge.quiet import silenced

    try:
        model = read_model(args.model)
        with silenced():
            # NumPy, Pillow and the engine are imported while the model's hash is computed.
            from edge.classifier import Classifier
            from edge.decode import MAX_PIXELS

            classifier = Classifier(
                model,
                engine=args.engine,
                threads=args.threads,
                max_pixels=args.max_pixels or MAX_PIXELS,
                frame=args.frame,
            )
        if args.self_test:
            from edge.selftest import self_test

            result = self_test(classifier)
            print(result)
            print(NOTICE)
            return 0 if result.passed else 1
    except (ModelError, EngineError) as error:
        return _fail(error)

    from edge.output import WRITERS

    writer = WRITERS[args.format](sys.stdout)
    status = 0
    try:
        for path, problem in _inputs(args.paths):
            prediction = None
            if problem is None:
                try:
                    prediction = classifier.classify(path)
                except (ImageError, EngineError) as error:
                    problem = str(error)
            if problem is not None or prediction.verdict == "rejected":
                status = 1
            if problem is not None:
                _fail(problem)
            writer.write(path, prediction, problem)
    except KeyboardInterrupt:
        _fail("interrupted; the results so far are complete")
        status = 130
    except EdgeError as error:
        _fail(error)
        status = 2
    writer.close()
    sys.stdout.flush()
    return status


def _inputs(paths: list[str]) -> Iterator[tuple[str, str | None]]:
    """Each file to classify; or a path and what is wrong with it."""
    from edge.decode import is_image_file

    for path in paths:
        if not os.path.isdir(path):
            yield path, None
            continue
        found = skipped = 0
        for folder, subfolders, names in os.walk(path):
            subfolders.sort()
            for name in sorted(names):
                file = os.path.join(folder, name)
                if is_image_file(file):
                    found += 1
                    yield file, None
                else:
                    skipped += 1
        if skipped:
            _fail(f"{path}: {skipped} of {found + skipped} files are no images and were skipped")
        if not found:
            yield path, f"{path}: no image files in this folder"


def _fail(message: object) -> int:
    """Say what is wrong, in one line; returns the status for wrong usage."""
    sys.stdout.flush()
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(message))
    print(f"edge-classify: {line}", file=sys.stderr)
    return 2
