"""A Dask cluster: one that is there already, or one of this machine's cores."""

import asyncio
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from edge.cluster.errors import ClusterError
from edge.cluster.worker import Work, prepare

LOCAL = "local"
_SECONDS = 10
"""To reach a scheduler."""
LOCAL_SETTINGS = {
    # Of workers that only wait for another process, there is nothing to be learnt.
    "distributed.worker.profile.enabled": False,
    # Without Dask's MALLOC_TRIM_THRESHOLD_: each scan's memory would go back to the system, and be
    # asked for again with the next.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}
_INSTALL = "pip install 'mri-edge[dask]'"


def why_not() -> str | None:
    """Why there can be no cluster here; None if there can."""
    if find_spec("distributed") is not None:
        return None
    return f"--cluster needs distributed, not installed here; run: {_INSTALL}"


@contextmanager
def connected(address: str, workers: int) -> Iterator:
    """A client of the cluster at an address; `LOCAL` starts one with so many workers.

    Raises:
        ClusterError: nobody answers there, or another software or version.
    """
    import dask

    warnings.simplefilter("ignore")
    _silence()
    # Of a scheduler that is gone: 30 seconds would be waited for its return.
    dask.config.set({"distributed.comm.timeouts.connect": f"{_SECONDS}s"})
    if address == LOCAL:
        with _local(workers) as client:
            yield client
        return
    from distributed import Client

    try:
        asyncio.run(_probe(address))
        client = Client(address, timeout=_SECONDS, set_as_default=False)
    except ValueError as error:
        raise ClusterError(
            f"{address}: is no address of a scheduler ({error}); as in --cluster tcp://host:8786"
        ) from None
    except Exception as error:
        raise ClusterError(
            f"{address}: no Dask scheduler answers there ({type(error).__name__}); start one with "
            "`dask scheduler`, or use --cluster local"
        ) from None
    try:
        _check_versions(client, address)
        yield client
    finally:
        _closed(client)


async def _probe(address: str) -> None:
    """See that a Dask process answers: the client waits for ever for one that says nothing."""
    from distributed.comm.core import connect

    comm = await asyncio.wait_for(connect(address, timeout=_SECONDS), _SECONDS)
    comm.abort()


def _silence() -> None:
    """What fails is told by our own errors; Dask logs it as well, with tracebacks."""
    import distributed.client  # which sets the levels

    for name in (*logging.Logger.manager.loggerDict, "tornado"):
        if name.partition(".")[0] in (distributed.__name__, "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def _local(workers: int):
    import dask
    from distributed import Client, LocalCluster

    dask.config.set(LOCAL_SETTINGS)
    try:
        # Memory is looked after by the price of each scan (edge.scan.memory_price).
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
    except (OSError, RuntimeError) as error:
        raise ClusterError(
            f"no cluster can be started on this machine ({type(error).__name__}: {error})"
        ) from None
    try:
        client = Client(cluster, set_as_default=False)
        try:
            yield client
        finally:
            _closed(client)
    finally:
        try:
            cluster.close(timeout=5)
        except Exception:
            logging.getLogger(__name__).debug("the cluster did not close in time")


def _closed(client) -> None:
    try:
        client.close(timeout=5)
    except Exception:
        logging.getLogger(__name__).debug("the client did not close in time")


def _check_versions(client, address: str) -> None:
    """Raise if the scheduler or a worker has another Dask or another Python than this process."""
    import distributed

    try:
        found = client.get_versions()
    except Exception as error:
        raise ClusterError(
            f"{address}: does not tell its versions ({type(error).__name__}); install the same "
            f"distributed there as here, {distributed.__version__}"
        ) from None
    ours = {"distributed": distributed.__version__, "python": _python(sys.version)}
    theirs = [("the scheduler", found["scheduler"]), *found["workers"].items()]
    for who, one in theirs:
        packages = one["packages"]
        for name, here in ours.items():
            there = packages[name]
            if name == "python":
                there = _python(there)
            if there != here:
                raise ClusterError(
                    f"{address}: {who} has {name} {there}, and this machine {here}; install the "
                    "same on all"
                )


def _python(version: str) -> str:
    return ".".join(version.split(".")[:2])


def check_workers(client, work: Work) -> int:
    """Have each worker load the model; how many there are.

    Raises:
        ClusterError: one has no mri-edge, another version, or another model.
    """
    answers = client.run(prepare, work, on_error="return")
    for who, problem in answers.items():
        if isinstance(problem, BaseException):
            missing = isinstance(problem, ImportError)
            why = f"has no mri-edge {work.version}" if missing else f"failed ({problem})"
            raise ClusterError(f"the worker {who} {why}; install the same on all")
        if problem:
            raise ClusterError(f"the worker {who} {problem}")
    return len(answers)
