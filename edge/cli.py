"""The command `edge-classify`: what it takes, and which module does it.

Each feature lives in a module of its own that is imported when it is asked for. --help and
--version do without argparse, whose import takes as long as Python's own start.
"""

import gc
import os
import sys

from edge import NOTICE, __version__
from edge.console.messages import say, tell


def main(argv: list[str] | None = None) -> int:
    """Run `edge-classify` and return its exit status."""
    given = sys.argv[1:] if argv is None else argv
    if given == ["--version"]:
        return tell(f"edge-classify {__version__}. {NOTICE}\n")
    if given in (["--help"], ["-h"]):
        from edge.app.help_text import HELP

        return tell(HELP)
    # Importing makes thousands of objects and no garbage: looking for some takes milliseconds.
    gc.disable()
    # NumPy's OpenBLAS would start a thread for each core; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from edge.app.arguments import parser
    from edge.console.command_frame import run

    try:
        return run(
            "edge-classify",
            lambda closed: _run(parser().parse_args(given), closed),
            elsewhere="write them elsewhere with --out",
            results_alone=True,
        )
    finally:
        gc.enable()


def _run(args, closed: frozenset[int]) -> int:
    sending = args.send_results or args.stow
    node = args.scp or args.dicomweb or args.query_retrieve
    if sending and not args.paths and not node:
        from edge.pacs.send_results import run_send

        return run_send(args)
    if not (args.paths or args.watch or args.serve or node or args.self_test or args.doctor):
        return say("no scan given; name image files or folders, or see --help")
    problem = _no_stream(args, closed) or _no_package(args.format)
    if problem:
        return say(problem)
    if args.out:
        from edge.results.result_file import why_unwritable

        problem = why_unwritable(args.out, args.format)
        if problem:
            return say(problem)
    model_path = args.model
    if not model_path and not args.doctor:
        from edge.model_file.bundled import bundled_model

        model_path = bundled_model(args.engine)
        if model_path is None:
            return say(
                "no model is bundled with this installation; name one with --model FILE "
                "(python -m export writes them)"
            )
    if args.doctor:
        from edge.board.doctor import run_doctor

        return run_doctor(args.model, args.format, args.trust, args.signature)

    import warnings

    # What Pillow remarks on odd files: a result or an error follows.
    warnings.simplefilter("ignore")

    from edge.console.streams import silenced
    from edge.errors import EngineError, ModelError
    from edge.model_file.container import find_trust, read_model

    try:
        trust = find_trust(args.trust, args.signature)
        if trust and trust.remark:
            say(trust.remark)
        model = read_model(model_path, trust)
        if args.self_test:
            from edge.inference.check_model import run_self_test

            return run_self_test(model, args.engine, args.format)
        with silenced():
            # NumPy, Pillow and the engine are imported while the model's hash is computed.
            from edge.inference.classifier import Classifier
            from edge.scan.max_pixels import MAX_PIXELS

            _silence_pillow()

            threads = args.threads
            if threads == "auto":
                from edge.inference.threads import fastest_threads

                threads = fastest_threads(model, args.engine)
            classifier = Classifier(
                model,
                engine=args.engine,
                threads=threads,
                max_pixels=args.max_pixels or MAX_PIXELS,
                frame=args.frame,
                provider=args.provider,
            )
    except (ModelError, EngineError) as error:
        return say(error)
    if classifier.engine.warning:
        say(classifier.engine.warning)
    if model.unsigned:
        say(f"{model.path}: WARNING: nobody who is trusted vouches for it: {model.unsigned}")
    if args.watch:
        from edge.service.watch import run_watch

        gc.enable()
        return run_watch(classifier, args)
    if node:
        from edge.pacs.node import run_node

        gc.enable()
        return run_node(classifier, args)

    if args.serve:
        from edge.serve.serve import run_serve

        gc.enable()
        return run_serve(classifier, args)

    if sending:
        from edge.pacs.send_results import run_and_send as run_batch
    elif args.series:
        from edge.app.series_batch import run_series as run_batch
    elif args.cluster:
        from edge.app.cluster_batch import run_cluster as run_batch
    elif args.resume:
        from edge.app.resume import run_resume as run_batch
    else:
        from edge.app.batch import run_batch

    gc.freeze()  # nor is any in what is loaded; and forked workers then share it
    gc.enable()
    return run_batch(classifier, args)


def _no_package(format: str) -> str | None:
    """Which package a format needs that is not installed; None if none."""
    if format != "parquet":
        return None
    from importlib.util import find_spec

    if find_spec("pyarrow") is not None:
        return None
    return "--format parquet needs pyarrow; run: pip install 'mri-edge[parquet]'"


def _silence_pillow() -> None:
    """Its log, which Python prints where nobody listens: a result or an error follows."""
    import logging  # Pillow has loaded it

    logging.getLogger("PIL").addHandler(logging.NullHandler())


def _no_stream(args, closed: frozenset[int]) -> str | None:
    """Which of the standard descriptors that are needed is closed; None if none."""
    if 0 in closed and "-" in args.paths:
        return "-: there is no standard input to read names from (it is closed); name the scans"
    if 1 in closed and args.paths and not args.out:
        return "there is no standard output to write to (it is closed); name a file with --out"
    return None
