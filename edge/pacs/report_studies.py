"""From the results of series to objects for the archive: one report a study, and heat maps.

Which study a slice is of, and that it holds one patient only, is known from all headers before the
first slice is classified. What is of no study (a PNG, a NIfTI volume), or of a study that names two
patients, gets its verdict as ever and nothing is made of it for the archive.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from edge.inference.classifier import Classifier
from edge.pacs.report.derived_object import Author
from edge.pacs.report.secondary_capture import draw_heat_picture, secondary_capture
from edge.pacs.report.source_image import SourceImage, read_source
from edge.pacs.report.structured_report import ReportedSeries, ReportedSlice, StudyReport
from edge.pacs.send_queue import QueueError, SendQueue
from edge.parallel.pipeline import Outcome
from edge.series.classify import classify_found
from edge.series.grouping import Series, group
from edge.series.result import SeriesResult


class StudyReporter:
    """Follows `edge.app.series_batch.run_series`, and puts what it makes into a queue.

    Args:
        say: takes what the user should know; no value of a file is in it.
        alone: whether all files are known to be of one study, so that one which does not say so,
            for it cannot be read, is none of which nothing is known.
    """

    extra = staticmethod(draw_heat_picture)

    def __init__(
        self,
        classifier: Classifier,
        queue: SendQueue,
        say: Callable[[str], object],
        alone: bool = False,
    ):
        manifest = classifier.manifest
        model = f"{manifest.name} {manifest.precision}"
        self._author = Author(model, manifest.payload_sha256, classifier.file_sha256)
        self._decision = manifest.decision
        self._queue, self._say = queue, say
        self._found: list[Series] = []
        self._sources: list[list[SourceImage | None]] = []
        self._study_of: list[str | None] = []
        self._left: dict[str, int] = defaultdict(int)
        self._done: dict[str, list[ReportedSeries]] = defaultdict(list)
        self._at, self._slices = 0, []
        self._said: set[str] = set()
        self._alone = alone
        self._unread = False
        self.reports = 0
        """That were made."""
        self.failed = False
        """Whether something could not be made or queued."""
        self.short = False
        """Whether that is for want of room or memory, so that it may be another time."""

    def begin(self, found: list[Series]) -> None:
        """Read which study each slice is of."""
        self._found = found
        patients: dict[str, set] = defaultdict(set)
        outside = others = 0
        for series in found:
            sources = [read_source(one.path) for one in series.slices]
            self._sources.append(sources)
            studies = {one.study for one in sources if one is not None}
            for one in sources:
                if one is not None:
                    patients[one.study].add(one.patient)
            if len(studies) > 1:
                self._fail(f"{series.name}: its slices name several studies; it is not reported")
            is_mr = any(one is not None and one.is_mr for one in sources)
            self._study_of.append(studies.pop() if len(studies) == 1 and is_mr else None)
            outside += not any(sources)
            others += any(sources) and not is_mr
        mixed = {study for study, some in patients.items() if len(some) > 1}
        self._study_of = [None if study in mixed else study for study in self._study_of]
        for study in self._study_of:
            if study is not None:
                self._left[study] += 1
        if others:
            self._say(f"{others} series not of MR {'are' if others > 1 else 'is'} in no report")
        if mixed:
            many = len(mixed) > 1
            self._fail(
                f"{len(mixed)} stud{'ies name' if many else 'y names'} more than one patient; "
                "nothing is sent for "
                f"{'them' if many else 'it'}: mend that in the archive or at the scanner"
            )
        if outside and self._alone:
            self._unread = True
        elif outside:
            many = outside > 1
            self._fail(
                f"{outside} series {'are' if many else 'is'} of no DICOM study; nothing is sent "
                f"for {'them' if many else 'it'}"
            )

    def slice(self, outcome: Outcome) -> None:
        """Make the picture of a slice that has one."""
        at = len(self._slices)
        known = self._sources[self._at]
        source = known[at] if at < len(known) else None
        frame = self._found[self._at].slices[at].frame if source is not None else None
        if source is not None and frame is None and source.frames > 1:
            frame = 1
        picture, study = outcome.extra, self._study_of[self._at]
        light = Outcome(outcome.path, outcome.prediction, outcome.error)
        self._slices.append(ReportedSlice(light, source, frame))
        self.failed |= outcome.extra_error is not None
        if picture is None or source is None or study is None:
            return
        verdict = outcome.prediction.verdict
        self._add(secondary_capture(picture, source, frame, verdict, self._author))

    def series(self, result: SeriesResult) -> None:
        """Make the report of a study whose last series this is."""
        study, slices = self._study_of[self._at], self._slices
        self._at, self._slices = self._at + 1, []
        if study is None:
            return
        self._left[study] -= 1
        if any(one.source is None and one.outcome.prediction is not None for one in slices):
            self._fail(f"{result.series}: some of its slices name no study; it is not reported")
        else:
            self._done[study].append(ReportedSeries(result, slices))
        if self._left[study] == 0 and (reported := self._done.pop(study, None)):
            self._report(reported)

    def _report(self, reported: list[ReportedSeries]) -> None:
        report = StudyReport(reported, self._author, self._decision, self._unread)
        try:
            made, before = self._queue.version(report.series_uid, report.uid, datetime.now())
        except QueueError as error:
            self._has_no_room(error)
            return
        self.reports += self._add(report.file(made, before))

    def _add(self, made) -> bool:
        try:
            self._queue.add(made)
        except QueueError as error:
            self._has_no_room(error)
            return False
        return True

    def _has_no_room(self, error: QueueError) -> None:
        self.short = True
        self._fail(str(error))

    def _fail(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._say(message)
        self.failed = True


def report_files(
    classifier: Classifier,
    inputs: Iterable[tuple[str, str | None]],
    queue: SendQueue,
    say: Callable[[str], object],
) -> StudyReporter:
    """Classify the files of one finished study, and queue what is made of them.

    For a node that knows when a study is finished. Later slices of the same study make another
    version of its report, which names the one before; what has not changed is the same object.

    Args:
        inputs: files, and what is known to be wrong with each.

    Returns:
        Who knows what became of it. A report that would say less than another time, for want of
        memory, is not made.

    Raises:
        ModelError, EngineError: as `edge.parallel.pipeline.classify_many`.
    """
    reporter = StudyReporter(classifier, queue, say, alone=True)
    found = group(inputs)
    reporter.begin(found)
    for one in classify_found(classifier, found, extra=reporter.extra):
        if isinstance(one, SeriesResult):
            reporter.series(one)
        elif one.unread or one.missing:
            say(f"{one.error}; the study's report is made later")
            reporter.short = True
            break
        else:
            reporter.slice(one)
    return reporter
