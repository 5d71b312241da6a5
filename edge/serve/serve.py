"""`edge-classify --serve`: starts the server, and ends it."""

import argparse
import gc
import os
import signal
import time
from contextlib import suppress
from errno import EACCES

from edge import NOTICE
from edge.console.exit_status import DONE, FAILED, INTERRUPTED
from edge.console.messages import say
from edge.console.signals import ending_signals
from edge.inference.classifier import Classifier
from edge.parallel.worker_process import can_fork
from edge.scan.memory_price import share_turns
from edge.serve.address import Names, ServeError, others_can_read, parse_address, read_token
from edge.serve.bounded_server import BoundedServer
from edge.serve.http_request import HttpRequest
from edge.serve.limits import END_SECONDS
from edge.serve.scan_pool import ScanPool
from edge.serve.scan_work import classify_file
from edge.serve.service_api import ServiceApi


def run_serve(classifier: Classifier, args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGHUP (status 0) or Ctrl-C (130); 1: its processes are gone.

    Raises:
        ServeError: it cannot be started so.
    """
    from edge.inference.threads import default_jobs

    address = parse_address(args.serve)
    if not address.loopback and not args.token_file:
        raise ServeError(
            f"--serve {address}: others can reach that address; give --token-file FILE as well, "
            "whose token they must know"
        )
    token = read_token(args.token_file) if args.token_file else None
    if not (hasattr(os, "memfd_create") and can_fork(classifier.engine)):
        raise ServeError(
            "--serve needs Linux and an engine with --threads 1 on the processor: scans are read "
            "by processes of their own; try --engine litert, or --provider cpu"
        )
    try:
        server = BoundedServer(address, HttpRequest)
    except OSError as error:
        low = "; ports below 1024 take a privilege: give a higher one" * (error.errno == EACCES)
        raise ServeError(
            f"--serve {address}: cannot listen there ({error.strerror or error}){low}"
        ) from error
    with server:
        share_turns()
        _warm(classifier)
        gc.collect()
        gc.freeze()  # the children share what is loaded
        pool = ScanPool(
            lambda file, order, emit: classify_file(classifier, file, order, emit),
            args.jobs or default_jobs(),
            [server.fileno()],
        )
        try:
            server.app = ServiceApi(
                classifier, pool, Names(address, tuple(args.server_name)), token
            )
            return _serve(server, _address(server, address.host), address.loopback, args, pool)
        finally:
            pool.close()


def _serve(server: BoundedServer, url: str, loopback: bool, args, pool: ScanPool) -> int:
    status = DONE
    told: list[int] = []
    # No exception: it could come while a lock is held.
    for number in ending_signals():
        signal.signal(number, lambda number, _: told.append(number))
    if loopback:
        who = "this machine alone can reach it, and every user of it" + (
            "; they need the token" if args.token_file else ""
        )
    else:
        who = (
            "EVERY machine that reaches this address can ask for verdicts with the token, and read "
            "the page and /healthz without; what is sent, the token as well, is not encrypted"
        )
    say(f"serving {url}; {who}. Nothing that is sent is kept. {NOTICE}")
    if args.token_file and others_can_read(args.token_file):
        say(f"{args.token_file}: WARNING: every user of this machine can read it; chmod 600 it")
    server.timeout = 0.25
    last = time.monotonic()
    while not (told or server.app.lost.is_set()):
        server.handle_request()
        if time.monotonic() - last > 1:
            last = time.monotonic()
            if not pool.alive():
                server.app.lost.set()
    if not told:
        say("the processes that classify are gone; this ends, to be started anew")
        status = FAILED
    elif told[0] == signal.SIGINT:
        status = INTERRUPTED
    server.socket.close()
    end = time.monotonic() + END_SECONDS
    while server.busy() and time.monotonic() < end:
        time.sleep(0.02)
    say("stopped")
    return status


def _warm(classifier: Classifier) -> None:
    """Have loaded what every scan needs, so that the children share it and no scan waits for it."""
    import io

    from PIL.Image import new

    from edge.saliency.layers import layers

    with suppress(ImportError):  # an extra
        from edge.scan.dicom.load_pydicom import load_pydicom

        load_pydicom()
        import edge.scan.dicom.slice
        import edge.series.slice_position  # noqa: F401
    file = io.BytesIO()
    new("L", (128, 128), 90).save(file, "PNG")
    found = classifier.examine(file.getvalue())
    if found.image is not None:
        classifier.probability(classifier.pixels(file.getvalue()))
        layers(classifier, found)


def _address(server: BoundedServer, host: str) -> str:
    port = server.server_address[1]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
