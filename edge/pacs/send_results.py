"""`--send-results` and `--stow`: classify, report each study, and send what was made."""

import argparse
from importlib.util import find_spec

from edge.console.exit_status import DONE, FAILED
from edge.console.messages import say
from edge.errors import EdgeError, MissingSoftwareError
from edge.pacs.association.c_store import StoreDestination
from edge.pacs.association.tls import tls_of
from edge.pacs.deliver import deliver
from edge.pacs.destination import Destination
from edge.pacs.send_queue import SendQueue
from edge.pacs.web.stow import WebDestination

PATIENCE = 30.0
"""Seconds for which an archive that takes nothing is tried again before the command ends."""


def run_and_send(classifier, args: argparse.Namespace) -> int:
    """Classify the series among `args.paths`, send the results, return the exit status.

    Args:
        classifier: an `edge.inference.classifier.Classifier`, which sending alone does not load.
    """
    try:
        destination, queue = opened(args)
        from edge.app.series_batch import run_series
        from edge.pacs.report_studies import StudyReporter

        reporter = StudyReporter(classifier, queue, say)
    except EdgeError as error:
        return say(error)
    status = run_series(classifier, args, reporter)
    if status not in (DONE, FAILED):
        return status  # interrupted: what was queued is sent by the next call
    left = deliver_all(queue, destination, PATIENCE)
    return max(status, FAILED if left or reporter.failed else DONE)


def run_send(args: argparse.Namespace) -> int:
    """Send what waits, however long it takes; return the exit status."""
    try:
        destination, queue = opened(args, new=False)
    except EdgeError as error:
        return say(error)
    return FAILED if deliver_all(queue, destination, None) else DONE


def opened(args: argparse.Namespace, new: bool = True) -> tuple[Destination, SendQueue]:
    """Where results go, and what waits for it.

    Args:
        new: whether there may be no such queue yet.

    Raises:
        MissingSoftwareError: a package is not installed.
        QueueError: the queue is not to be used.
        EdgeError: a certificate or a key is not to be used.
    """
    option, package = ("--stow", "pydicom") if args.stow else ("--send-results", "pynetdicom")
    if find_spec(package) is None:
        raise MissingSoftwareError(
            f"{option} needs {package}; run: pip install 'mri-edge[pacs]'", package
        )
    tls = tls_of(args)
    if args.stow:
        destination = WebDestination(args.stow, tls)
        if destination.is_open:
            say(f"{args.stow}: WARNING: data of patients go over the network unencrypted")
    else:
        destination = StoreDestination(args.send_results, tls)
    return destination, SendQueue(args.queue, destination.name, new)


def deliver_all(queue: SendQueue, destination: Destination, patience: float | None) -> int:
    """As `edge.pacs.deliver.deliver`; says what is wrong, and that counts as one object."""
    try:
        return deliver(queue, destination, say, patience)
    except MissingSoftwareError as error:
        say(error)
    except OSError as error:
        say(f"{queue.folder}: cannot be written ({error.strerror or error})")
    except EdgeError as error:
        say(error)
    return 1
