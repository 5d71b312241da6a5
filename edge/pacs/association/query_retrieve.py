"""An archive asked by C-FIND, and its slices had by C-GET, or by C-MOVE to the own receiver."""

import io
import socket
import struct
import threading
from collections.abc import Callable, Collection, Iterator

from edge.console.network_types import Peer
from edge.pacs.association import upper_layer
from edge.pacs.association.messages import (
    FIND,
    GET,
    MOVE,
    PENDING,
    PENDING_WARNING,
    RESPONSE,
    STORE,
    SUCCESS,
    Association,
    Command,
    Message,
    Released,
)
from edge.pacs.association.receiver import Receiver, Terms, refusal, take
from edge.pacs.association.upper_layer import Context, PeerError, Proposal, Wire
from edge.pacs.source import Source, SourceError
from edge.pacs.spool import Incoming, Spool
from edge.pacs.uids import FIND as FIND_CLASS
from edge.pacs.uids import GET as GET_CLASS
from edge.pacs.uids import IMPLICIT_LITTLE, as_count
from edge.pacs.uids import MOVE as MOVE_CLASS

_CONNECT = 30.0
_GOES_ON = (PENDING, PENDING_WARNING)
_MOST_ANSWERS = 100_000
"""To one request."""
_LONGEST_ANSWER = 1 << 20
_MOST_BYTES = 64_000_000
"""Of all answers of one C-FIND."""
_SLOW = 300.0
"""Seconds that an archive may take to begin an answer: slices may lie on tape."""


class Archive(Source):
    """An archive, by its DIMSE services.

    Args:
        own: AE title to ask as, and to have slices moved to.
        listening: where the own receiver listens, for C-MOVE; None: C-GET.
        tell: takes what went wrong, in a line.
    """

    breaks = (PeerError, Released, OSError)

    def __init__(
        self,
        peer: Peer,
        own: str,
        terms: Terms,
        listening: socket.socket | None,
        tell: Callable[[str], object],
    ):
        super().__init__(str(peer), tell)
        self._peer, self._own, self._terms = peer, own, terms
        self._listening = listening

    def fetch(self, study: str | None, since: str | None, spool: Spool) -> int:
        """As `Source.fetch`; slices that are moved come to a receiver of this process."""
        if self._listening is not None:
            receiver = Receiver(spool, self._terms, self.tell)
            threading.Thread(target=receiver.serve, args=(self._listening,), daemon=True).start()
        return super().fetch(study, since, spool)

    def studies(self, since: str) -> Collection[str]:
        found = self._find("STUDY", {_DATE: f"{since}-", _STUDY: ""})
        names = [one.get(_STUDY, "") for one in found]
        return dict.fromkeys(one for one in names if self.is_named(one))

    def series(self, study: str) -> dict[str, int]:
        keys = {_STUDY: study, _SERIES: "", _MODALITY: "MR", _COUNT: ""}
        return {
            one[_SERIES]: as_count(one.get(_COUNT, ""))
            for one in self._find("SERIES", keys)
            if one.get(_MODALITY, "MR") == "MR" and self.is_named(one.get(_SERIES, ""))
        }

    def slices(self, study: str, series: str) -> tuple[set[str], int]:
        keys = {_STUDY: study, _SERIES: series, _INSTANCE: "", _CLASS: ""}
        images, found = self._find("IMAGE", keys), set()
        for one in images:
            sop_class = one.get(_CLASS) or self._terms.sop_classes[0]
            if sop_class in self._terms.sop_classes and self.is_named(one.get(_INSTANCE, "")):
                found.add(one[_INSTANCE])
        return found, len(images)

    def why(self, error: Exception) -> str:
        if isinstance(error, OSError):
            return super().why(error)
        return str(error) or "ended the association"

    def _find(self, level: str, keys: dict[int, str]) -> list[dict[int, str]]:
        association, contexts = self._connect([_asked(FIND_CLASS, [IMPLICIT_LITTLE])])
        context = contexts[FIND_CLASS][0]
        try:
            command = Command(FIND, 1, FIND_CLASS)
            association.send(context, command, identifier({_LEVEL: level, **keys}))
            found, size = [], 0
            for message in self._answers(association, FIND):
                if message.sink is not None and message.command.status in _GOES_ON:
                    data = message.sink.data()
                    found.append(read_identifier(data))
                    size += len(data)
                if size > _MOST_BYTES:
                    raise SourceError("answers without end")
            return found
        finally:
            association.release()

    def bring(self, study: str, series: str, wanted: set[str], spool: Spool) -> None:
        moves = self._listening is not None
        sop_class, kind = (MOVE_CLASS, MOVE) if moves else (GET_CLASS, GET)
        asked = [_asked(sop_class, [IMPLICIT_LITTLE])]
        if not moves:
            # One context a transfer syntax: the archive may send each slice as it has it.
            asked += [
                _asked(one, [syntax])
                for one in self._terms.sop_classes
                for syntax in self._terms.syntaxes
            ]
        association, contexts = self._connect(asked, () if moves else self._terms.sop_classes)
        try:
            command = Command(kind, 1, sop_class, destination=self._own if moves else None)
            data = identifier({_LEVEL: "SERIES", _STUDY: study, _SERIES: series})
            association.send(contexts[sop_class][0], command, data)
            for _ in self._answers(association, kind, spool, study):
                continue
        finally:
            association.release()

    def _answers(
        self,
        association: Association,
        kind: int,
        spool: Spool | None = None,
        study: str | None = None,
    ) -> Iterator[Message]:
        """Each answer to a request, the last one too; slices of the study go to the spool."""

        def sink_for(context: Context, command: Command):
            if command.field == STORE and spool is not None:
                names = command.sop_class or "", command.instance or ""
                return spool.begin(*names, context.syntaxes[0], study)
            return _Answer()

        answers = 0
        while True:
            message = association.receive(sink_for, _SLOW)
            command = message.command
            if command.field == STORE and isinstance(message.sink, Incoming):
                status, why = take(message.sink)
                names = command.sop_class, command.instance
                answer = Command(STORE | RESPONSE, command.message, *names, status, why)
                if why:
                    self.tell(refusal(self.name, command.sop_class, why))
                association.send(message.context, answer)
                continue
            if command.field != kind | RESPONSE or command.status is None:
                raise PeerError("answers what was not asked")
            answers += 1
            yield message
            if answers > _MOST_ANSWERS:
                raise SourceError("answers without end")
            if command.status not in _GOES_ON:
                if command.status != SUCCESS:
                    self.tell(f"{self.name}: answers with status {command.status:04X}")
                return

    def _connect(
        self, contexts: list[Context], roles: tuple[str, ...] = ()
    ) -> tuple[Association, dict[str, list[Context]]]:
        for number, one in enumerate(contexts):
            one.number = 2 * number + 1
        connection = socket.create_connection((self._peer.host, self._peer.port), _CONNECT)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._terms.tls is not None:
                context = self._terms.tls.for_client()
                connection = context.wrap_socket(connection, server_hostname=self._peer.host)
            wire = Wire(connection, self._terms.patience)
            proposal = Proposal(self._peer.title, self._own, contexts, roles=list(roles))
            wire.write(upper_layer.ASSOCIATE_RQ, upper_layer.proposal_body(proposal, accept=False))
            kind, body = wire.read()
            if kind == upper_layer.ASSOCIATE_RJ:
                raise SourceError(
                    f"refuses an association with {self._own}; is that AE title registered there?"
                )
            if kind != upper_layer.ASSOCIATE_AC:
                raise PeerError("refuses an association")
            answer = upper_layer.read_proposal(body)
        except BaseException:
            connection.close()
            raise
        asked = {one.number: one for one in contexts}
        taken: dict[str, list[Context]] = {}
        for one in answer.contexts:
            if one.result == upper_layer.ACCEPTED and one.number in asked and one.syntaxes:
                one.abstract = asked[one.number].abstract
                taken.setdefault(one.abstract, []).append(one)
        if contexts[0].abstract not in taken:
            wire.abort()
            wire.close()
            raise SourceError("does not offer what is needed of it (C-FIND, and C-GET or C-MOVE)")
        agreed = [one for some in taken.values() for one in some]
        return Association(wire, agreed, answer.longest), taken


class _Answer:
    """The data set of an answer, which is small."""

    def __init__(self):
        self._parts, self._size = [], 0

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > _LONGEST_ANSWER:
            raise PeerError("sent an answer that is too long")
        self._parts.append(data)

    def data(self) -> bytes:
        return b"".join(self._parts)


_DATE, _LEVEL, _MODALITY = 0x00080020, 0x00080052, 0x00080060
_CLASS, _INSTANCE = 0x00080016, 0x00080018
_STUDY, _SERIES, _COUNT = 0x0020000D, 0x0020000E, 0x00201209
_UIDS = (_CLASS, _INSTANCE, _STUDY, _SERIES)


def identifier(keys: dict[int, str]) -> bytes:
    """A query: elements by tag, implicit little endian."""
    parts = []
    for tag, text in sorted(keys.items()):
        value = text.encode("ascii")
        value += (b"\0" if tag in _UIDS else b" ") * (len(value) % 2)
        parts.append(struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value)
    return b"".join(parts)


def read_identifier(data: bytes) -> dict[int, str]:
    """The elements of an answer that are of use here; none if it cannot be read."""
    from pydicom.filereader import read_dataset

    wanted = [_MODALITY, _COUNT, *_UIDS]
    try:
        found = read_dataset(io.BytesIO(data), True, True, specific_tags=wanted)
        return {tag: str(found[tag].value or "") for tag in wanted if tag in found}
    except Exception:  # whatever pydicom trips over; its text may quote values
        return {}


def _asked(abstract: str, syntaxes: list[str]) -> Context:
    return Context(0, abstract, syntaxes)
