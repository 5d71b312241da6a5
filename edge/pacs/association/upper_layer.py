"""The DICOM upper layer (PS3.8, 9.3): protocol data units over a socket, within limits.

Written here because what a peer can make the node hold must be bounded before an association is
agreed on, data sets must go to disk as they come, and nothing is waited for without a limit.
"""

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.pacs.uids import APPLICATION_CONTEXT, IMPLEMENTATION, IMPLEMENTATION_NAME

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
LONGEST_UNIT = 1 << 16
"""Bytes of a unit of data that is taken, which every peer is told. Longer ones end the association.
With twice as many, 20 associations at once took 16 MB more."""
_LONGEST_PROPOSAL = 1 << 18
"""Of what agrees on an association: 128 contexts, each with many transfer syntaxes."""
PATIENCE = 30.0
"""Seconds for a whole unit to come or go."""

_CONTEXT_RQ, _CONTEXT_AC, _USER = 0x20, 0x21, 0x50
_ABSTRACT, _TRANSFER = 0x30, 0x40
_LENGTH, _CLASS, _ROLES, _VERSION = 0x51, 0x52, 0x54, 0x55

ACCEPTED, NO_ABSTRACT_SYNTAX, NO_TRANSFER_SYNTAX = 0, 3, 4
"""What becomes of a presentation context (PS3.8, table 9-18)."""
REJECTIONS = {
    "called AE title": (1, 1, 7),
    "calling AE title": (1, 1, 3),
    "too many associations": (2, 3, 2),
    "protocol": (1, 2, 2),
}
"""Result, source and reason by what is wrong (PS3.8, table 9-21)."""


class PeerError(Exception):
    """The peer broke off, was too slow, or said what is not understood. No value of its data."""


@dataclass
class Context:
    """A presentation context: which objects, and how they are encoded."""

    number: int
    abstract: str
    syntaxes: list[str]
    """Transfer syntaxes; of one that is accepted, one."""
    result: int = ACCEPTED


@dataclass
class Proposal:
    """What an A-ASSOCIATE-RQ or -AC says."""

    called: str
    calling: str
    contexts: list[Context]
    longest: int = 0
    """Bytes of a unit that the peer takes; 0: of any length."""
    roles: list[str] = field(default_factory=list)
    """SOP classes that who asks for the association takes as well (PS3.7, D.3.3.4)."""
    understood: bool = True
    """Whether it is of version 1 of the protocol and for DICOM."""


class Wire:
    """A socket that takes and gives protocol data units."""

    def __init__(self, connection: socket.socket, patience: float = PATIENCE):
        self._socket, self._patience = connection, patience

    def read(self, patience: float | None = None) -> tuple[int, bytes]:
        """A unit: its type and the rest.

        Args:
            patience: seconds until it begins; then those of the wire count.

        Raises:
            PeerError: it does not come, not in time, or is too long.
        """
        first = self._exactly(1, time.monotonic() + (patience or self._patience))
        limit = time.monotonic() + self._patience
        head = first + self._exactly(5, limit)
        kind, length = head[0], int.from_bytes(head[2:], "big")
        most = LONGEST_UNIT if kind == DATA else _LONGEST_PROPOSAL
        if not ASSOCIATE_RQ <= kind <= ABORT or length > most:
            raise PeerError("sent what is no protocol data unit, or one that is too long")
        return kind, self._exactly(length, limit)

    def write(self, kind: int, *parts: bytes) -> None:
        """Send a unit.

        Raises:
            PeerError: it cannot be sent, or not in time.
        """
        body = b"".join(parts)
        try:
            self._socket.settimeout(self._patience)
            self._socket.sendall(struct.pack(">BBI", kind, 0, len(body)) + body)
        except OSError:
            raise PeerError("does not take what it is sent") from None

    def abort(self) -> None:
        """Tell the peer that it is over, if it still listens."""
        try:
            self._socket.settimeout(1.0)
            self._socket.sendall(struct.pack(">BBIBBBB", ABORT, 0, 4, 0, 0, 2, 0))
        except OSError:
            return

    def close(self) -> None:
        """Close the socket."""
        try:
            self._socket.close()
        except OSError:
            return

    def _exactly(self, count: int, limit: float) -> bytes:
        data = bytearray(count)
        view, at = memoryview(data), 0
        while at < count:
            left = limit - time.monotonic()
            if left <= 0:
                raise PeerError("was silent or too slow")
            try:
                self._socket.settimeout(left)
                got = self._socket.recv_into(view[at:])
            except TimeoutError:
                raise PeerError("was silent or too slow") from None
            except OSError:
                raise PeerError("broke off") from None
            if not got:
                raise PeerError("broke off")
            at += got
        return bytes(data)


def proposal_body(proposal: Proposal, accept: bool) -> bytes:
    """An A-ASSOCIATE-RQ, or -AC with `accept`, without its head."""
    parts = [_item(0x10, APPLICATION_CONTEXT.encode())]
    for one in proposal.contexts:
        head = bytes((one.number, 0, one.result if accept else 0, 0))
        names = [] if accept else [_item(_ABSTRACT, one.abstract.encode())]
        names += [_item(_TRANSFER, name.encode()) for name in one.syntaxes]
        parts.append(_item(_CONTEXT_AC if accept else _CONTEXT_RQ, head + b"".join(names)))
    user = [
        _item(_LENGTH, LONGEST_UNIT.to_bytes(4, "big")),
        _item(_CLASS, IMPLEMENTATION.encode()),
        *(
            _item(_ROLES, struct.pack(f">H{len(name)}sBB", len(name), name.encode(), 1, 1))
            for name in proposal.roles
        ),
        _item(_VERSION, IMPLEMENTATION_NAME.encode()),
    ]
    parts.append(_item(_USER, b"".join(user)))
    titles = f"{proposal.called:16.16}{proposal.calling:16.16}".encode("ascii", "replace")
    return struct.pack(">HH", 1, 0) + titles + bytes(32) + b"".join(parts)


def read_proposal(body: bytes) -> Proposal:
    """What an A-ASSOCIATE-RQ or -AC says; what is not known in it is passed over.

    Raises:
        PeerError: its items do not fit into one another.
    """
    if len(body) < 68:
        raise PeerError("sent a damaged request for an association")
    called, calling = (body[at : at + 16].decode("ascii", "replace").strip() for at in (4, 20))
    result = Proposal(called, calling, [])
    result.understood = bool(body[1] & 1)
    for kind, value in _items(body[68:]):
        if kind == 0x10:
            result.understood &= _text(value) == APPLICATION_CONTEXT
        elif kind in (_CONTEXT_RQ, _CONTEXT_AC) and len(value) >= 4:
            inner = list(_items(value[4:]))
            abstract = next((_text(name) for kind, name in inner if kind == _ABSTRACT), "")
            names = [_text(name) for kind, name in inner if kind == _TRANSFER]
            result.contexts.append(Context(value[0], abstract, names, value[2]))
        elif kind == _USER:
            for inner, found in _items(value):
                if inner == _LENGTH and len(found) == 4:
                    result.longest = int.from_bytes(found, "big")
                elif inner == _ROLES and len(found) >= 4:
                    result.roles.append(_text(found[2:-2]))
    return result


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or end > len(data):
            raise PeerError("sent a damaged request for an association")
        yield data[at], data[at + 4 : end]
        at = end


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace").strip(" \0")
