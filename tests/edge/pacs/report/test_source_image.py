"""What is read of a source, and nothing else."""

import warnings
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from edge.pacs.report.source_image import PATIENT, STUDY, read_source
from tests.edge.pacs import studies
from tests.edge.pacs.studies import gradients, write_study


@pytest.fixture
def write(tmp_path):
    def write(**elements):
        return str(write_study(tmp_path / "in", gradients(100), **elements).files[0])

    return write


def copied(source):
    return {one.tag: one.value for one in source.copied}


def test_the_patient_and_the_study_and_no_more(write):
    source = read_source(write())
    assert copied(source) == {
        0x00100010: studies.NAME.encode(),
        0x00100020: studies.ID.encode(),
        0x00100030: studies.BIRTH.encode(),
        0x00100040: b"F",
        0x00080020: studies.STUDY_DATE.encode(),
        0x00080030: studies.TIME.encode(),
        0x00080050: studies.ACCESSION.encode(),
        0x00080090: studies.REFERRER.encode(),
        0x00200010: studies.STUDY_ID.encode(),
    }
    assert {tag for tag, _ in (*PATIENT, *STUDY)} == {*copied(source), 0x00100021}
    assert not any(text in repr(source) for text in studies.NOWHERE)


def test_the_issuer_where_there_is_one(write):
    assert copied(read_source(write(IssuerOfPatientID="HOSPITAL-2")))[0x00100021] == b"HOSPITAL-2"


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 192", "Иванов^Иван"),
        ("GB18030", "王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
    ],
)
def test_bytes_stay_what_they_are(write, tmp_path, charset, name):
    path = write(SpecificCharacterSet=charset, name=name)
    raw = pydicom.dcmread(path).get_item("PatientName").value.rstrip()
    source = read_source(path)
    assert copied(source)[0x00100010] == raw
    assert source.character_set == tuple([charset] if isinstance(charset, str) else charset)


@pytest.mark.parametrize(
    ("elements", "tag"),
    [
        ({"PatientSex": "X"}, 0x00100040),
        ({"patient_id": "a" * 500}, 0x00100020),
    ],
)
def test_what_no_archive_would_take_is_left_empty(write, elements, tag):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write(**elements)
    assert copied(read_source(path))[tag] == b""


def test_a_date_that_is_none(write):
    path = write()
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole.replace(studies.BIRTH.encode(), b"19AB0101"))
    assert copied(read_source(path))[0x00100030] == b""


@pytest.mark.parametrize(
    "key", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]
)
@pytest.mark.parametrize("value", [None, ""])
def test_no_uid_no_source(tmp_path, key, value):
    path = write_study(tmp_path / "in", gradients(100)).files[0]
    data = pydicom.dcmread(path)
    if value is None:
        delattr(data, key)
    else:
        setattr(data, key, value)
    data.save_as(path)
    assert read_source(str(path)) is None


def test_what_is_no_dicom_file(tmp_path):
    Image.new("L", (64, 64)).save(tmp_path / "a.png")
    (tmp_path / "empty").write_bytes(b"")
    for name in ("a.png", "empty", "none"):
        assert read_source(str(tmp_path / name)) is None
    assert read_source(str(tmp_path)) is None
