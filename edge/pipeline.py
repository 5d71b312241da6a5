"""Many scans, several at a time, results in the order of the inputs.

Each worker is a thread with an engine of its own that decodes, prepares and classifies one scan
after another. Pillow and the engines let go of Python's lock while they compute, so one scan is
decoded while another is classified, and N workers keep N cores busy. Queues are short: memory does
not grow with the number of scans.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from PIL.Image import Image

from edge.classifier import Classifier, Prediction
from edge.errors import EngineError, ImageError
from edge.quiet import silenced

Item = TypeVar("Item")
Result = TypeVar("Result")
Extra = Callable[[Classifier, str, Image, Prediction], Any]

_AHEAD = 4
"""Results that may wait for an earlier one, for each worker."""
_CHECK = 0.2
"""Seconds after which a thread that waits looks whether it is still wanted."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one input."""

    path: str
    """As given; "array" for an array."""
    prediction: Prediction | None
    error: str | None
    """Why there is no prediction; None if there is one."""
    extra: Any = None
    """What the `extra` function made of it (see `edge.explain`)."""


def classify_many(
    classifier: Classifier,
    scans: Iterable[str | os.PathLike | np.ndarray],
    *,
    jobs: int = 2,
    extra: Extra | None = None,
) -> Iterator[Outcome]:
    """Classify scans as they come, `jobs` at a time; outcomes stream in the order of `scans`.

        for outcome in classify_many(Classifier("cnn-int8.tflite"), sorted(Path("in").iterdir())):
            print(outcome.path, outcome.error or outcome.prediction.verdict)

    A scan that cannot be classified is an outcome with an `error`, not an exception.

    Args:
        scans: image files or arrays; a generator is read only a little ahead.
        jobs: scans in work at a time, 1 or more, each with an engine of the classifier's kind.
        extra: called by the worker with (classifier, path, decoded image, prediction); what it
            returns is the outcome's `extra`.

    Raises:
        ModelError, EngineError: another engine cannot be loaded.
    """
    return on_engines(classifier, classify_one, scans, jobs, extra)


def classify_one(
    classifier: Classifier, scan: str | os.PathLike | np.ndarray, extra: Extra | None = None
) -> Outcome:
    """Classify one scan; errors that concern it alone become part of the outcome."""
    path = "array" if isinstance(scan, np.ndarray) else os.fspath(scan)
    try:
        start = perf_counter()
        image = classifier.decode(scan)
        prediction = classifier.classify_image(image, (perf_counter() - start) * 1e3)
        made = extra(classifier, path, image, prediction) if extra else None
    except (ImageError, EngineError) as error:
        return Outcome(path, None, str(error))
    return Outcome(path, prediction, None, made)


def on_engines(
    classifier: Classifier,
    work: Callable[[Classifier, Item, Extra | None], Result],
    items: Iterable[Item],
    jobs: int,
    extra: Extra | None = None,
) -> Iterator[Result]:
    """`work(classifier, item, extra)` for each item, `jobs` at a time, results in order.

    Raises:
        ModelError, EngineError: another engine cannot be loaded.
    """
    with silenced():
        idle = deque([classifier, *(classifier.twin() for _ in range(jobs - 1))])

    def with_an_engine(item: Item) -> Result:
        mine = idle.popleft()  # never empty: there are as many as workers
        try:
            return work(mine, item, extra)
        finally:
            idle.append(mine)

    return in_order(with_an_engine, items, jobs)


def in_order(work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """`map(work, items)` on `jobs` threads, reading `items` at most a few ahead of the results.

    An exception of `work` or `items` is raised in its place. Closing the generator stops the
    workers after what they have in hand; a thread that waits for the next of `items` is left.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    from queue import Empty, Queue  # not for a single scan

    todo: Queue = Queue(maxsize=1)
    results: Queue = Queue(maxsize=_AHEAD * jobs)
    stop = Event()

    def feed() -> None:
        try:
            for item in items:
                slot = _Slot(item)
                # Into `results` first: that is what bounds how far the reading gets ahead.
                if not (_put(results, slot, stop) and _put(todo, slot, stop)):
                    return
            end = _Slot(None)
        except BaseException as error:
            end = _Slot(None, error)
        end.last = True
        end.done.set()
        for _ in workers:
            _put(todo, None, stop)
        _put(results, end, stop)

    def labour() -> None:
        while not stop.is_set():
            try:
                slot = todo.get(timeout=_CHECK)
            except Empty:
                continue
            if slot is None:
                return
            try:
                slot.result = work(slot.item)
            except BaseException as error:
                slot.error = error
            slot.done.set()

    workers = [Thread(target=labour, daemon=True) for _ in range(jobs)]
    for thread in [Thread(target=feed, daemon=True), *workers]:
        thread.start()
    try:
        while True:
            slot = results.get()
            slot.done.wait()
            if slot.error is not None:
                raise slot.error
            if slot.last:
                return
            yield slot.result
    finally:
        stop.set()
        for thread in workers:
            thread.join()


class _Slot:
    """One item on its way through the workers."""

    def __init__(self, item: Any, error: BaseException | None = None):
        self.item, self.result, self.error = item, None, error
        self.done, self.last = Event(), False


def _put(queue, slot: _Slot | None, stop: Event) -> bool:
    """Whether the slot found a place before everything was stopped."""
    from queue import Full

    while not stop.is_set():
        try:
            queue.put(slot, timeout=_CHECK)
        except Full:
            continue
        return True
    return False
