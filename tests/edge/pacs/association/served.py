"""A receiver in threads of this process, and what a scanner does with it."""

import socket
import threading
from pathlib import Path

from edge.pacs.association import upper_layer
from edge.pacs.association.messages import STORE, Association, Command
from edge.pacs.association.receiver import Receiver, Terms
from edge.pacs.association.upper_layer import Context, Proposal, Wire
from edge.pacs.spool import Spool
from edge.pacs.uids import EXPLICIT_LITTLE, IMPLICIT_LITTLE, MR_IMAGE
from tests.edge.dicom_files import data_set_of
from tests.edge.pacs.network import write_slices

SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)


class Served:
    """A receiver in threads of this process."""

    def __init__(self, folder: Path, largest: int = 1 << 20, reserve: int = 0, **terms):
        self.said, self.arrived = [], []
        (folder / "spool").mkdir(exist_ok=True)
        self.spool = Spool(str(folder / "spool"), largest, self.arrived.append, reserve)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        terms = Terms((MR_IMAGE,), SYNTAXES, **terms)
        self.receiver = receiver = Receiver(self.spool, terms, self.said.append)
        threading.Thread(target=receiver.serve, args=(self.listening,), daemon=True).start()

    def files(self) -> list[str]:
        return sorted(path.name for path in Path(self.spool.path).rglob("*.dcm"))

    def left(self) -> list[Path]:
        return list((Path(self.spool.path) / ".incoming").iterdir())


def connect(port: int, *abstracts: str, called="ANY", calling="TEST") -> Association:
    """An association as a scanner asks for it."""
    wire = Wire(socket.create_connection(("127.0.0.1", port)), 10)
    contexts = [
        Context(2 * at + 1, one, list(SYNTAXES)) for at, one in enumerate(abstracts or [MR_IMAGE])
    ]
    body = upper_layer.proposal_body(Proposal(called, calling, contexts), accept=False)
    wire.write(upper_layer.ASSOCIATE_RQ, body)
    kind, body = wire.read()
    if kind == upper_layer.ASSOCIATE_RJ:
        raise ConnectionRefusedError(tuple(body[1:4]))
    answer = upper_layer.read_proposal(body)
    by_number = {one.number: one for one in contexts}
    for one in answer.contexts:
        one.abstract = by_number[one.number].abstract
    return Association(wire, [one for one in answer.contexts if not one.result], answer.longest)


def send(association: Association, file: Path | bytes, instance: str, number: int = 1) -> int:
    """C-STORE; the status."""
    data = file if isinstance(file, bytes) else data_set_of(file)
    context = next(iter(association.contexts.values()))
    association.send(context, Command(STORE, number, MR_IMAGE, instance), data)
    return association.receive(lambda *_: None).command.status


def begun(served, tmp_path: Path) -> tuple[Served, Association, list[Path]]:
    """A receiver, an association with it, and three slices, the first of which it has."""
    one = served()
    files = write_slices(tmp_path / "in", 3)
    association = connect(one.port)
    assert send(association, files[0], "1.2.3.1.1") == 0
    return one, association, files
