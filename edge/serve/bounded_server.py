"""A TCP server with a thread a connection, and so many of them and no more."""

import json
import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress

from edge import NOTICE
from edge.console.messages import say
from edge.serve.address import Address
from edge.serve.limits import CONNECTIONS

_STACK = 512 << 10
"""Bytes of a thread's. Nothing here calls itself."""
_WHY = json.dumps({"error": "too many connections", "notice": NOTICE}).encode() + b"\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nRetry-After: 5\r\nConnection: close\r\n\r\n%b" % (len(_WHY), _WHY)
)


class BoundedServer(socketserver.TCPServer):
    """Closes the connection that has waited longest for a request when there are too many.

    Args:
        handler: of `socketserver`; sets `waiting` of its entry in `connections` while it waits.
    """

    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: Address, handler):
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        super().__init__((address.host, address.port), handler)
        self._lock = threading.Lock()
        self._waiting: dict[socket.socket, float | None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def waits(self, connection: socket.socket, waits: bool) -> None:
        """To be told by a handler: whether it waits for a request's head, or is at work on one."""
        with self._lock:
            if connection in self._waiting:
                self._waiting[connection] = time.monotonic() if waits else None

    def busy(self) -> int:
        """Connections with a request in hand."""
        with self._lock:
            return sum(since is None for since in self._waiting.values())

    def process_request(self, request, client_address) -> None:
        """Give a new connection its thread, or none."""
        with self._lock:
            room = len(self._waiting) < CONNECTIONS or self._cut_one()
            if room:
                self._waiting[request] = time.monotonic()
        if not room:
            with suppress(OSError):
                request.settimeout(0)
                request.send(_FULL)
            self.shutdown_request(request)
            return
        size = threading.stack_size(_STACK)
        try:
            thread = threading.Thread(
                target=self._serve, args=(request, client_address), daemon=True
            )
            thread.start()
        except RuntimeError:  # the system allows no further thread
            self._forget(request)
        finally:
            threading.stack_size(size)

    def handle_error(self, request, client_address) -> None:
        """Say that a request failed, and nothing of what it held."""
        kind = sys.exc_info()[0]
        if kind is not None and not issubclass(kind, (OSError, TimeoutError)):
            say(f"a request failed ({kind.__name__})")

    def _serve(self, request, client_address) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:
            self.handle_error(request, client_address)
        finally:
            self._forget(request)

    def _forget(self, request) -> None:
        with self._lock:
            self._waiting.pop(request, None)
        self.shutdown_request(request)

    def _cut_one(self) -> bool:
        idle = [(since, one) for one, since in self._waiting.items() if since is not None]
        if not idle:
            return False
        _, oldest = min(idle, key=lambda pair: pair[0])
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)
        del self._waiting[oldest]
        return True
