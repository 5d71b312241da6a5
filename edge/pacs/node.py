"""`edge-classify --scp` and its sources: a spool that fills over the network, and is watched.

Slices come in a process of their own (`edge.pacs.spool_process`), and what classifies them is
`edge.service.watch`, as in a folder: a slice that was acknowledged is on disk, and what is on disk
gets its line once, whatever is killed in between.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edge.console.exit_status import DONE, FAILED
from edge.console.messages import drop_output, results, say
from edge.errors import EdgeError, EngineError
from edge.inference.classifier import Classifier
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.pacs.association.receiver import Receiver, Terms, listen
from edge.pacs.association.tls import Tls
from edge.pacs.association.transfer_syntaxes import decodable
from edge.pacs.spool import Spool
from edge.pacs.spool_process import SpoolProcess
from edge.pacs.studies import Studies
from edge.pacs.uids import ENHANCED_MR_IMAGE, MR_IMAGE
from edge.parallel.worker_process import can_fork
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.max_pixels import max_file_bytes
from edge.service.arrivals import Arrivals
from edge.service.folder import Folder
from edge.service.watch import RESULTS, run_watch

if TYPE_CHECKING:
    from edge.pacs.destination import Destination
    from edge.pacs.send_queue import SendQueue

OWN_TITLE = "MRI-EDGE"
"""The AE title to ask archives as where --scp names none."""
_SETTLE = 30.0
"""Seconds without a slice, if --settle does not say."""
_LOOK = 5.0
"""Seconds between two looks at the whole spool, which find what needs to be tried again."""
_SHARE = 0.02
"""Of the time that looks may take: a spool of very many files is looked at more rarely."""
_PAUSE, _LONGEST_WAIT = 0.05, 60.0
"""Seconds to wait for a slice, at least and at most."""


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
    syntaxes = decodable()
    # An enhanced image has many frames, of which one is classified if it is said which.
    classes = (MR_IMAGE, ENHANCED_MR_IMAGE) if args.frame else (MR_IMAGE,)
    listening = None
    try:
        tls = None
        if args.tls_cert or args.tls_ca:
            tls = Tls(args.tls_cert, args.tls_key, args.tls_ca)
            (tls.for_server if args.scp else tls.for_client)()
        os.makedirs(args.spool, exist_ok=True)
        if args.scp:
            listening = listen(args.scp)
    except OSError as error:
        return say(_why_not(args, error))
    terms = Terms(
        classes,
        tuple(syntaxes),
        args.scp.title if args.scp else None,
        tuple(args.allow_aet or ()),
        tuple(args.allow_host or ()),
        tls,
    )
    archive = _archive(args, terms, listening)
    sending = None
    if args.send_results or args.stow:
        problem = _why_not_sent(classifier, args)
        if problem:
            return say(problem)
        # Reports take memory that a node which sends none does without.
        from edge.pacs.send_results import PATIENCE, deliver_all, opened

        try:
            sending = opened(args)
        except EdgeError as error:
            return say(error)

    def work(spool: Spool) -> int:
        if archive is not None:
            return archive(spool)
        Receiver(spool, terms, say).serve(listening)
        return FAILED

    process = SpoolProcess(
        args.spool,
        max_file_bytes(classifier.max_pixels),
        work,
        [listening.fileno()] if listening else [],
        again=archive is None,
    )
    arrivals = SpoolArrivals(process, classifier, args, sending)
    if archive is None:
        where = f"{args.scp.title or 'any AE title'} on {args.scp.host}:{args.scp.port}"
        say(f"receiving as {where}; {len(syntaxes)} transfer syntaxes are decoded here")
        if not (args.allow_aet or args.allow_host) and not _is_loopback(args.scp.host):
            say(
                "anybody who reaches this address may send: see --allow-aet, --allow-host, --tls-ca"
            )
    status = run_watch(classifier, args, arrivals)
    if listening:
        listening.close()
    if status == DONE and archive is not None:
        left = deliver_all(sending[1], sending[0], PATIENCE) if sending else 0
        return DONE if arrivals.complete and not left else FAILED
    return status


class SpoolArrivals(Arrivals):
    """Learns of slices from the process that brings them, and judges studies.

    Args:
        sending: where results go, and the queue; None: nowhere.
    """

    def __init__(
        self,
        process: SpoolProcess,
        classifier: Classifier,
        args: argparse.Namespace,
        sending: "tuple[Destination, SendQueue] | None" = None,
    ):
        super().__init__(args.spool, 0.0)  # a file has its name once it is whole
        self._process, self._manifest = process, classifier.manifest
        self._reports = self._sender = self._journal = None
        if sending:
            from edge.pacs.report_process import ReportProcess, SendProcess

            destination, queue = sending
            self._reports = ReportProcess(classifier, queue, self._foreign)
            self._sender = SendProcess(queue, destination, self._foreign)
        self._spool, self._calm = args.spool, args.settle or _SETTLE
        self._studies: Studies | None = None
        self._fresh: list[str] = []
        self._next_look = 0.0
        self._idle = self._failed = False
        self._wait = 0.0

    @property
    def complete(self) -> bool:
        """Whether all came that should, and was classified."""
        return self._process.status == DONE and not self._failed

    def begin(self, journal: Journal) -> str:
        self._journal = journal
        self._studies = Studies(
            self._spool,
            journal.path,
            self._manifest,
            self._calm,
            _write_study,
            reports=self._reports,
        )
        foreign = [self._studies.descriptor]
        if journal.descriptor is not None:
            foreign.append(journal.descriptor)
        self._process.start(foreign)
        return "each slice as it comes"

    def descriptors(self) -> list[int]:
        own = [] if self._studies is None else [self._studies.descriptor]
        return [*own, *self._process.descriptors()]

    def _foreign(self) -> list[int]:
        held = None if self._journal is None else self._journal.descriptor
        return [*self.descriptors(), *([] if held is None else [held])]

    def ready(
        self,
        folder: Folder,
        done: Callable[[FileState], bool],
        again: Iterable[str],
        anew: bool,
    ) -> tuple[list[FileState], bool]:
        now = time.monotonic()
        fresh, self._fresh = self._fresh, []
        everything = now >= self._next_look or self._process.status is not None
        if not everything:
            found = [seen for seen in map(_state, fresh) if seen is not None and not done(seen)]
        else:
            self._next_look = now + _LOOK  # also if there is nothing to be looked at
            found = folder.ready(done)
            took = time.monotonic() - now
            self._next_look = time.monotonic() + max(_LOOK, took / _SHARE)
            self._idle = not found and self._process.status is not None
        return found, everything

    def written(self, seen: FileState, sha256: str | None, result: dict) -> None:
        self._failed |= result["verdict"] in (None, "rejected")
        self._studies.add(seen.path, sha256)

    def is_over(self) -> bool:
        if self._idle:
            self._failed |= self._studies.lacks_lines()
        left = self._studies.judge_due(at_once=self._idle)
        again = self._tend() if self._sender else None
        self._wait = min(one for one in (left, again, _LONGEST_WAIT) if one is not None)
        if not self._idle or self._studies.is_reporting:
            return False
        self._failed |= self._studies.failed or self._studies.unfinished > 0
        return True

    def wait(self) -> None:
        ended = self._process.status is not None
        until_look = 0.0 if ended and not self._idle else self._next_look - time.monotonic()
        others = [
            one for made in (self._reports, self._sender) if made for one in made.descriptors()
        ]
        seconds = max(_PAUSE, min(self._wait, until_look))
        fresh, unknown = self._process.wait(seconds, others)
        self._fresh += fresh
        if unknown:
            self._next_look = 0.0

    def close(self) -> None:
        for one in (self._reports, self._sender):
            if one:
                one.close()
        self._process.close()
        if self._studies is not None:
            self._studies.close()

    def _tend(self) -> float | None:
        try:
            return self._sender.tend(self._studies.is_reporting)
        except (EngineError, OSError):
            return _LONGEST_WAIT  # no process, or the queue's disk; that may pass


def _why_not_sent(classifier: Classifier, args: argparse.Namespace) -> str | None:
    """Why this node cannot send results; None: it can."""
    if not can_fork(classifier.engine):
        option = "--stow" if args.stow else "--send-results"
        return (
            f"{option} makes reports in a process beside the node, for which the engine must have "
            "one thread on the processor: leave out --threads, and give --provider cpu"
        )
    queue, spool = os.path.realpath(args.queue), os.path.realpath(args.spool)
    if f"{queue}/".startswith(f"{spool}/") or f"{spool}/".startswith(f"{queue}/"):
        # What waits would be classified.
        return f"{args.queue}: the queue and the spool cannot lie in one another; name another"
    return None


def _archive(args, terms: Terms, listening) -> Callable[[Spool], int] | None:
    """What asks an archive, if one is to be asked."""
    if args.dicomweb:
        from edge.pacs.web.dicomweb import DicomWeb

        return lambda spool: DicomWeb(args.dicomweb, terms, say).fetch(
            args.study, args.since, spool
        )
    if args.query_retrieve:
        from edge.pacs.association.query_retrieve import Archive

        own = (args.scp and args.scp.title) or OWN_TITLE
        archive = Archive(args.query_retrieve, own, terms, listening, say)
        return lambda spool: archive.fetch(args.study, args.since, spool)
    return None


def _state(path: str) -> FileState | None:
    try:
        return FileState.of(path, os.stat(path))
    except OSError:
        return None  # taken away


def _write_study(line: dict) -> None:
    try:
        print(json.dumps(line), file=results(), flush=True)
    except BrokenPipeError:
        drop_output()


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _why_not(args: argparse.Namespace, error: OSError) -> str:
    import ssl

    if isinstance(error, ssl.SSLError):
        return "--tls-cert, --tls-key, --tls-ca: are no certificate and key that belong together"
    if error.filename:
        return f"{error.filename}: cannot be used ({error.strerror or error})"
    where = args.scp if args.scp else args.tls_cert
    return f"{where}: cannot be used ({error.strerror or error})"
