"""Many scans, several at a time, results in the order of the inputs.

Each worker has an engine of its own, and decodes, prepares and classifies one scan after another,
so one scan is decoded while another is classified, and N workers keep N cores busy. A worker is a
thread (Pillow and the engines let go of Python's lock while they compute) or, where the caller
allows it, a process (`edge.parallel.worker_process`). Queues are short: memory does not grow with
the number of scans.
"""

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Event, Lock, Thread
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from edge.console.streams import silenced
from edge.errors import (
    EngineError,
    ImageError,
    MissingSoftwareError,
    ModelError,
    ShortOfMemoryError,
)
from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined, Prediction
from edge.scan.memory_price import share_turns

Item = TypeVar("Item")
Result = TypeVar("Result")
Extra = Callable[[Classifier, str, Examined], Any]

_TOGETHER, _QUICK = 8, 0.005
"""Items that a process gets at a time if it takes less than so many seconds for each."""
_AHEAD = 4
"""Results that may wait for an earlier one, for each worker."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one input."""

    path: str
    """As given; "array" for an array."""
    prediction: Prediction | None
    error: str | None
    """Why there is no prediction; None if there is one."""
    extra: Any = None
    """What the `extra` function made of it (see `edge.saliency.explain`)."""
    extra_error: str | None = None
    """Why that function could make nothing of it; the prediction is no worse for it."""
    unread: bool = False
    """Whether the system would not let the file be read (no permission, a failing disk, no memory
    for it now), so that the error says nothing about what is in it."""
    short: bool = False
    """Whether that is for want of memory."""
    missing: str | None = None
    """The module that would read the file and is not installed; the file may be fine."""


def classify_many(
    classifier: Classifier,
    scans: Iterable[str | os.PathLike | np.ndarray],
    *,
    jobs: int = 2,
    extra: Extra | None = None,
    processes: bool = False,
) -> Iterator[Outcome]:
    """Classify scans as they come, `jobs` at a time; outcomes stream in the order of `scans`.

        for outcome in classify_many(Classifier("cnn-int8.tflite"), sorted(Path("in").iterdir())):
            print(outcome.path, outcome.error or outcome.prediction.verdict)

    A scan that cannot be classified is an outcome with an `error`, not an exception.

    Args:
        scans: image files or arrays; a generator is read only a little ahead.
        jobs: scans in work at a time, 1 or more, each with an engine of the classifier's kind.
        extra: called by the worker with (classifier, path, examined), the last an
            `edge.inference.prediction.Examined`; what it returns is the outcome's `extra`, an
            ImageError or EngineError its `extra_error`.
        processes: True: the workers are forks of this process where the engine allows it, which
            is faster for small models. Only for programs without threads of their own.

    Raises:
        ValueError: fewer than one job.
        ModelError, EngineError: another engine cannot be loaded; while iterating, a worker
            process was killed, or the model's manifest asks for what there is not.
    """
    return on_engines(classifier, classify_one, scans, jobs, extra, processes)


def classify_one(
    classifier: Classifier,
    scan: str | os.PathLike | np.ndarray | object,
    extra: Extra | None = None,
    frame: int | None = None,
    name: str | None = None,
) -> Outcome:
    """Classify one scan; errors that concern it alone become part of the outcome.

    Args:
        frame: of a file with several, from 1; None: the classifier's own.
        name: of the outcome; None: as the scan is named.
    """
    path = name or (os.fspath(scan) if isinstance(scan, str | os.PathLike) else _kind(scan))
    try:
        found = classifier.examine(scan, frame, whole=extra is not None)
    except (ImageError, EngineError) as error:
        missing = error.package if isinstance(error, MissingSoftwareError) else None
        short = isinstance(error, ShortOfMemoryError)
        unread = short or _is_unread(error)
        return Outcome(path, None, str(error), unread=unread, missing=missing, short=short)
    except MemoryError:
        reason = f"{path}: memory ran out while it was classified; try again when more is free"
        return Outcome(path, None, reason, unread=True, short=True)
    except ModelError as error:
        if str(classifier.path) in str(error):
            raise
        raise ModelError(f"{classifier.path}: {error}") from error
    prediction = found.prediction
    if not extra or found.image is None:
        return Outcome(path, prediction, None)
    try:
        return Outcome(path, prediction, None, extra(classifier, path, found))
    except (ImageError, EngineError) as error:
        return Outcome(path, prediction, None, extra_error=str(error))
    except MemoryError:
        reason = f"{path}: there is no memory for its picture"
        return Outcome(path, prediction, None, extra_error=reason)


def _kind(scan: object) -> str:
    """What stands for the name of what is no file."""
    name = getattr(scan, "scan_name", None)  # as bytes have that came from a URL
    return name or ("array" if isinstance(scan, np.ndarray) else type(scan).__name__.lower())


def _is_unread(error: Exception) -> bool:
    cause = error.__cause__
    # Pillow's own OSErrors have no number, and EINVAL is where a damaged file made it seek to.
    return isinstance(cause, OSError) and cause.errno not in (None, errno.EINVAL)


def on_engines(
    classifier: Classifier,
    work: Callable[[Classifier, Item, Extra | None], Result],
    items: Iterable[Item],
    jobs: int,
    extra: Extra | None = None,
    processes: bool = False,
    at_hand: bool = False,
) -> Iterator[Result]:
    """`work(classifier, item, extra)` for each item, `jobs` at a time, results in order.

    The workers are there when this returns; arguments and errors are those of `classify_many`.

    Args:
        at_hand: whether the next item is there whenever it is asked for: processes then get several
            at a time, if they are quick. To hand one over takes a tenth of a millisecond.
    """
    if jobs < 1:
        raise ValueError(f"jobs: {jobs} is less than 1")
    if jobs == 1:
        return (work(classifier, item, extra) for item in items)
    if processes:
        from edge.parallel.worker_process import Worker, can_fork

        if can_fork(classifier.engine):
            share_turns()
            forks = [
                Worker(lambda some: [work(classifier, item, extra) for item in some])
                for _ in range(jobs)
            ]
            return _one_by_one(forks, items, at_hand)
    with silenced():
        engines = [classifier, *(classifier.twin() for _ in range(jobs - 1))]
    return _on([lambda item, one=one: work(one, item, extra) for one in engines], items)


class _Some(tuple):
    """Items that one worker gets together."""

    def __str__(self):
        return str(self[0]) + (f" or one of the {len(self) - 1} after it" * (len(self) > 1))


def _one_by_one(
    workers: list[Callable[[_Some], list[Result]]], items: Iterable[Item], at_hand: bool
) -> Iterator[Result]:
    """The results of workers that get several items at a time, as long as they are quick."""
    together = 1

    def timed(worker: Callable[[_Some], list[Result]], some: _Some) -> list[Result]:
        nonlocal together
        start = perf_counter()
        results = worker(some)
        quick = at_hand and perf_counter() - start < _QUICK * len(some)
        together = _TOGETHER if quick else 1
        return results

    def grouped() -> Iterator[_Some]:
        source = iter(items)
        while some := _Some(islice(source, together)):
            yield some

    found = _on(workers, grouped(), timed)
    try:
        for results in found:
            yield from results
    finally:
        found.close()


def _on(
    workers: list[Callable[[Item], Result]],
    items: Iterable[Item],
    call: Callable[[Callable[[Item], Result], Item], Result] = lambda worker, item: worker(item),
) -> Iterator[Result]:
    """`in_order` with whichever worker is free; closes those that want it."""
    idle = deque(workers)

    def with_a_worker(item: Item) -> Result:
        worker = idle.popleft()  # never empty: there is one for each thread
        try:
            return call(worker, item)
        finally:
            idle.append(worker)

    try:
        yield from in_order(with_a_worker, items, len(workers))
    finally:
        for worker in workers:
            getattr(worker, "close", lambda: None)()


def in_order(work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """`map(work, items)` on `jobs` threads, reading `items` at most a few ahead of the results.

    An exception of `work` or `items` is raised in its place. Closing the generator waits for what
    the workers have in hand; one that waits for the next of `items` is left behind.
    """
    from queue import SimpleQueue  # not for a single scan: a millisecond

    # Workers help themselves: with a thread that hands out the work, two of them were 1.4 times as
    # fast as one, so 1.8 times. SimpleQueue and plain locks are C code and never hold up others.
    source, turn = iter(items), Lock()
    slots: SimpleQueue = SimpleQueue()
    room: SimpleQueue = SimpleQueue()
    stop = Event()
    for _ in range(_AHEAD * jobs):
        room.put(True)

    def work_loop() -> None:
        while room.get() and not stop.is_set():
            slot = _Slot()
            with turn:
                if stop.is_set():
                    return
                try:
                    item = next(source)
                except BaseException as error:
                    stop.set()
                    slot.error = error
                    slot.last = isinstance(error, StopIteration)
                    slot.done.release()
                    slots.put(slot)
                    return
                slots.put(slot)
            try:
                slot.result = work(item)
            except BaseException as error:
                slot.error = error
            slot.done.release()

    for _ in range(jobs):
        Thread(target=work_loop, daemon=True).start()
    try:
        while True:
            slot = slots.get()
            slot.done.acquire()
            if slot.last:
                return
            if slot.error is not None:
                raise slot.error
            yield slot.result
            room.put(True)
    finally:
        stop.set()
        for _ in range(jobs):
            room.put(False)
        while not slots.empty():
            slots.get().done.acquire()


class _Slot:
    """The place of one item's result among the others."""

    def __init__(self):
        self.result, self.error, self.last = None, None, False
        self.done = Lock()
        self.done.acquire()
