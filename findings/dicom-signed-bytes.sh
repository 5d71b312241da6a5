#!/usr/bin/env bash
# Two readers of DICOM know fewer kinds of pixel cells than they let one think: dicomsdl 0.109.4
# (`pixelData`) and dcm2niix 1.0.20260724.
#
#   signed, 8 bits      both read it as unsigned: -1 becomes 255
#   unsigned, 32 bits   dicomsdl reads 16 bits: each value becomes its two halves, and the latter half
#                       of the picture is missing (RT Dose is stored so)
#
# One would expect the values, or an error. Type and shape look right, and a picture comes out.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   signed, 8 bits      0 1 -1 -128 -> 0 1 255 128
#   unsigned, 32 bits   0 1 70000 4 -> 0 0 1 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicomsdl==0.109.4 dcm2niix==1.0.20260724 \
    nibabel==5.4.2 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import dicomsdl
import nibabel
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    RTDoseStorage,
    SecondaryCaptureImageStorage,
)

CASES = {  # stored, its class, what dicomsdl makes of it
    "signed, 8 bits": (
        np.array([[0, 1], [-1, -128]], np.int8),
        SecondaryCaptureImageStorage,
        [0, 1, 255, 128],
    ),
    "unsigned, 32 bits": (np.array([[0, 1], [70000, 4]], np.uint32), RTDoseStorage, [0, 0, 1, 0]),
}
same = True
for number, (name, (stored, kind, wrong)) in enumerate(CASES.items()):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "OT", 1, 1
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    bits = stored.itemsize * 8
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation = int(stored.dtype.kind == "i")
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OB" if bits == 8 else "OW"
    folder = Path(str(number))
    folder.mkdir()
    file = str(folder / "a.dcm")
    data.save_as(file, enforce_file_format=True)
    assert dcmread(file).pixel_array.tolist() == stored.tolist()
    found = dicomsdl.open(file).pixelData()
    assert found.shape == stored.shape
    print(f"{name}:", *stored.ravel(), "-> dicomsdl", *found.ravel().astype(int))
    same &= found.ravel().tolist() == wrong
    if bits == 8:
        convert = [str(Path(sys.executable).with_name("dcm2niix")), "-o", ".", "-f", "a", str(folder)]
        subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
        volume = sorted(np.asarray(nibabel.load("a.nii").dataobj).ravel().tolist())
        print("    dcm2niix, sorted:", *volume)
        same &= volume == sorted(wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
