#!/usr/bin/env bash
# pynetdicom 3.0.4: `qrscp`, its archive to query and retrieve from, finds other studies than the standard's matching
# rules ask for (PS3.4, C.2.2.2). No error status, no warning.
#
#   a range of times   values are compared as text. "1000-1200" leaves out 120000, twelve sharp: of two ways to write
#                      one time it finds the one and not the other
#   "_" beside a "*"   stands for any character: SUB_1* finds SUB-1 and SUBX1
#   "%" beside a "*"   stands for any number of characters: a%1* finds all that begin with a and have a 1
#   any "*" or "?"     upper and lower case do not matter, also in PatientID and AccessionNumber; without, they do
#
# One would expect all times "that fall between <time1> and <time2> inclusive" (C.2.2.2.5), "_" and "%" to stand for
# themselves (C.2.2.2.4 has "*" and "?" alone), and case to matter in all but names, as a comment in _search_wildcard
# has it. Whoever tests a client against qrscp sees other studies than from a PACS.
# The cause: apps/qrscp/db.py compares text, in ranges with <=, and in patterns with SQL's LIKE, for which "_" and "%"
# are signs of their own, and which in SQLite does not tell a from A.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), found of all that are there:
#   StudyTime 1000-1200    1000 100000 1200, and not 120000
#   StudyTime 1200-1300    1200 120000 123000
#   PatientID SUB_1*       SUB_1 SUB-1 SUBX1
#   PatientID SUB_1        SUB_1
#   PatientID a%1*         a%1 a21
#   PatientID sub*         SUB_1 SUB-1 SUBX1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pynetdicom==3.0.4 pydicom==3.0.2 \
    sqlalchemy==2.1.9
cat > "$work/try.py" <<'PY'
import sys

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pynetdicom.apps.qrscp import db
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Studies
from sqlalchemy.orm import sessionmaker


def study(number, key, value):
    """An instance of a study of its own, as qrscp keeps them."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, f"1.2.3.{number}.2"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"1.2.3.{number}", f"1.2.3.{number}.1"
    data.PatientID, data.PatientName, data.StudyDate, data.StudyTime = "1", "A^B", "20200101", "120000"
    data.AccessionNumber, data.StudyID, data.Modality = str(number), str(number), "MR"
    data.SeriesNumber, data.InstanceNumber = 1, 1
    setattr(data, key, value)
    return data


def matches(key, values, query):
    """Which of the values a C-FIND with this query finds."""
    session = sessionmaker(bind=db.create("sqlite://"))()
    for number, value in enumerate(values):
        db.add_instance(study(number, key, value), session, f"{number}.dcm")
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    setattr(identifier, key, query)
    found = {item.study_instance_uid for item in db.search(Studies, identifier, session)}
    return [value for number, value in enumerate(values) if f"1.2.3.{number}" in found]


TIMES = ["095959", "1000", "100000", "1200", "120000", "123000"]
NAMES = ["SUB_1", "SUB-1", "SUBX1", "a%1", "a21"]
CASES = (  # key, values, query; what is found, and what the standard asks for
    ("StudyTime", TIMES, "1000-1200", ["1000", "100000", "1200"], ["1000", "100000", "1200", "120000"]),
    ("StudyTime", TIMES, "1200-1300", TIMES[3:], TIMES[3:]),
    ("PatientID", NAMES, "SUB_1*", ["SUB_1", "SUB-1", "SUBX1"], ["SUB_1"]),
    ("PatientID", NAMES, "SUB_1", ["SUB_1"], ["SUB_1"]),
    ("PatientID", NAMES, "a%1*", ["a%1", "a21"], ["a%1"]),
    ("PatientID", NAMES, "sub*", ["SUB_1", "SUB-1", "SUBX1"], []),
)
same = True
for key, values, query, seen, right in CASES:
    found = matches(key, values, query)
    print(f"{key} {query}: found", *found, "| by the standard", *right)
    same &= found == seen
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
