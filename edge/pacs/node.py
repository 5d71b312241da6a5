"""`edge-classify --scp` and its sources: a spool that fills over the network, and is watched.

Slices come in a process of their own (`edge.pacs.spool_process`), and what classifies them is
`edge.service.watch`, as in a folder: a slice that was acknowledged is on disk, and what is on disk
gets its line once, whatever is killed in between.
"""

import argparse
import os
import socket
from typing import TYPE_CHECKING

from edge.console.exit_status import DONE, FAILED
from edge.console.messages import say
from edge.console.network_types import Peer
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.pacs.association.receiver import Receiver, Terms, listen
from edge.pacs.association.tls import tls_of
from edge.pacs.association.transfer_syntaxes import decodable
from edge.pacs.patient_folder import make_folder, open_alone
from edge.pacs.spool import Spool
from edge.pacs.spool_arrivals import SpoolArrivals
from edge.pacs.spool_process import SpoolProcess
from edge.pacs.uids import ENHANCED_MR_IMAGE, MR_IMAGE, OWN_TITLE
from edge.parallel.worker_process import can_fork
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.max_pixels import max_file_bytes
from edge.service.watch import RESULTS, run_watch

if TYPE_CHECKING:
    from edge.pacs.destination import Destination
    from edge.pacs.send_queue import SendQueue
    from edge.pacs.source import Source

_LOCK = ".lock"
"""In the spool."""
_PRIVILEGED = 1024


def run_node(classifier: Classifier, args: argparse.Namespace) -> int:
    """Fill the spool and classify what lies in it. A receiver runs until it is stopped; what asks
    an archive ends when all of it is done, with 1 if something is missing or was not classified."""
    try:
        load_pydicom()
        from pydicom import filereader, pixels  # noqa: F401  before the fork, so that it is shared
    except ImportError:
        return say("a node needs pydicom; run: pip install 'mri-edge[pacs]'")
    args.watch = args.spool
    args.out = args.out or os.path.join(args.spool, RESULTS)
    lock = listening = None
    try:
        tls = tls_of(args)
        sending = _sending(classifier, args)
        lock = _lock(args.spool)
        listening = _listen(args.scp) if args.scp else None
        terms = Terms(
            # An enhanced image has many frames, of which one is classified if it is said which.
            (MR_IMAGE, ENHANCED_MR_IMAGE) if args.frame else (MR_IMAGE,),
            tuple(decodable()),
            args.scp.title if args.scp else None,
            tuple(args.allow_aet or ()),
            tuple(args.allow_host or ()),
            tls,
        )
        return _run(classifier, args, terms, listening, lock, sending)
    except EdgeError as error:
        return say(error)
    finally:
        if listening is not None:
            listening.close()
        if lock is not None:
            os.close(lock)


def _run(classifier, args, terms: Terms, listening, lock: int, sending) -> int:
    source = _source(args, terms, listening)

    def work(spool: Spool) -> int:
        if source is not None:
            return source.fetch(args.study, args.since, spool)
        Receiver(spool, terms, say).serve(listening)
        return FAILED

    process = SpoolProcess(
        args.spool,
        max_file_bytes(classifier.max_pixels),
        work,
        [listening.fileno()] if listening else [],
        again=source is None,
    )
    began = None if source else lambda: _say_who_may_send(args, terms)
    arrivals = SpoolArrivals(process, classifier, args, lock, sending, began)
    status = run_watch(classifier, args, arrivals)
    if status == DONE and source is not None:
        left = 0
        if sending:
            from edge.pacs.send_results import PATIENCE, deliver_all

            destination, queue = sending
            left = deliver_all(queue, destination, PATIENCE)
        return DONE if arrivals.complete and not left else FAILED
    return status


def _sending(classifier: Classifier, args) -> "tuple[Destination, SendQueue] | None":
    """Where results go, and the queue; None: nowhere."""
    if not (args.send_results or args.stow):
        return None
    if not can_fork(classifier.engine):
        option = "--stow" if args.stow else "--send-results"
        raise EdgeError(
            f"{option} makes reports in a process beside the node, for which the engine must have "
            "one thread on the processor: leave out --threads, and give --provider cpu"
        )
    queue, spool = os.path.realpath(args.queue), os.path.realpath(args.spool)
    if f"{queue}/".startswith(f"{spool}/") or f"{spool}/".startswith(f"{queue}/"):
        # What waits would be classified.
        raise EdgeError(
            f"{args.queue}: the queue and the spool cannot lie in one another; name another"
        )
    # Reports take memory that a node which sends none does without.
    from edge.pacs.send_results import opened

    return opened(args)


def _lock(spool: str) -> int:
    """Make the spool if it is not there, and hold it: one node fills it and judges its studies."""
    if make_folder(spool):
        say(f"{spool}: was not there and is made")
    try:
        lock = open_alone(os.path.join(spool, _LOCK))
    except OSError as error:
        raise EdgeError(f"{spool}: cannot be used ({error.strerror or error})") from None
    if lock is None:
        raise EdgeError(f"{spool}: is the spool of another node that runs; stop that one first")
    return lock


def _listen(peer: Peer) -> socket.socket:
    try:
        return listen(peer)
    except OSError as error:
        why = f"{peer}: cannot be used ({error.strerror or error})"
        if isinstance(error, PermissionError) and peer.port < _PRIVILEGED:
            why += f"; ports below {_PRIVILEGED} need a privilege: take another, such as 11112"
        raise EdgeError(why) from None


def _say_who_may_send(args, terms: Terms) -> None:
    where = f"{args.scp.title or 'any AE title'} on {args.scp.host}:{args.scp.port}"
    say(f"receiving as {where}; {len(terms.syntaxes)} transfer syntaxes are decoded here")
    if not (terms.callers or terms.networks) and not _is_loopback(args.scp.host):
        say("anybody who reaches this address may send: see --allow-aet, --allow-host, --tls-ca")


def _source(args, terms: Terms, listening) -> "Source | None":
    """The archive that is to be asked, if one is."""
    if args.dicomweb:
        from edge.pacs.web.dicomweb import DicomWeb

        return DicomWeb(args.dicomweb, terms, say)
    if args.query_retrieve:
        from edge.pacs.association.query_retrieve import Archive

        own = (args.scp and args.scp.title) or OWN_TITLE
        return Archive(args.query_retrieve, own, terms, listening, say)
    return None


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
