#!/usr/bin/env bash
# Two readers of DICOM lose the sign of JPEG-LS pixels with fewer bits than their cell: python-gdcm 3.2.6 (of
# 10 and 12 bits) and dcm2niix 1.0.20260724 (of 10).
#
# JPEG-LS knows unsigned samples only. Of signed pixels it holds the bits that are stored, so the reader must
# extend the sign (PS3.5, 8.2.3; PixelRepresentation is 1). GDCM does so for other syntaxes, and its
# JPEGLSCodec does not. dcm2niix does so for BitsStored 12 alone (its issue 688).
#
# One would expect the values, or an error. The type is int16 all the same, and -1 is the brightest pixel.
# pydicom 3.0.2 with pyjpegls 1.5.1 made the files and reads them right, as does SimpleITK 2.5.7.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   10 bits   0 100 -1 -512 -> gdcm 0 100 1023 512   dcm2niix 0 100 1023 512   SimpleITK 0 100 -1 -512
#   12 bits   0 100 -1 -512 -> gdcm 0 100 4095 3584   dcm2niix 0 100 -1 -512   SimpleITK 0 100 -1 -512
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-gdcm==3.2.6 dcm2niix==1.0.20260724 \
    SimpleITK==2.5.7 pydicom==3.0.2 pyjpegls==1.5.1 nibabel==5.4.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import gdcm
import nibabel
import numpy as np
import SimpleITK
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, MRImageStorage

values = [0, 100, -1, -512]
same = True
for bits in (10, 12):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, 1
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [1, 1], 1
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = 16, 16
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, bits, bits - 1, 1
    data.PixelData = np.array(values * 64, np.int16).tobytes()
    data["PixelData"].VR = "OW"
    data.compress(JPEGLSLossless)
    folder = Path(str(bits))
    folder.mkdir()
    file = str(folder / "a.dcm")
    data.save_as(file, enforce_file_format=True)
    assert dcmread(file).pixel_array.ravel().tolist() == values * 64

    reader = gdcm.ImageReader()
    reader.SetFileName(file)
    assert reader.Read()
    image = reader.GetImage()
    assert image.GetPixelFormat().GetScalarType() == gdcm.PixelFormat.INT16
    by_gdcm = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), "<i2")[:4].tolist()
    convert = [str(Path(sys.executable).with_name("dcm2niix")), "-o", ".", "-f", str(bits), str(folder)]
    subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
    by_dcm2niix = np.asarray(nibabel.load(f"{bits}.nii").dataobj)[:4, 0, 0].tolist()
    right = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(file)).ravel()[:4].tolist()
    print(f"{bits} bits:", *values, "-> gdcm", *by_gdcm, "  dcm2niix", *by_dcm2niix, "  SimpleITK", *right)
    unsigned = [value % (1 << bits) for value in values]
    same &= by_gdcm == unsigned and right == values
    same &= by_dcm2niix == (unsigned if bits == 10 else values)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
