"""From the results of slices to those of their studies, each judged when nothing more comes.

A line a study, or a line more when later slices came, in a file beside the results; forced to disk
before anything else happens. Which slices a line is about stands in it as a digest, so that a
restart judges no study twice and forgets none. The verdict of each series is that of `--series`.
Where reports are sent, the line is written when the study's report is on disk.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from edge import NOTICE
from edge.console.messages import counted, say
from edge.console.network_types import is_uid
from edge.errors import EngineError
from edge.model_file.manifest import Manifest
from edge.pacs.study.slice_lines import (
    BY_ANOTHER_MODEL,
    as_outcome,
    lines,
    of_one_model,
    slice_digest,
    those_that_count,
)
from edge.pacs.study.studies_file import StudiesFile, studies_path
from edge.parallel.pipeline import Outcome
from edge.series.grouping import group
from edge.series.result import SeriesResult, judge
from edge.series.rule import rule_for, study_verdict

QUEUED, NOT_MADE, LATER = 0, 1, 2
"""What became of a report: it is in the queue; it cannot be made; it can be, another time."""
Inputs = list[tuple[str, str | None]]
"""Files of a study, and what is known to be wrong with each."""
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 600.0
"""Seconds after which a report is tried again for which there was no room."""


class Reports(Protocol):
    """Makes reports, one at a time; `edge.pacs.report_process` has what does."""

    def begin(self, inputs: Inputs) -> None:
        """Make one."""

    def outcome(self) -> int | None:
        """What became of it; None: it is not made yet."""


@dataclass
class _Study:
    slices: int = 0
    digest: int = 0
    """Of all its slices' names and contents, in any order."""
    judged: int = 0
    """What that was when its last line was written."""
    version: int = 0
    last: float = field(default_factory=time.monotonic)
    """When its last slice got its line."""
    not_before: float = 0.0
    """When its report may be tried again."""
    pause: float = _FIRST_PAUSE

    @property
    def is_judged(self) -> bool:
        """Whether its last line is about the very slices that it has."""
        return self.version > 0 and self.digest == self.judged


@dataclass
class _Work:
    """A study whose report is being made."""

    name: str
    line: dict
    digest: int


class Studies:
    """The studies of a spool.

    Args:
        spool: its folder.
        results: the file of the slices' results.
        settle: seconds without a new slice after which a study is judged.
        written: takes each line of a study.
        clock: seconds that only ever grow.
        reports: makes them; None: none is to be made.

    Raises:
        EdgeError: another process writes to the file.
        OSError: it cannot be read or written.
    """

    def __init__(
        self,
        spool: str,
        results: str,
        manifest: Manifest,
        settle: float,
        written: Callable[[dict], object],
        clock: Callable[[], float] = time.monotonic,
        reports: Reports | None = None,
    ):
        self._spool, self._results = os.path.abspath(spool), results
        self._rule, self._settle = rule_for(manifest), settle
        self._written, self._clock = written, clock
        self._known: dict[str, _Study] = {}
        self._pending: set[str] = set()
        self._reports, self._work = reports, None
        self.failed = False
        """Whether a report could not be made."""
        self._file = StudiesFile(studies_path(results))
        for name, (digest, version) in self._file.judged.items():
            self._known[name] = _Study(judged=digest, version=version)
        self.count_again()

    @property
    def path(self) -> str:
        """The file of the studies' lines."""
        return self._file.path

    @property
    def descriptor(self) -> int:
        """Of the open file, which a forked process must close: its lock is shared."""
        return self._file.descriptor

    def add(self, path: str, sha256: str | None) -> None:
        """A slice has its line."""
        self._note({"file": {"path": os.path.abspath(path), "sha256": sha256}})

    def count_again(self) -> None:
        """Take what the results say for all that is known: another file of them is there."""
        self._pending.clear()
        for study in self._known.values():
            study.slices = study.digest = 0
        for record in lines(self._results):
            self._note(record)
        for name, study in self._known.items():
            if study.is_judged:
                self._pending.discard(name)

    def judge_due(self, at_once: bool = False) -> float | None:
        """Judge what is due; seconds until something else may be, None if nothing waits.

        Args:
            at_once: nothing more will come.
        """
        self._finish_report()
        soonest = None
        for name in sorted(self._pending):
            study = self._known[name]
            if self._work is not None and self._work.name == name:
                continue
            if study.is_judged:  # its slices were classified again, as their results were lost
                self._pending.discard(name)
                continue
            now = self._clock()
            left = study.last + self._settle - now
            if not at_once and left <= 0 and self._lacks_a_line(name):
                study.last = now
                left = self._settle
            left = max(0.0 if at_once else left, study.not_before - now)
            if left > 0:
                soonest = left if soonest is None else min(soonest, left)
            elif self._reports is None:
                self._write(name, self._judge(name, study)[0], study.digest)
            elif self._work is None:
                self._begin_report(name, study)
        return soonest

    @property
    def is_reporting(self) -> bool:
        """Whether a report is being made."""
        return self._work is not None

    @property
    def unfinished(self) -> int:
        """Studies without their line."""
        return len(self._pending)

    def lacks_lines(self) -> bool:
        """Whether a slice in the spool has no line: there was no memory for it, say."""
        try:
            names = os.listdir(self._spool)
        except OSError:
            return True
        return any(is_uid(name) and self._lacks_a_line(name) for name in names)

    def close(self) -> None:
        """Let others have it."""
        self._file.close()

    def _note(self, record: dict) -> None:
        place = self._place(record)
        if place is None:
            return
        name, file = place
        study = self._known.setdefault(name, _Study())
        study.slices += 1
        study.digest ^= slice_digest(file, record["file"].get("sha256"))
        study.last = self._clock()
        self._pending.add(name)

    def _place(self, record: dict) -> tuple[str, str] | None:
        """Study and name of the slice that a record is about; None: of none in the spool."""
        try:
            folder, file = os.path.split(str(record["file"]["path"]))
        except (KeyError, TypeError):
            return None
        parent, name = os.path.split(folder)
        return (name, file) if parent == self._spool and is_uid(name) else None

    def _lacks_a_line(self, name: str) -> bool:
        try:
            files = sum(one.endswith(".dcm") for one in os.listdir(os.path.join(self._spool, name)))
        except OSError:
            return False  # taken away
        study = self._known.get(name)
        return files > (study.slices if study else 0)

    def _begin_report(self, name: str, study: _Study) -> None:
        line, inputs = self._judge(name, study)
        self._work = _Work(name, line, study.digest)
        try:
            self._reports.begin(inputs)
        except EngineError as error:
            self._put_off(error)

    def _finish_report(self) -> None:
        if self._work is None:
            return
        try:
            outcome = self._reports.outcome()
        except EngineError as error:
            self._put_off(error)
            return
        if outcome == LATER:
            self._put_off()
        elif outcome is not None:
            work, self._work = self._work, None
            self.failed |= outcome != QUEUED
            work.line["report"] = "queued" if outcome == QUEUED else "failed"
            self._write(work.name, work.line, work.digest)

    def _put_off(self, error: EngineError | None = None) -> None:
        if error is not None:
            say(error)
        study, self._work = self._known[self._work.name], None
        study.not_before = self._clock() + study.pause
        study.pause = min(2 * study.pause, _LONGEST_PAUSE)

    def _judge(self, name: str, study: _Study) -> tuple[dict, Inputs]:
        """The line of a study, but for its report; and what that is made of."""
        folder = os.path.join(self._spool, name)
        mine = f'"{folder}/'.encode()
        by_instance: dict[str, dict[str, Outcome]] = {}
        model = None  # of the latest line
        for record in lines(self._results, mine):
            place = self._place(record)
            if place is not None and place[0] == name:
                instance = place[1].partition("-")[0].removesuffix(".dcm")
                outcome = as_outcome(record)
                by_instance.setdefault(instance, {})[outcome.path] = outcome
                model = outcome.prediction.model_sha256 if outcome.prediction else model
        of_each = (those_that_count(list(same.values())) for same in by_instance.values())
        found = of_one_model(list(chain.from_iterable(of_each)), model)
        results = list(self._by_series(found))
        verdicts = [one.verdict for one in results]
        line = {
            "study": folder,
            "version": study.version + 1,
            "verdict": study_verdict(verdicts, any(one.unread for one in results)),
            "slices": len(found),
            "series": [one.to_dict() for one in results],
            "notice": NOTICE,
            "content": f"{study.digest:032x}",
        }
        # What could not be read then is not tried again: it may have ended a process.
        return line, [
            (one.path, one.error if os.path.exists(one.path) else "it was taken away")
            for one in found
        ]

    def _write(self, name: str, line: dict, digest: int) -> None:
        self._file.append(line)
        study = self._known[name]
        study.version, study.judged = line["version"], digest
        study.pause = _FIRST_PAUSE
        if study.digest == digest:  # else slices came while the report was made
            self._pending.discard(name)
        self._written(line)

    def _by_series(self, outcomes: list[Outcome]) -> Iterator[SeriesResult]:
        by_path = {one.path: one for one in outcomes}
        there = [path for path in by_path if os.path.exists(path)]
        for series in group((path, None) for path in there):
            mine = [by_path[one.path] for one in series.slices if one.path in by_path]
            others = sum(one.error == BY_ANOTHER_MODEL for one in mine)
            text = BY_ANOTHER_MODEL if others == 1 else BY_ANOTHER_MODEL.replace("was", "were", 1)
            said = (f"{counted(others, 'slice')} {text}",) if others else ()
            remarks = (*series.remarks, *said)
            yield judge(series.name, series.series_hash, mine, self._rule, remarks)
        gone = [one for one in outcomes if one.path not in there]
        if gone:
            remark = (
                "files were taken away before the study was judged; of which series is not known"
            )
            yield judge(os.path.dirname(gone[0].path), None, gone, self._rule, (remark,))
