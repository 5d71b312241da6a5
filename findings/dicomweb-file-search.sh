#!/usr/bin/env bash
# dicomweb-client 0.61.2: `DICOMfileClient`, which answers DICOMweb's searches from a folder of files, finds
# other studies than the standard's matching rules ask for (PS3.18, 8.3.4.1, and PS3.4, C.2.2.2).
#
#   a range of dates       the filter is left out, and every study is returned (a line goes to the log)
#   "_" beside a "*"       stands for any character: SUB_1* finds SUB-1 and SUBX1
#   "?" beside a "*"       is not understood: S?B* finds nothing
#   any "*"                upper and lower case do not matter: sub* finds SUB_1. In PatientID they do
#
# One would expect the studies of 2020, and the patients of that ID. Code that goes by the answer takes
# studies of others for its own. The cause: the value goes into SQLite's LIKE with "*"
# replaced by "%", where "_" has a meaning of its own; and what is no single date is "not a valid value".
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   StudyDate 20200101-20201231: SUB-1 SUBX1 SUB_1 sub_2
#   StudyDate 20200101: SUB_1
#   PatientID SUB_1*: SUB-1 SUBX1 SUB_1
#   PatientID S?B*: (none)
#   PatientID sub*: SUB-1 SUBX1 SUB_1 sub_2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicomweb-client==0.61.2 pydicom==3.0.2 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from pathlib import Path

from dicomweb_client import DICOMfileClient
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

Path("files").mkdir()
STUDIES = {"SUB_1": "20200101", "SUB-1": "20210601", "SUBX1": "20250101", "sub_2": "20260101"}
for number, (patient, date) in enumerate(STUDIES.items(), 1):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.3.{number}.3"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"1.2.3.{number}.1", f"1.2.3.{number}.2"
    data.PatientID, data.StudyDate, data.Modality = patient, date, "OT"
    data.PatientName = data.PatientSex = data.PatientBirthDate = data.StudyTime = data.StudyID = ""
    data.AccessionNumber = data.ReferringPhysicianName = ""
    data.SeriesNumber = data.InstanceNumber = data.Rows = data.Columns = data.SamplesPerPixel = 1
    data.PhotometricInterpretation, data.PixelRepresentation = "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
    data.PixelData = bytes(2)
    data["PixelData"].VR = "OB"
    data.save_as(f"files/{number}.dcm", enforce_file_format=True)

client = DICOMfileClient(f"file://{Path('files').resolve()}", update_db=True, in_memory=True)
same = True
for name, value, wrong in (
    ("StudyDate", "20200101-20201231", "SUB-1 SUBX1 SUB_1 sub_2"),
    ("StudyDate", "20200101", "SUB_1"),
    ("PatientID", "SUB_1*", "SUB-1 SUBX1 SUB_1"),
    ("PatientID", "S?B*", ""),
    ("PatientID", "sub*", "SUB-1 SUBX1 SUB_1 sub_2"),
):
    studies = client.search_for_studies(search_filters={name: value})
    found = " ".join(sorted(study["00100020"]["Value"][0] for study in studies))
    print(f"{name} {value}:", found or "(none)")
    same &= found == wrong
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
