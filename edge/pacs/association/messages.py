"""DIMSE messages (PS3.7, 9.3): a command and perhaps a data set, in fragments, over an association.

A data set goes to a sink as it comes: it is never in memory as a whole unless who asks wants that.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.pacs.association.upper_layer import (
    ABORT,
    DATA,
    LONGEST_UNIT,
    RELEASE_RP,
    RELEASE_RQ,
    Context,
    PeerError,
    Wire,
)

STORE, GET, FIND, MOVE, ECHO, CANCEL = 0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0FFF
RESPONSE = 0x8000
SUCCESS, PENDING, PENDING_WARNING = 0x0000, 0xFF00, 0xFF01
OUT_OF_RESOURCES, MISMATCH, NOT_UNDERSTOOD = 0xA700, 0xA900, 0xC000  # PS3.4, B.2.3
UNKNOWN_CLASS, UNKNOWN_OPERATION = 0x0122, 0x0211  # PS3.7, annex C

_NO_DATA_SET = 0x0101
_MOST_COMMAND = 1 << 16
LONGEST_MESSAGE = 600.0
"""Seconds from a message's first fragment to its last."""

_CLASS, _FIELD, _ID, _ID_OF, _DESTINATION = 0x0002, 0x0100, 0x0110, 0x0120, 0x0600
_PRIORITY, _DATA_SET, _STATUS, _COMMENT, _INSTANCE = 0x0700, 0x0800, 0x0900, 0x0902, 0x1000
_NUMBERS = {_FIELD, _ID, _ID_OF, _PRIORITY, _DATA_SET, _STATUS, 0x1020, 0x1021, 0x1022, 0x1023}
_TEXTS = {_CLASS, _DESTINATION, _COMMENT, _INSTANCE}


@dataclass
class Command:
    """The elements of a command that are of use here; None: not in it."""

    field: int
    message: int = 0
    """Its number; of a response, of what it answers."""
    sop_class: str | None = None
    instance: str | None = None
    status: int | None = None
    comment: str | None = None
    destination: str | None = None
    """AE title, of C-MOVE."""
    has_data: bool = False
    failed: int | None = None
    """Sub-operations of C-MOVE and C-GET that failed."""
    completed: int | None = None


class Sink(Protocol):
    """Takes a data set as it comes."""

    def write(self, data: bytes) -> object: ...


@dataclass
class Message:
    """A command, and the sink that took its data set, if it has one."""

    context: Context
    command: Command
    sink: Sink | None = None


class Released(Exception):
    """The peer has asked for the association's end, and was told that it is."""


class Association:
    """Messages over a wire whose association has been agreed on.

    Args:
        contexts: those that were accepted.
        longest: bytes of a unit that the peer takes; 0: of any length.
    """

    def __init__(self, wire: Wire, contexts: list[Context], longest: int):
        self.wire, self._longest = wire, min(longest or LONGEST_UNIT, LONGEST_UNIT)
        self.contexts = {one.number: one for one in contexts}
        self._waiting: list[tuple[int, int, bytes]] = []

    def send(self, context: Context, command: Command, data: bytes | None = None) -> None:
        """Send a message.

        Raises:
            PeerError: it cannot be sent.
        """
        command.has_data = data is not None
        self._send(context.number, 1, encode(command))
        if data is not None:
            self._send(context.number, 0, data)

    def receive(
        self, sink_for: Callable[[Context, Command], Sink], patience: float | None = None
    ) -> Message:
        """The next message. `sink_for` is asked where a data set is to go before it comes.

        Args:
            patience: seconds until it begins.

        Raises:
            Released: as it says.
            PeerError: the association ended otherwise, or what came is no message.
        """
        head, sink, context, limit = b"", None, None, None
        command: Command | None = None
        while True:
            number, control, value = self._fragment(patience)
            patience = None
            limit = limit or time.monotonic() + LONGEST_MESSAGE
            if context is None:
                context = self.contexts.get(number)
            if context is None or number != context.number or time.monotonic() > limit:
                raise PeerError("sent a message out of order, or too slowly")
            is_command, is_last = control & 1, control & 2
            if bool(is_command) == (command is not None):
                raise PeerError("sent a message out of order, or too slowly")
            if is_command:
                head += value
                if len(head) > _MOST_COMMAND:
                    raise PeerError("sent a command that is too long")
                if is_last:
                    command = decode(head)
                    if not command.has_data:
                        return Message(context, command)
                    sink = sink_for(context, command)
            else:
                sink.write(value)
                if is_last:
                    return Message(context, command, sink)

    def release(self) -> None:
        """End it, and wait for the peer to agree."""
        try:
            self.wire.write(RELEASE_RQ, bytes(4))
            while self.wire.read()[0] not in (RELEASE_RP, ABORT):
                continue
        except PeerError:
            return
        finally:
            self.wire.close()

    def _send(self, number: int, kind: int, value: bytes) -> None:
        room = self._longest - 6
        for at in range(0, max(1, len(value)), room):
            part = value[at : at + room]
            control = kind | (2 if at + room >= len(value) else 0)
            self.wire.write(DATA, struct.pack(">IBB", len(part) + 2, number, control), part)

    def _fragment(self, patience: float | None) -> tuple[int, int, bytes]:
        while not self._waiting:
            kind, body = self.wire.read(patience)
            if kind == RELEASE_RQ:
                self.wire.write(RELEASE_RP, bytes(4))
                raise Released
            if kind != DATA:
                raise PeerError("ended the association" if kind == ABORT else "is out of order")
            at = 0
            while at < len(body):
                length = int.from_bytes(body[at : at + 4], "big")
                end = at + 4 + length
                if length < 2 or end > len(body):
                    raise PeerError("sent a damaged fragment")
                self._waiting.append((body[at + 4], body[at + 5], body[at + 6 : end]))
                at = end
        return self._waiting.pop(0)


def encode(command: Command) -> bytes:
    """The bytes of a command: implicit, little endian."""
    answers = command.field & RESPONSE
    values = {
        _CLASS: command.sop_class,
        _FIELD: command.field,
        _ID_OF if answers else _ID: command.message,
        _DESTINATION: command.destination,
        _PRIORITY: None if answers or command.field in (ECHO, CANCEL) else 0,
        _DATA_SET: 0x0000 if command.has_data else _NO_DATA_SET,
        _STATUS: command.status,
        _COMMENT: command.comment,
        _INSTANCE: command.instance,
    }
    parts = []
    for number, value in values.items():
        if value is None:
            continue
        if number in _NUMBERS:
            data = value.to_bytes(2, "little")
        else:
            data = value.encode("ascii", "replace")
            data += (b" " if number in (_COMMENT, _DESTINATION) else b"\0") * (len(data) % 2)
        parts.append(struct.pack("<HHI", 0, number, len(data)) + data)
    body = b"".join(parts)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def decode(data: bytes) -> Command:
    """What a command says.

    Raises:
        PeerError: its elements do not follow one another, or it says not what it asks for.
    """
    found: dict[int, int | str] = {}
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise PeerError("sent a damaged command")
        group, number, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if group or at + length > len(data):
            raise PeerError("sent a damaged command")
        value = data[at : at + length]
        if number in _NUMBERS and length == 2:
            found[number] = int.from_bytes(value, "little")
        elif number in _TEXTS:
            found[number] = value.decode("ascii", "replace").strip(" \0")
        at += length
    if _FIELD not in found:
        raise PeerError("sent a command without saying which")
    return Command(
        found[_FIELD],
        found.get(_ID, found.get(_ID_OF, 0)),
        found.get(_CLASS),
        found.get(_INSTANCE),
        found.get(_STATUS),
        None,  # what a peer comments may name a patient
        found.get(_DESTINATION),
        found.get(_DATA_SET, _NO_DATA_SET) != _NO_DATA_SET,
        found.get(0x1022),
        found.get(0x1021),
    )
