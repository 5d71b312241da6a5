"""What must hold of whatever a peer on a network sends: its own error, or what was sent."""

import io
import socket
import struct
from random import Random

from edge.pacs.association.messages import (
    STORE,
    Association,
    Command,
    Released,
    decode,
    encode,
)
from edge.pacs.association.upper_layer import (
    ASSOCIATE_RQ,
    DATA,
    Context,
    PeerError,
    Proposal,
    Wire,
    proposal_body,
    read_proposal,
)
from edge.pacs.web.multipart import CutShortError, parts
from edge.remote.url import shown
from tests.fuzz import mutate

_MR, _PLAIN = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.1"
_CONTEXT = Context(1, _MR, [_PLAIN])
_COMMAND = encode(Command(STORE, 7, _MR, "1.2.3.4", has_data=True))
_BODY = proposal_body(Proposal("MRI-EDGE", "CT1", [_CONTEXT]), accept=False)
_BOUNDARY = b"mri-edge"
_SECRET = "s3cr3t"


def _unit(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body)) + body


def _fragment(control: int, value: bytes) -> bytes:
    return struct.pack(">IBB", len(value) + 2, 1, control) + value


_STREAM = _unit(DATA, _fragment(3, _COMMAND)) + _unit(DATA, _fragment(2, b"data set" * 40))
_MULTIPART = b"".join(
    b"\r\n--" + _BOUNDARY + b"\r\nContent-Type: application/dicom\r\n\r\n" + bytes(range(40)) * n
    for n in (1, 3)
) + (b"\r\n--" + _BOUNDARY + b"--\r\n")


def units(random: Random) -> bytes:
    """Two data units with a C-STORE request and a data set, changed."""
    return mutate.mutate(_STREAM, [_STREAM, _BODY], random)


def check_units(data: bytes) -> bool:
    """An association that is sent these bytes, and then nothing more."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        taken = io.BytesIO()
        association = Association(Wire(ours, patience=1.0), [_CONTEXT], 0)
        try:
            message = association.receive(lambda context, command: taken)
        except (PeerError, Released):
            return False
    assert message.context.number == 1
    assert len(taken.getvalue()) <= len(data)
    return True


def proposals(random: Random) -> bytes:
    """A request for an association, or a command, changed; the first byte says which."""
    if random.random() < 0.5:
        return b"P" + mutate.mutate(_BODY, [_BODY, _COMMAND], random)
    return b"C" + mutate.mutate(_COMMAND, [_BODY, _COMMAND], random)


def check_proposals(data: bytes) -> bool:
    """Read it."""
    try:
        if data[:1] == b"P":
            found = read_proposal(data[1:])
            assert all(0 <= one.number <= 255 for one in found.contexts)
            answer = proposal_body(found, accept=True)
            _unit(ASSOCIATE_RQ, answer)
        else:
            assert 0 <= decode(data[1:]).field < 1 << 16
    except PeerError:
        return False
    return True


def multipart(random: Random) -> bytes:
    """An answer of two parts, changed."""
    return mutate.mutate(_MULTIPART, [_MULTIPART], random)


class _Part:
    def __init__(self, made: list):
        self.size, self.ended = 0, 0
        made.append(self)

    def write(self, data: bytes) -> None:
        assert not self.ended
        self.size += len(data)

    def commit(self) -> None:
        self.ended += 1

    discard = commit


def check_multipart(data: bytes) -> bool:
    """Every part ends once, whole or not, and none is larger than all that came."""
    made: list[_Part] = []
    whole = True
    try:
        for _ in parts(io.BytesIO(data), _BOUNDARY, lambda: _Part(made)):
            pass
    except CutShortError:
        whole = False
    assert [one.ended for one in made] == [1] * len(made)
    assert sum(one.size for one in made) <= len(data)
    return whole


def url(random: Random) -> str:
    """A URL with a secret where one may be, and odd letters around."""
    scheme = random.choice(("http", "https", "s3", "gs", "az"))
    name = mutate.name(random)
    place = random.choice((f"user:{_SECRET}@host", "host"))
    query = ""
    if scheme.startswith("http"):  # a store's names may hold any sign
        query = random.choice(("", f"?X-Amz-Signature={_SECRET}", f"?token={_SECRET}&id=b"))
        name = name.replace("?", "").replace("#", "")
    return f"{random.choice(('', 'zip://m*.dcm::'))}{scheme}://{place}/{name}{query}"


def check_url(text: str) -> bool:
    """What is shown of it has no secret."""
    assert _SECRET not in shown(text), shown(text)
    return True
