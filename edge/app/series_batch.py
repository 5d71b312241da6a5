"""`--series`: the slices' results as ever, and a result for each series after its slices."""

import argparse
import json
import os
from typing import Protocol, TextIO

from edge import NOTICE
from edge.app.inputs import expand
from edge.app.interrupts import Interrupts
from edge.console.exit_status import DONE, FAILED
from edge.console.messages import counted, printable, results, say
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Extra, Outcome
from edge.results.result_file import ResultFile
from edge.results.words import WORDS, type_words
from edge.results.writers import NdjsonWriter, TextWriter, record
from edge.series.classify import classify_found
from edge.series.grouping import Series, group
from edge.series.result import SeriesResult


class Follower(Protocol):
    """Is told of all series and results, in order, after each was written."""

    extra: Extra
    """What is made of each slice besides."""

    def begin(self, found: list[Series]) -> None:
        """What will be classified."""

    def slice(self, outcome: Outcome) -> None:
        """What became of a slice."""

    def series(self, result: SeriesResult) -> None:
        """The result of the series whose slices came before."""


def run_series(
    classifier: Classifier, args: argparse.Namespace, follower: Follower | None = None
) -> int:
    """Classify the series among `args.paths` and return the exit status.

    Args:
        follower: is told of everything.

    Raises:
        OSError: standard output cannot be written to.
    """
    if not args.out:
        return _classify(classifier, args, results(), follower=follower)
    try:
        file = ResultFile(args.out)
    except OSError as error:
        return say(f"{args.out}: cannot be written ({error.strerror or error})")
    with file:
        status = _classify(classifier, args, file.stream, file.direct, follower)
        if status in (DONE, FAILED):
            file.replace()
        elif not file.direct:
            say(f"{args.out}: is left as it was, because not all scans were gone through")
    return status


def _classify(
    classifier: Classifier,
    args: argparse.Namespace,
    stream: TextIO,
    keeps: bool = True,
    follower: Follower | None = None,
) -> int:
    """Write the results to `stream`, which `keeps` those of a run that breaks off or does not."""
    writer = {"text": _Text, "json": _Json, "ndjson": _Ndjson}[args.format](stream)
    interrupts = Interrupts(needed=True)
    status = written = 0
    found = expand(args.paths, say, null=args.null, volumes=True)
    inputs = ((one.path, one.problem) for one in found)
    jobs = args.jobs
    if not jobs:
        from edge.inference.threads import default_jobs

        jobs = default_jobs()
    try:
        found = group(inputs)
        if follower:
            follower.begin(found)
        extra = follower and follower.extra
        ended = iter(found)
        for one in classify_found(classifier, found, jobs=jobs, extra=extra, processes=True):
            with interrupts.held():
                if isinstance(one, SeriesResult):
                    if not _is_nothing(next(ended), one):
                        writer.write_series(one)
                    status = max(status, one.verdict == "rejected")
                    if follower:
                        follower.series(one)
                    continue
                if one.error or one.extra_error:
                    say(one.error or one.extra_error)
                    status = 1
                writer.write(one)
                written += 1
                if follower:
                    follower.slice(one)
    except KeyboardInterrupt:
        interrupts.restore()
        kept = "; what is written is complete" if keeps else ""
        say(f"interrupted after {counted(written, 'slice')}{kept}")
        status = interrupts.status
    except EdgeError as error:
        say(error)
        status = 2
    writer.close()
    stream.flush()
    interrupts.restore()
    return int(status)


def _is_nothing(series: Series, result: SeriesResult) -> bool:
    """Whether no file lies behind it: names that lead nowhere have their errors, and no verdict.

    A broken link counts as a slice that cannot be read.
    """
    paths = [one.path for one in series.slices] or [series.name]
    read = result.unread < len(paths)
    return not read and not any(os.path.lexists(path) and not os.path.isdir(path) for path in paths)


def _line(one: SeriesResult) -> str:
    """The one line for people."""
    name = printable(one.series)
    if one.series_hash:
        name += f" (series {one.series_hash[:8]})"
    parts = [f"series {name}: {WORDS[one.verdict]}"]
    if one.score is not None:
        strongest = min(one.rule.strongest, one.counted)
        of = f"the strongest {strongest}" if strongest > 1 else "the strongest slice"
        parts.append(f"score {one.score:.3f} of {of} of {one.counted} slices")
    if which := type_words(one.type, one.type_probabilities):
        parts.append(printable(which))
    if one.reason:
        parts.append(one.reason)
    left = [
        f"{count} {word}"
        for count, word in (
            (one.tumor, "called tumor"),
            (one.doubtful, "doubtful"),
            (one.rejected, "rejected"),
            (one.unread, "unread"),
        )
        if count
    ]
    if left and one.score is not None:
        parts.append(", ".join(left))
    text = "; ".join([f"{parts[0]}  {parts[1]}" if len(parts) > 1 else parts[0], *parts[2:]])
    if one.strongest:
        slices = ", ".join(f"{printable(s.path)} ({s.probability:.3f})" for s in one.strongest)
        text += f"; strongest: {slices}"
    if one.remarks:
        text += f"  [{'; '.join(one.remarks)}]"
    return text


class _Text(TextWriter):
    """A line a slice, a line a series, and the notice once at the end."""

    def write_series(self, one: SeriesResult) -> None:
        print(_line(one), file=self._stream, flush=True)
        self._count += 1  # so that the notice follows though no slice could be read


class _Ndjson(NdjsonWriter):
    """A JSON object a line; those of series have the key "series"."""

    def write_series(self, one: SeriesResult) -> None:
        print(json.dumps(one.to_dict()), file=self._stream, flush=True)


class _Json:
    """One document: `{"notice": ..., "results": [...], "series": [...]}`."""

    def __init__(self, stream: TextIO):
        self._stream, self._separator = stream, "\n"
        self._series: list[dict] = []
        stream.write(f'{{"notice": {json.dumps(NOTICE)},\n "results": [')

    def write(self, outcome) -> None:
        self._stream.write(self._separator + json.dumps(record(outcome), indent=1))
        self._separator = ",\n"
        self._stream.flush()

    def write_series(self, one: SeriesResult) -> None:
        self._series.append(one.to_dict())

    def close(self) -> None:
        self._stream.write(f'\n],\n "series": {json.dumps(self._series, indent=1)}}}\n')
