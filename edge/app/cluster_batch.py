"""`--cluster`: the batch of `--resume`, whose scans are classified by the workers of a cluster."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import chain, islice

from edge import __version__
from edge.app.batch import progress_of
from edge.app.inputs import expand
from edge.app.interrupts import Interrupts
from edge.app.resume import Run, run_resume
from edge.cluster.connect import LOCAL, check_workers, connected, why_not
from edge.cluster.errors import ClusterError
from edge.cluster.flow import run_tasks
from edge.cluster.worker import TaskDone, Work, classify_task
from edge.console.messages import say
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.inference.threads import cores
from edge.journal.file_state import FileState
from edge.parallel.scan_process import given_up

_SECONDS = 0.5
"""That a task should take: long beside what it costs the scheduler, short beside the whole."""
_FIRST, _MOST = 8, 512
"""Scans of a task, before it is known how long they take; and at most."""
_DEATHS = 4
"""Workers that a task may end, after which Dask gives it up (distributed's allowed-failures)."""


def run_cluster(classifier: Classifier, args: argparse.Namespace) -> int:
    """Classify those of `args.paths` that have no result yet, and return the exit status."""
    problem = why_not()
    if problem:
        return say(problem)
    if args.jobs and args.cluster != LOCAL:
        return say(
            "--jobs has no effect with --cluster ADDRESS, which has its workers; leave it out"
        )
    return run_resume(classifier, args, _ClusterRun)


class _ClusterRun(Run):
    """One run over the inputs, on a cluster."""

    def _classify(self, interrupts: Interrupts) -> None:
        args, work = self._args, self._work()
        with connected(args.cluster, args.jobs or cores()) as client:
            if not check_workers(client, work):
                self._tell(f"{args.cluster}: has no workers yet; they are waited for")
            if sys.stderr.isatty():
                self._progress = progress_of(args)
            inputs = expand(
                args.paths, self._tell, null=args.null, skip=None, shard=args.shard, urls=True
            )
            tasks = _Tasks(self._results.todo(inputs))
            while True:
                for states, result in run_tasks(client, classify_task, tasks, work):
                    with interrupts.held():
                        self._take_task(tasks, states, result)
                if not tasks.left:
                    return

    def _take_task(self, tasks: "_Tasks", states: list[FileState], result) -> None:
        if isinstance(result, TaskDone):
            tasks.took(len(states), result.seconds)
            for seen, done in zip(states, result.scans, strict=True):
                self._results.settle(seen, done.look, done.outcome)
                if self._progress:
                    self._progress.step()
        elif type(result).__name__ == "KilledWorker":
            # Its process should have died in the worker's place (`edge.cluster.worker`).
            if len(states) > 1:
                tasks.again(states)
            else:
                reason = "each time it ended a worker of the cluster"
                outcome = given_up(states[0].path, _DEATHS, reason)
                self._results.settle(states[0], self._looked(states[0].path), outcome)
        elif isinstance(result, CancelledError):
            raise ClusterError(
                f"{self._args.cluster}: the scheduler has gone, or has forgotten the work; the "
                "same command goes on when it is there again"
            )
        elif isinstance(result, EdgeError):
            raise result
        else:
            raise ClusterError(f"a worker failed ({type(result).__name__}: {str(result)[:300]})")

    def _work(self) -> Work:
        args, classifier = self._args, self._classifier
        engine = classifier.engine
        return Work(
            __version__,
            os.path.abspath(classifier.path),
            classifier.manifest.payload_sha256,
            args.trust and os.path.abspath(args.trust),
            args.signature,
            engine.name,
            engine.threads,
            engine.provider,
            classifier.max_pixels,
            args.frame,
            args.timeout,
            os.getcwd(),
        )


class _Tasks:
    """Scans by the task: as many as take about `_SECONDS`."""

    def __init__(self, states: Iterable[FileState]):
        self._states = iter(states)
        self._alone: list[FileState] = []
        self._size = _FIRST

    def __iter__(self) -> Iterator[list[FileState]]:
        while True:
            if self._alone:
                yield [self._alone.pop()]
                continue
            task = list(islice(self._states, self._size))
            if not task:
                return
            yield task

    @property
    def left(self) -> bool:
        """Whether there is more to do: the iteration had ended before some came back."""
        first = next(self._states, None)
        if first is not None:
            self._states = chain([first], self._states)
        return bool(self._alone) or first is not None

    def took(self, scans: int, seconds: float) -> None:
        """How long a task took, for the next ones."""
        wanted = round(_SECONDS * scans / max(seconds, 1e-6))
        # Half of the way: one task may have been slow for another reason.
        self._size = max(1, min(_MOST, (self._size + min(wanted, 4 * self._size)) // 2 or 1))

    def again(self, states: list[FileState]) -> None:
        """A task that ended its workers: its scans one by one."""
        self._alone += states
