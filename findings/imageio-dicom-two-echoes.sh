#!/usr/bin/env bash
# imageio 2.38.1 makes one volume of a DICOM series with two echoes, slices of both in turns, as if
# they lay closer together. A dual-echo series (PD and T2 of the brain) holds both at each position.
#
# One would expect two volumes, or an error: dcm2niix 1.0.20260724 writes two files. imageio gives a
# volume of eight slices, 0.43 mm apart, where there are four a millimetre apart, without a word.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   imageio: 8 slices, 0.43 mm apart, values 101 201 102 202 103 203 104 204
#   dcm2niix: 4 slices, 101 102 103 104; 4 slices, 201 202 203 204
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio==2.38.1 dcm2niix==1.0.20260724 \
    nibabel==5.4.2 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import imageio.v2 as imageio
import nibabel
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

for folder in ("series", "out"):
    Path(folder).mkdir()
for i in range(8):
    position, echo = divmod(i, 2)
    stored = np.full((16, 16), 100 * (echo + 1) + position + 1, np.uint16)
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.3.4.{i}"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.SeriesNumber = "1.2.3.5", "1.2.3.6", 1
    data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    data.PixelSpacing, data.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient, data.SliceThickness = [0, 0, position], 1
    data.InstanceNumber, data.AcquisitionNumber = i + 1, 1
    data.EchoNumbers, data.EchoTime, data.RepetitionTime = echo + 1, 20 + 60 * echo, 2500
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    data.save_as(f"series/{i}.dcm", enforce_file_format=True)
volume = imageio.volread("series", format="dicom")
values, apart = np.asarray(volume)[:, 8, 8].tolist(), volume.meta["sampling"][0]
print(f"imageio: {len(values)} slices, {apart:.2f} mm apart, values", *values)
convert = [str(Path(sys.executable).with_name("dcm2niix")), "-o", "out", "-f", "%p_%e", "series"]
subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
split = sorted(
    np.asarray(nibabel.load(file).dataobj)[8, 8].tolist() for file in Path("out").glob("*.nii")
)
print("dcm2niix:", split)
mixed = [100 * echo + z for z in range(1, 5) for echo in (1, 2)]
sys.exit(not (values == mixed and split == [[101, 102, 103, 104], [201, 202, 203, 204]]))
PY
cd "$work" && ./venv/bin/python try.py
