"""A stream of tasks through a Dask cluster: only so many at a time, results as they come."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

Task = TypeVar("Task")

_WAITING = 2
"""Tasks that lie ready for each thread of the workers, besides the one that it works on."""
_LEAST = 16
"""Tasks that are handed out even if there is no worker yet: an adaptive cluster starts them for
work that waits."""
_ASK_SECONDS = 2.0


def run_tasks(
    client, work: Callable[..., Any], tasks: Iterable[Task], *common: Any
) -> Iterator[tuple[Task, Any]]:
    """`work(task, *common)` for each task, on whichever worker; (task, result) as they end.

    The result is the exception where the task has failed; CancelledError where the scheduler has
    forgotten it. A task whose worker has died runs again on another; Dask gives up after the
    fourth, with KilledWorker.

    Args:
        client: of `distributed`.
        work: a function of a module that workers can import.
    """
    from distributed import as_completed

    source = iter(tasks)
    running: dict[str, Task] = {}
    # Results are fetched while others come: one at a time, each would wait for its way there.
    ended = as_completed([], loop=client.loop, with_results=True, raise_errors=False)
    room = _Room(client)

    def submit() -> None:
        for task in islice(source, max(0, room() - len(running))):
            future = client.submit(work, task, *common, pure=False)
            running[future.key] = task
            ended.add(future)

    try:
        submit()
        for future, result in ended:
            if future.status == "error":
                result = result[1]
            task = running.pop(future.key)
            future.release()
            submit()
            yield task, result
    finally:
        ended.clear()


class _Room:
    """How many tasks may be in the cluster's hands; asked anew, for workers come and go."""

    def __init__(self, client):
        self._client, self._known, self._asked = client, 0, None

    def __call__(self) -> int:
        now = monotonic()
        if self._asked is None or now - self._asked > _ASK_SECONDS:
            threads = sum(self._client.nthreads().values())
            self._known, self._asked = max(_LEAST, (1 + _WAITING) * threads), now
        return self._known
