"""The receiver: takes slices by C-STORE, answers C-ECHO, refuses everything else.

A thread an association, so many at a time. A log gets a peer's address, and what went wrong in our
own words. Of what the peer sends it gets the AE titles of an association that is refused, and the
standard's name of a SOP class that is not taken.
"""

import errno
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from edge.console.network_types import Peer
from edge.pacs.association import upper_layer
from edge.pacs.association.messages import (
    ECHO,
    MISMATCH,
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    RESPONSE,
    STORE,
    SUCCESS,
    UNKNOWN_CLASS,
    UNKNOWN_OPERATION,
    Association,
    Command,
    Message,
    Released,
)
from edge.pacs.association.tls import Tls
from edge.pacs.association.upper_layer import Context, PeerError, Proposal, Wire
from edge.pacs.spool import Incoming, MismatchError, NoRoomError, RefusedError, Spool
from edge.pacs.uids import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, class_name

MOST = 32
"""Associations at a time; the next one is asked to come later."""
_SPARE = 8
"""Connections beyond that, which are told so. Further ones are closed."""
_IDLE = 300.0
"""Seconds that an association may say nothing between two messages: a scanner measures."""
_BACKLOG = 64
_BUSY_PORT = 10.0
"""Seconds to wait for a port that a process before this one, just ended, still holds."""


@dataclass(frozen=True)
class Terms:
    """What is taken, and from whom."""

    sop_classes: tuple[str, ...]
    syntaxes: tuple[str, ...]
    title: str | None = None
    """AE title that must be called; None: any."""
    callers: tuple[str, ...] = ()
    """AE titles that may call; empty: any."""
    networks: tuple[str, ...] = ()
    """From which addresses; empty: any."""
    tls: Tls | None = None
    idle: float = field(default=_IDLE)
    patience: float = field(default=upper_layer.PATIENCE)


def listen(peer: Peer) -> socket.socket:
    """A socket that listens there.

    Raises:
        OSError: the address is not of this machine, or is in use.
    """
    family, *_, address = socket.getaddrinfo(
        peer.host, peer.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    last = time.monotonic() + _BUSY_PORT
    while True:
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_BACKLOG)
            return found
        except OSError as error:
            found.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > last:
                raise
        time.sleep(0.05)


class Receiver:
    """Takes slices into a spool.

    Args:
        tell: takes what went wrong, in a line.
    """

    def __init__(self, spool: Spool, terms: Terms, tell: Callable[[str], object]):
        self._spool, self._terms, self._tell = spool, terms, tell
        self._networks = [ipaddress.ip_network(one) for one in terms.networks]
        self._context = terms.tls.for_server() if terms.tls else None
        self._lock, self._connections, self._associations = threading.Lock(), 0, 0
        self._full = False

    def serve(self, listening: socket.socket) -> None:
        """Take connections until the socket is closed."""
        listening.settimeout(None)
        while True:
            try:
                connection, address = listening.accept()
            except OSError:
                if listening.fileno() < 0:
                    return
                time.sleep(0.1)  # no descriptor is free, say
                continue
            host = address[0]
            if not self._may(host):
                self._tell(f"{host}: may not connect (--allow-host)")
                connection.close()
                continue
            with self._lock:
                many = self._connections >= MOST + _SPARE
                self._connections += not many
            if many:
                connection.close()
                continue
            try:
                threading.Thread(
                    target=self._serve_one, args=(connection, host), daemon=True
                ).start()
            except RuntimeError:  # no further thread
                connection.close()
                with self._lock:
                    self._connections -= 1

    def _may(self, host: str) -> bool:
        if not self._networks:
            return True
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in one for one in self._networks)

    def _serve_one(self, connection: socket.socket, host: str) -> None:
        wire = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection.settimeout(self._terms.patience)
                connection = self._context.wrap_socket(connection, server_side=True)
            wire = Wire(connection, self._terms.patience)
            self._converse(wire, host)
        except (PeerError, UnicodeError) as error:
            if wire is not None:
                wire.abort()
            self._tell(f"{host}: {error if isinstance(error, PeerError) else 'is not understood'}")
        except OSError:  # a handshake that fails
            self._tell(f"{host}: no connection could be agreed on (TLS?)")
        finally:
            with suppress(OSError):
                connection.close()
            with self._lock:
                self._connections -= 1

    def _converse(self, wire: Wire, host: str) -> None:
        kind, body = wire.read()
        if kind != upper_layer.ASSOCIATE_RQ:
            raise PeerError("began without asking for an association")
        asked = upper_layer.read_proposal(body)
        with self._lock:
            self._associations += 1
            many = self._associations > MOST
        try:
            problem = "too many associations" if many else self._why_not(asked)
            if problem:
                wire.write(upper_layer.ASSOCIATE_RJ, bytes((0, *upper_layer.REJECTIONS[problem])))
                titles = f"{asked.calling!r} calls {asked.called!r}"
                self._tell(f"{host}: is refused an association ({titles}): {problem}")
                return
            contexts = [self._agreed(one) for one in asked.contexts]
            others = sorted(
                {one.abstract for one in contexts if one.result == upper_layer.NO_ABSTRACT_SYNTAX}
            )
            if len(others) == len({one.abstract for one in contexts} - {VERIFICATION}) > 0:
                more = f" and {len(others) - 1} more" if len(others) > 1 else ""
                self._tell(f"{host}: offers what is not taken: {class_name(others[0])}{more}")
            answer = Proposal(asked.called, asked.calling, contexts)
            wire.write(upper_layer.ASSOCIATE_AC, upper_layer.proposal_body(answer, accept=True))
            taken = [one for one in contexts if one.result == upper_layer.ACCEPTED]
            self._answer(Association(wire, taken, asked.longest), host)
        finally:
            with self._lock:
                self._associations -= 1

    def _why_not(self, asked: Proposal) -> str | None:
        terms = self._terms
        if not asked.understood:
            return "protocol"
        if terms.title is not None and asked.called != terms.title:
            return "called AE title"
        if terms.callers and asked.calling not in terms.callers:
            return "calling AE title"
        return None

    def _agreed(self, asked: Context) -> Context:
        terms = self._terms
        offered = (
            (EXPLICIT_LITTLE, IMPLICIT_LITTLE) if asked.abstract == VERIFICATION else terms.syntaxes
        )
        found = [name for name in asked.syntaxes if name in offered]
        if asked.abstract not in (VERIFICATION, *terms.sop_classes):
            result = upper_layer.NO_ABSTRACT_SYNTAX
        else:
            result = upper_layer.ACCEPTED if found else upper_layer.NO_TRANSFER_SYNTAX
        # The standard wants a transfer syntax here whatever the result; it means nothing then.
        return Context(asked.number, asked.abstract, (found or [IMPLICIT_LITTLE])[:1], result)

    def _answer(self, association: Association, host: str) -> None:
        while True:
            coming: list[Incoming] = []

            def sink_for(context: Context, command: Command, coming=coming):
                if command.field == STORE and context.abstract in self._terms.sop_classes:
                    one = self._spool.begin(
                        command.sop_class or "", command.instance or "", context.syntaxes[0]
                    )
                    coming.append(one)
                    return one
                return _Nowhere()

            try:
                message = association.receive(sink_for, self._terms.idle)
                self._respond(association, message, host)
            except Released:
                return
            finally:
                for one in coming:
                    one.discard()

    def _respond(self, association: Association, message: Message, host: str) -> None:
        command, context = message.command, message.context
        answer = Command(
            command.field | RESPONSE, command.message, command.sop_class, command.instance
        )
        if command.field == ECHO and context.abstract == VERIFICATION:
            answer.status, answer.instance = SUCCESS, None
        elif command.field != STORE:
            if command.field & RESPONSE or command.field == 0x0FFF:
                return  # nothing was asked, and there is nothing to cancel
            answer.status = UNKNOWN_OPERATION
        elif not isinstance(message.sink, Incoming):
            answer.status, answer.comment = UNKNOWN_CLASS, "its class was not agreed on"
            self._tell(refusal(host, command.sop_class, answer.comment))
        else:
            answer.status, answer.comment = take(message.sink)
            if answer.status == SUCCESS:
                self._full = False
            elif answer.status != OUT_OF_RESOURCES or not self._full:
                self._full = answer.status == OUT_OF_RESOURCES
                self._tell(refusal(host, command.sop_class, answer.comment))
        association.send(context, answer)


def take(incoming: Incoming) -> tuple[int, str | None]:
    """Keep a slice that has come; the status to answer, and why, if it is not kept."""
    try:
        incoming.commit()
    except NoRoomError as error:
        return OUT_OF_RESOURCES, str(error)
    except MismatchError as error:
        return MISMATCH, str(error)
    except RefusedError as error:
        return NOT_UNDERSTOOD, str(error)
    return SUCCESS, None


def refusal(peer: object, sop_class: str | None, why: str) -> str:
    """What a log gets of a slice that is not kept."""
    return f"{peer}: sent a slice ({class_name(sop_class or '')}) that is refused: {why}"


class _Nowhere:
    """Takes a data set that nobody wants."""

    def write(self, data: bytes) -> None:
        pass
