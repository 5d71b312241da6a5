#!/usr/bin/env bash
# nibabel 5.4.2: of an Enhanced MR file (`nicom.dicomwrappers`, MultiframeWrapper) `affine` and `voxel_sizes` have
# the wrong distance of slices where the frames are not stored from one end to the other: too large, negative,
# or 0. The pixels, `get_data`, are in the right order. No error, and no warning but that of each import, which calls
# nibabel's DICOM readers experimental.
#
# Frames may be stored in any order, as the positions of each tell where it belongs (PS3.3, C.7.6.16.2.3); slices
# acquired in turns, or all times of one slice first, are such orders. One would expect the step between the
# positions of neighbours: that is what the affine says of two neighbours in the array. highdicom 0.28.2,
# `get_volume`, gives it.
# The cause, in MultiframeWrapper.__init__: `_frame_slc_ord` holds the rank of each frame, and is used as if it held
# the frame of each rank. These are the same for frames that go up or down.
#
# Six slices 2 mm apart, or three at two times. Seen on 2026-11-30 (Python 3.11, x86-64):
#   stored at               distance of slices
#   0 2 4 6 8 10              2
#   0 4 8 2 6 10              8
#   2 6 10 0 4 8             -6: the volume is mirrored, too
#   0 0 2 2 4 4               0: all slices at one place, and the affine cannot be inverted
#   0 2 4 0 2 4               2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nibabel==5.4.2 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from nibabel.nicom.dicomwrappers import wrapper_from_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian


def item(**values):
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def write(places, times):
    """An Enhanced MR file: one frame at each place (mm), all of its pixels are its place."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = EnhancedMRImageStorage, "1.2.3.4"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "A^B", "1", "", "O"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20200101", "120000", "1", "1"
    data.ReferringPhysicianName, data.PositionReferenceIndicator = "", ""
    data.Manufacturer, data.ManufacturerModelName = "A", "B"
    data.DeviceSerialNumber, data.SoftwareVersions = "1", "1"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, 1
    data.ContentDate, data.ContentTime = "20200101", "120000"
    data.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.NumberOfFrames, data.Rows, data.Columns, data.PixelRepresentation = len(places), 6, 4, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.repeat(np.array(places, np.uint16), 6 * 4).tobytes()
    data.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=2, SpacingBetweenSlices=2)],
            PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        )
    ]
    ranks = {place: rank for rank, place in enumerate(sorted(set(places)), 1)}
    data.PerFrameFunctionalGroupsSequence = [
        item(
            FrameContentSequence=[
                item(
                    StackID="1",
                    InStackPositionNumber=ranks[place],
                    TemporalPositionIndex=time,
                    DimensionIndexValues=[1, ranks[place], time],
                )
            ],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, place])],
        )
        for place, time in zip(places, times)
    ]
    data.DimensionOrganizationSequence = [item(DimensionOrganizationUID="1.2.3.9")]
    data.DimensionIndexSequence = [
        item(DimensionOrganizationUID="1.2.3.9", DimensionIndexPointer=tag, FunctionalGroupPointer=0x00209111)
        for tag in (0x00209056, 0x00209057, 0x00209128)  # StackID, InStackPositionNumber, TemporalPositionIndex
    ]
    data.save_as("a.dcm", enforce_file_format=True)


same = True
CASES = (  # where the frames lie, their times, and the distance of slices that nibabel gives
    ([0, 2, 4, 6, 8, 10], [1] * 6, 2),
    ([0, 4, 8, 2, 6, 10], [1] * 6, 8),
    ([2, 6, 10, 0, 4, 8], [1] * 6, -6),
    ([0, 0, 2, 2, 4, 4], [1, 2] * 3, 0),
    ([0, 2, 4, 0, 2, 4], [1] * 3 + [2] * 3, 2),
)
for places, times, seen in CASES:
    write(places, times)
    image = wrapper_from_file("a.dcm")
    values = np.asarray(image.get_data())
    slices = values.reshape(6, 4, len(set(places)), -1)[0, 0, :, 0].astype(int).tolist()
    # The affine's own claim: where each slice of the array lies, along the normal of the slices.
    claimed = [float(image.affine[2] @ [0, 0, at, 1]) for at in range(len(slices))]
    print("stored at", *places, "| slices at", *slices, "| by the affine at", *(f"{z:g}" for z in claimed), end=" ")
    print(f"| {image.voxel_sizes[2]:g} mm apart")
    assert slices == sorted(set(places), reverse=True)
    same &= image.voxel_sizes[2] == seen
    same &= (claimed == slices) == (seen == 2)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore::UserWarning try.py
