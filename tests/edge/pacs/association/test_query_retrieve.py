"""An archive that is asked by C-FIND and C-GET, and whose answers are odd or do not end."""

import pytest

pytest.importorskip("pydicom")
from edge.console.network_types import Peer
from edge.pacs.association import query_retrieve
from edge.pacs.association.messages import FIND, PENDING, RESPONSE, Command, Message
from edge.pacs.association.query_retrieve import Archive, identifier
from edge.pacs.association.receiver import Terms
from edge.pacs.spool import Spool
from edge.pacs.uids import EXPLICIT_LITTLE, MR_IMAGE
from edge.pacs.uids import FIND as FIND_CLASS
from edge.pacs.uids import GET as GET_CLASS
from tests.edge.pacs.network import write_slices

TERMS = Terms((MR_IMAGE,), (EXPLICIT_LITTLE,))


@pytest.fixture
def lying(tmp_path):
    """An archive that sends slices of two studies, whichever is asked for."""
    pynetdicom = pytest.importorskip("pynetdicom")
    from pydicom import Dataset, dcmread

    slices = [dcmread(*write_slices(tmp_path / name, 1, study=name)) for name in ("1.2.5", "1.2.6")]
    levels = {
        "SERIES": {"SeriesInstanceUID": "1.2.5.1", "Modality": "MR"},
        "IMAGE": {"SOPInstanceUID": "1.2.5.1.1", "SOPClassUID": MR_IMAGE},
    }

    def find(event):
        found = Dataset()
        found.QueryRetrieveLevel = event.identifier.QueryRetrieveLevel
        for name, value in levels[found.QueryRetrieveLevel].items():
            setattr(found, name, value)
        yield 0xFF00, found

    def get(event):
        yield len(slices)
        for one in slices:
            yield 0xFF00, one

    entity = pynetdicom.AE("LYING")
    entity.add_supported_context(FIND_CLASS)
    entity.add_supported_context(GET_CLASS)
    entity.add_supported_context(MR_IMAGE, EXPLICIT_LITTLE, scu_role=True, scp_role=True)
    handlers = [(pynetdicom.evt.EVT_C_FIND, find), (pynetdicom.evt.EVT_C_GET, get)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    yield Peer("LYING", *server.server_address)
    server.shutdown()


def test_slices_of_a_study_that_was_not_asked_for_are_not_kept(lying, tmp_path):
    said, spool = [], tmp_path / "spool"
    spool.mkdir()
    archive = Archive(lying, "MRI-EDGE", TERMS, None, said.append)
    assert archive.fetch("1.2.5", None, Spool(str(spool), 1 << 20, reserve=0)) == 0
    assert [one.name for one in spool.rglob("*.dcm")] == ["1.2.5.1.1.dcm"]
    assert said[0] == (
        f"{lying}: sent a slice (MR Image Storage) that is refused: it is of a study that was not "
        "asked for"
    )


class Answer:
    """The data set of an answer."""

    def data(self):
        return identifier({0x0020000D: "1.2.5"})


@pytest.mark.parametrize("study", ["1.2.\N{LATIN SMALL LETTER E WITH ACUTE}", "", "../x"])
def test_a_study_that_is_named_by_no_uid_holds_up_no_other(tmp_path, monkeypatch, study):
    said, asked = [], []
    archive = Archive(Peer("A", "127.0.0.1", 1), "B", TERMS, None, said.append)

    def find(level, keys):
        asked.append((level, keys.get(0x0020000D)))
        return [{0x0020000D: one} for one in (study, "1.2.5")] if level == "STUDY" else []

    monkeypatch.setattr(archive, "_find", find)
    assert archive.fetch(None, "20260101", Spool(str(tmp_path), 1 << 20)) == 1
    assert asked == [("STUDY", ""), ("SERIES", "1.2.5")]
    assert ["no UID" in one for one in said] == [True]


@pytest.mark.parametrize("empty", [True, False])
def test_answers_without_end(tmp_path, monkeypatch, empty):
    monkeypatch.setattr(query_retrieve, "_MOST_ANSWERS", 50 if empty else 1_000_000)
    monkeypatch.setattr(query_retrieve, "_MOST_BYTES", 5000)
    said = []
    archive = Archive(Peer("A", "127.0.0.1", 1), "B", TERMS, None, said.append)
    sink = None if empty else Answer()

    class Endless:
        def send(self, *_):
            pass

        release = send

        def receive(self, *_):
            command = Command(FIND | RESPONSE, 1, status=PENDING)
            return Message(None, command, sink)

    monkeypatch.setattr(
        archive, "_connect", lambda *_: (Endless(), {query_retrieve.FIND_CLASS: [None]})
    )
    assert archive.fetch(None, "20260101", Spool(str(tmp_path), 1 << 20)) == 1
    assert said == ["A@127.0.0.1:1: answers without end"]
