"""Classify what a command line names, and write the results as they come."""

import argparse
import sys
from collections.abc import Iterable, Iterator

from edge.app.inputs import STDIN, Input, expand, is_one_file, may_name_urls
from edge.app.interrupts import Interrupts
from edge.console.exit_status import DONE, FAILED
from edge.console.messages import counted, results, say
from edge.console.streams import OutputError
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Extra, Outcome, classify_one
from edge.results.result_file import ResultFile
from edge.results.writers import WRITERS

_ALL_DONE = (DONE, FAILED)
"""Exit statuses that say that each input has its result or its error."""


def run_batch(classifier: Classifier, args: argparse.Namespace) -> int:
    """Classify `args.paths` and return the exit status."""
    try:
        extra = picture_maker(args)
    except OSError as error:
        return say(f"{args.explain}: cannot be written to ({error.strerror or error})")
    if not args.out:
        return _classify(classifier, args, extra, results())
    try:
        file = ResultFile(args.out)
    except OSError as error:
        return say(f"{args.out}: cannot be written ({error.strerror or error})")
    with file:
        status = _classify(classifier, args, extra, file.stream, keeps=file.direct)
        if status in _ALL_DONE:
            file.replace()
        elif not file.direct:
            say(f"{args.out}: is left as it was, because not all scans were gone through")
    return status


def picture_maker(args: argparse.Namespace) -> Extra | None:
    """What draws the pictures of `--explain` and of the web page, if any are wanted.

    Raises:
        OSError: their folder cannot be written to.
    """
    if not args.explain and args.format != "html":
        return None
    from edge.saliency.explain import prepare

    return prepare(args.explain, page=args.format == "html")


def _classify(
    classifier: Classifier, args: argparse.Namespace, extra: Extra | None, stream, keeps=True
) -> int:
    """Write the results to `stream`, which `keeps` those of a run that breaks off or does not."""
    progress = None

    def tell(message: str) -> None:
        if progress:
            progress.clear()
        say(message)

    inputs = expand(
        args.paths, tell, null=args.null, skip=args.explain, shard=args.shard, urls=True
    )
    if may_name_urls(args.paths):
        from edge.app.remote_inputs import with_bytes

        inputs = with_bytes(inputs, classifier.max_pixels)
    try:
        outcomes = _outcomes(classifier, args, inputs, extra)
    except EdgeError as error:
        return say(error)
    progress = progress_of(args)  # after the workers: they are forks, and it has a thread
    about = (classifier.manifest,) if args.format == "html" else ()
    writer = WRITERS[args.format](stream, *about)
    interrupts = Interrupts(needed=bool(args.out) or not is_one_file(args.paths))
    status = written = explained = 0
    try:
        for outcome in outcomes:
            with interrupts.held():
                problem = outcome.error or outcome.extra_error
                if problem:
                    tell(problem)
                elif progress and stream.isatty():
                    progress.clear()
                if problem or outcome.prediction.verdict == "rejected":
                    status = 1
                writer.write(outcome)
                written += 1
                explained += outcome.extra is not None and outcome.extra.explanation is not None
                if progress:
                    progress.step()
    except KeyboardInterrupt:
        interrupts.restore()
        kept = "; what is written is complete" if keeps else ""
        tell(f"interrupted after {counted(written, 'result')}{kept}")
        status = interrupts.status
    except OutputError:
        if progress:
            progress.clear()
        raise  # nothing more can be written, not even the end
    except EdgeError as error:
        tell(str(error))
        status = 2
    if progress:
        progress.clear()
    writer.close()
    stream.flush()
    interrupts.restore()
    if explained:
        # Workers may have been ahead of the results when they were stopped.
        least = "" if status in _ALL_DONE else "at least "
        say(f"{least}{counted(explained, 'picture')} written to {args.explain}")
    return status


def progress_of(args: argparse.Namespace):
    """A `Progress` where somebody sees it and it is worth it, else None."""
    if not sys.stderr.isatty() or is_one_file(args.paths):
        return None
    from edge.console.progress import Progress

    countable = None
    if not may_name_urls(args.paths):  # which would be listed twice
        countable = expand(args.paths, lambda message: None, skip=args.explain, shard=args.shard)
    return Progress(sys.stderr, countable)


def _outcomes(
    classifier: Classifier, args: argparse.Namespace, inputs: Iterable[Input], extra: Extra | None
) -> Iterator[Outcome]:
    if args.jobs == 1 or is_one_file(args.paths):
        return (_outcome(classifier, one, extra) for one in inputs)
    from edge.inference.threads import default_jobs
    from edge.parallel.pipeline import on_engines

    jobs = args.jobs or default_jobs()
    at_hand = STDIN not in args.paths and not may_name_urls(args.paths)
    return on_engines(classifier, _outcome, inputs, jobs, extra, processes=True, at_hand=at_hand)


def _outcome(classifier: Classifier, one: Input, extra: Extra | None) -> Outcome:
    if one.problem is not None:
        return Outcome(one.path, None, one.problem, unread=one.unread, short=one.short)
    if one.scan is not None:
        return classify_one(classifier, one.scan, extra)
    return classify_one(classifier, one.path, extra)
