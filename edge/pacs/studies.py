"""From the results of slices to those of their studies, each judged when nothing more comes.

A line a study, or a line more when later slices came, in a file beside the results; forced to disk
before anything else happens. Which slices a line is about stands in it as a digest, so that a
restart judges no study twice and forgets none. The verdict of each series is that of `--series`.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edge import NOTICE
from edge.errors import EdgeError
from edge.inference.classifier import Prediction
from edge.model_file import bounded_json
from edge.model_file.manifest import Manifest
from edge.pacs.uids import is_uid
from edge.parallel.pipeline import Outcome
from edge.series.grouping import group
from edge.series.result import SeriesResult, judge
from edge.series.rule import rule_for

_ORDER = ("tumor", "uncertain", "no_tumor", "rejected")
"""The verdict of a study is the first of these that one of its series has."""
_BEGIN = b'{"study": '
_WIDTH = 16


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


class Studies:
    """The studies of a spool.

    Args:
        spool: its folder.
        results: the file of the slices' results.
        settle: seconds without a new slice after which a study is judged.
        written: takes each line of a study.
        clock: seconds that only ever grow.

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
    ):
        self._spool, self._results = os.path.abspath(spool), results
        self._rule, self._settle = rule_for(manifest), settle
        self._written, self._clock = written, clock
        self.path = studies_path(results)
        self._known: dict[str, _Study] = {}
        self._pending: set[str] = set()
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise EdgeError(
                f"{self.path}: another edge-classify is writing to it; stop that one first"
            ) from None
        for record in _lines(results):
            self._note(record)
        self._read_own()

    @property
    def descriptor(self) -> int:
        """Of the open file, which a forked process must close: its lock is shared."""
        return self._file

    def add(self, path: str, sha256: str | None) -> None:
        """A slice has its line."""
        self._note({"file": {"path": os.path.abspath(path), "sha256": sha256}})

    def judge_due(self, at_once: bool = False) -> float | None:
        """Judge what is due; seconds until something else may be, None if nothing waits.

        Args:
            at_once: nothing more will come.
        """
        soonest = None
        for name in sorted(self._pending):
            study = self._known[name]
            left = study.last + self._settle - self._clock()
            if not at_once and left <= 0 and self._lacks_a_line(name):
                study.last = self._clock()
                left = self._settle
            if at_once or left <= 0:
                self._judge(name, study)
                self._pending.discard(name)
            else:
                soonest = left if soonest is None else min(soonest, left)
        return soonest

    def lacks_lines(self) -> bool:
        """Whether a slice in the spool has no line: there was no memory for it, say."""
        try:
            names = os.listdir(self._spool)
        except OSError:
            return True
        return any(is_uid(name) and self._lacks_a_line(name) for name in names)

    def close(self) -> None:
        """Let others have it."""
        os.close(self._file)

    def _note(self, record: dict) -> None:
        place = self._place(record)
        if place is None:
            return
        name, file = place
        study = self._known.setdefault(name, _Study())
        study.slices += 1
        study.digest ^= _digest(file, record["file"].get("sha256"))
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

    def _judge(self, name: str, study: _Study) -> None:
        folder = os.path.join(self._spool, name)
        mine = f'"{folder}/'.encode()
        found: dict[str, Outcome] = {}
        for record in _lines(self._results, mine):
            place = self._place(record)
            if place is not None and place[0] == name:
                outcome = _outcome(record)
                # Of two files of one instance the later one counts.
                found[place[1].partition("-")[0].removesuffix(".dcm")] = outcome
        results = list(self._by_series(list(found.values())))
        study.version += 1
        verdicts = {one.verdict for one in results}
        line = {
            "study": folder,
            "version": study.version,
            "verdict": next(
                word for word in (*_ORDER, "rejected") if word in verdicts or not verdicts
            ),
            "slices": len(found),
            "series": [one.to_dict() for one in results],
            "notice": NOTICE,
            "content": f"{study.digest:032x}",
        }
        data = f"{json.dumps(line)}\n".encode()
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)
        study.judged = study.digest
        self._written(line)

    def _by_series(self, outcomes: list[Outcome]) -> Iterator[SeriesResult]:
        by_path = {one.path: one for one in outcomes}
        there = [path for path in by_path if os.path.exists(path)]
        for series in group((path, None) for path in there):
            mine = [by_path[one.path] for one in series.slices if one.path in by_path]
            yield judge(series.name, series.series_hash, mine, self._rule, series.remarks)
        gone = [one for one in outcomes if one.path not in there]
        if gone:
            remark = (
                "files were taken away before the study was judged; of which series is not known"
            )
            yield judge(os.path.dirname(gone[0].path), None, gone, self._rule, (remark,))

    def _read_own(self) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        whole = 0
        with open(self._file, "rb", closefd=False) as file:
            for data in file:
                if not data.endswith(b"\n"):
                    break
                whole += len(data)
                try:
                    line = bounded_json.loads(data)
                    name = os.path.basename(line["study"])
                    study = self._known.setdefault(name, _Study())
                    study.judged = int(line["content"], 16)
                    study.version = int(line["version"])
                except (ValueError, TypeError, KeyError):
                    continue
        os.ftruncate(self._file, whole)  # a line that was cut short, its study is judged again
        for name, study in self._known.items():
            if study.digest == study.judged:
                self._pending.discard(name)


def studies_path(results: str) -> str:
    """Where the studies' lines stand, beside the slices'."""
    stem, suffix = os.path.splitext(results)
    return f"{stem}.studies{suffix}"


def _lines(path: str, part: bytes = b"") -> Iterator[dict]:
    """The records of a file of results that hold some bytes; none if it is not there."""
    try:
        with open(path, "rb") as file:
            for data in file:
                if part in data:
                    try:
                        record = bounded_json.loads(data.strip(b"\0\r\n"), bounded_json.LINE)
                    except ValueError:
                        continue
                    if isinstance(record, dict):
                        yield record
    except FileNotFoundError:
        return


def _outcome(record: dict) -> Outcome:
    """A line of results as it was before it was written."""
    path = record["file"]["path"]
    if record.get("verdict") is None:
        return Outcome(path, None, record.get("error") or "could not be read")
    reason, probability = record.get("reason"), record.get("probability")
    return Outcome(
        path,
        Prediction(
            verdict=record["verdict"],
            probability=probability,
            reason=reason,
            model=record["model"],
            model_sha256=record["model_sha256"],
            synthetic=record["synthetic"],
            decode_ms=0.0,
            preprocess_ms=0.0,
            inference_ms=0.0,
            doubtful=probability is not None and reason is not None,
            file_sha256=record.get("file_sha256") or "",
            signer=record.get("signer"),
            signer_key_id=record.get("signer_key_id"),
        ),
        None,
    )


def _digest(name: str, sha256: str | None) -> int:
    text = f"{name} {sha256}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=_WIDTH).digest(), "big")
