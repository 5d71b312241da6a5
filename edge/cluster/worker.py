"""What runs on a worker of a cluster: one model, loaded once, and a process that may die of a scan.

The worker itself reads no scan's pixels: the process does, a fork of it, so a scan that ends its
process does not end the worker, and Dask need not count deaths.
"""

import os
import pickle
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, local
from typing import Any

from edge import __version__
from edge.cluster.errors import ClusterError
from edge.cluster.task_process import Done, TaskProcess, as_named
from edge.console.streams import silenced
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.journal.content import looking
from edge.journal.file_state import FileState
from edge.model_file.container import find_trust, read_model
from edge.parallel.pipeline import Outcome
from edge.parallel.process_pool import Attempt, ProcessPool
from edge.parallel.scan_process import Death, ScanProcess, given_up
from edge.parallel.worker_process import can_fork

MOST = 2
"""Processes that a scan may end; it is not tried again then."""


@dataclass(frozen=True)
class Work:
    """What every worker must have, and how it is to work."""

    version: str
    """Of mri-edge."""
    model: str
    """Absolute path."""
    payload_sha256: str
    trust: str | None
    signature: str | None
    engine: str
    threads: int
    provider: str
    max_pixels: int
    frame: int | None
    longest: float
    """Seconds that a scan may take."""
    folder: str
    """Where names of files begin that are not absolute."""


@dataclass(frozen=True)
class TaskDone:
    """What became of the scans of a task, in their order."""

    packed: bytes
    """As the process that classified them packed it; the worker only passes it on."""
    seconds: float

    @property
    def scans(self) -> list[Done]:
        """To be asked once."""
        return pickle.loads(self.packed)


class _Loaded:
    """The model of this worker, and a process for each of its threads."""

    def __init__(self, work: Work):
        if work.version != __version__:
            raise ClusterError(
                f"has mri-edge {__version__}, and not {work.version}; install the same on all"
            )
        try:
            trust = find_trust(work.trust, work.signature)
            with silenced():
                self.classifier = Classifier(
                    read_model(work.model, trust),
                    engine=work.engine,
                    threads=work.threads,
                    max_pixels=work.max_pixels,
                    frame=work.frame,
                    provider=work.provider,
                )
        except EdgeError as error:
            raise ClusterError(f"cannot load the model ({error})") from None
        found = self.classifier.manifest.payload_sha256
        if found != work.payload_sha256:
            raise ClusterError(
                f"has another model in {work.model} ({found[:12]}... and not "
                f"{work.payload_sha256[:12]}...); put the same file on all"
            )
        self._work, self._threads = work, local()

    @property
    def pool(self) -> ProcessPool:
        """A process, of the calling thread."""
        if not hasattr(self._threads, "pool"):
            look, longest = looking(self._work.max_pixels), self._work.longest
            self._threads.pool = ProcessPool(
                lambda: ScanProcess(self.classifier, None, _sockets, longest, look)
            )
        return self._threads.pool

    @property
    def process(self) -> TaskProcess | None:
        """One that takes whole tasks, of the calling thread; None: the engine allows no fork."""
        if not can_fork(self.classifier.engine):
            return None
        if not hasattr(self._threads, "process"):
            self._threads.process = TaskProcess(self.classifier, self._work.longest, _sockets)
        return self._threads.process


@dataclass(frozen=True)
class _Ask:
    """A scan as its process is asked for it."""

    number: int
    """In its task."""
    path: str
    scan: Any = None
    """Its bytes, if it is no file."""
    outcome: Outcome | None = None
    """What is known without asking."""


_turn = Lock()
_loaded: dict[Work, _Loaded] = {}


def _load(work: Work) -> _Loaded:
    with _turn:
        if work not in _loaded:
            _loaded.clear()  # one model a worker
            _loaded[work] = _Loaded(work)
        return _loaded[work]


def prepare(work: Work) -> str | None:
    """Load the model; what is wrong with this worker, or None."""
    try:
        _load(work)
    except ClusterError as error:
        return str(error)
    return None


def classify_task(states: list[FileState], work: Work) -> TaskDone:
    """Classify some scans.

    Raises:
        ClusterError: this worker has another version or model.
    """
    start, packed = time.perf_counter(), None
    try:
        loaded = _load(work)
    except ClusterError as error:
        raise ClusterError(f"the worker on {os.uname().nodename} {error}") from None
    if loaded.process and not any(state.is_remote for state in states):
        packed = loaded.process(states, work.folder)
    if packed is None:
        packed = pickle.dumps(_one_by_one(loaded.pool, states, work), pickle.HIGHEST_PROTOCOL)
    return TaskDone(packed, time.perf_counter() - start)


def _one_by_one(pool: ProcessPool, states: list[FileState], work: Work) -> list[Done]:
    """So that it is known which scan ends its process; and scans of URLs are read ahead."""
    done: dict[int, Done] = {}
    again: list[Attempt[_Ask]] = []

    def unknown() -> Iterator[_Ask]:
        for ask in _asks(states, work):
            if ask.outcome is None:
                yield ask
            else:
                done[ask.number] = Done(ask.outcome, None)

    for attempt in pool.attempts(unknown(), 1, lambda ask: None):
        if isinstance(attempt.outcome, Death):
            again.append(attempt)
        else:
            done[attempt.item.number] = Done(attempt.outcome, attempt.looked)
    for attempt in again:
        done[attempt.item.number] = _once_more(pool, attempt, work)
    return [as_named(done[number], state.path) for number, state in enumerate(states)]


def _asks(states: list[FileState], work: Work) -> Iterator[_Ask]:
    """What the process is to be asked for; scans of URLs are read."""

    def ask(number: int) -> _Ask:
        return _Ask(number, os.path.join(work.folder, states[number].path))

    if not any(state.is_remote for state in states):
        yield from map(ask, range(len(states)))
        return
    from edge.remote.read import ScanBytes
    from edge.remote.read_ahead import read_ahead

    def read(number: int, got: ScanBytes | Exception) -> _Ask:
        path = states[number].path
        if isinstance(got, ScanBytes):
            return _Ask(number, path, got)
        if isinstance(got, EdgeError):
            return _Ask(number, path, outcome=Outcome(path, None, str(got), unread=True))
        raise got

    def scan_of(number: int) -> Any:
        return getattr(states[number], "remote", None)

    for one in read_ahead(range(len(states)), scan_of, read, work.max_pixels):
        yield one if isinstance(one, _Ask) else ask(one)


def _once_more(pool: ProcessPool, attempt: Attempt[_Ask], work: Work) -> Done:
    """Try a scan again that has ended its process, alone."""
    ask, look = attempt.item, attempt.looked
    for death in range(1, MOST + 1):
        outcome = attempt.outcome
        if not isinstance(outcome, Death):
            return Done(outcome, attempt.looked)
        if not outcome.blame:
            return Done(Outcome(ask.path, None, f"{ask.path}: {outcome.reason}", unread=True), look)
        if death < MOST:
            (attempt,) = pool.attempts([ask], 1, lambda ask: None)
    if ask.scan is None:
        look, file = looking(work.max_pixels)(ask.path)
        if file is not None:
            file.close()
    return Done(given_up(ask.path, MOST, outcome.reason), look)


def _sockets() -> list[int]:
    """The worker's, which its process must not hold: nobody would see that the worker has died."""
    found = []
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    found.append(int(name))
    return found
