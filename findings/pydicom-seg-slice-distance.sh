#!/usr/bin/env bash
# pydicom-seg 0.4.1 (DICOM Segmentation files): `SegmentReader` and `MultiClassReader` take SliceThickness for the
# distance of slices where a file has no SpacingBetweenSlices. No error, no warning. MR slices often have a gap between
# them, and then their distance is larger; slices of CT may overlap, and then it is smaller.
#
#   with a gap     the volume gets more slices than there are, and the spare ones are empty: holes in the segmentation.
#                  The image is too low, and so is the volume of what was segmented
#   overlapping    two slices fall on one place, and the later one replaces the earlier: slices are lost
#
# One would expect the distance to be taken from the positions, which each frame has, and which the readers do use to
# find the first slice and the number of slices. SpacingBetweenSlices may be left out where the file does not say that
# it is of DimensionOrganizationType 3D (PS3.3, C.7.6.16.2.1); with it, all is right.
# Besides, SegmentationDataset.add_frame cuts fractions off and does not round them: of 100 steps, 0.29 and 0.57 become
# 28 and 56, as 0.29 * 100 is a little below 29 in a computer.
# The causes: get_declared_image_spacing in reader_utils.py; data.astype(np.uint8) in segmentation_dataset.py.
#
# Ten slices of 8 x 8 voxels of 1 mm, all of them segmented: slices of the volume, slices that are not empty, cubic mm.
# Seen on 2026-12-01 (Python 3.11, x86-64):         one would expect     seen
#   thickness 5, distance 5                         10, 10, 3200         10, 10, 3200
#   thickness 4, distance 5 (a gap of 1)            10, 10, 3200         12, 10, 2560
#   thickness 4, distance 4.4                       10, 10, 2816         11, 10, 2560
#   thickness 5, distance 3 (overlapping)           10, 10, 1920         6, 6, 1920
#   fractions 0.29 0.57 0.58 of 100                 29 57 58             28 56 57
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom-seg==0.4.1 pydicom==2.4.5 \
    SimpleITK==2.5.7 numpy==1.26.4
cat > "$work/try.py" <<'PY'
import io
import sys
import warnings

import numpy as np
import pydicom
import pydicom_seg
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom_seg.segmentation_dataset import SegmentationDataset, SegmentationType

warnings.simplefilter("error")
COUNT = 10


def item(**elements):
    data = Dataset()
    for name, value in elements.items():
        setattr(data, name, value)
    return data


def segmentation(thickness, distance, between):
    data = item(Modality="SEG", SegmentationType="BINARY", SegmentsOverlap="NO")
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data.Rows = data.Columns = 8
    data.NumberOfFrames = COUNT
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 1, 1, 0, 0
    data.SegmentSequence = [item(SegmentNumber=1, SegmentLabel="tumour")]
    measures = item(PixelSpacing=[1, 1], SliceThickness=thickness)
    if between:
        measures.SpacingBetweenSlices = distance
    orientation = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    data.SharedFunctionalGroupsSequence = [
        item(PlaneOrientationSequence=[orientation], PixelMeasuresSequence=[measures])
    ]
    data.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, round(number * distance, 3)])],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=1)],
        )
        for number in range(COUNT)
    ]
    pixels = np.ones((COUNT, 8, 8), np.uint8)
    data.PixelData = np.packbits(pixels, bitorder="little").tobytes()
    data.is_little_endian, data.is_implicit_VR = True, False
    file = io.BytesIO()
    data.save_as(file, write_like_original=False)
    file.seek(0)
    return pydicom.dcmread(file)


def read(data):
    """How many slices, how many that are not empty, and the volume, by both readers."""
    answers = []
    for kind in (pydicom_seg.SegmentReader, pydicom_seg.MultiClassReader):
        result = kind().read(data)
        voxels = result.data if hasattr(result, "data") else result.segment_data(1)
        filled = voxels.any(axis=(1, 2)).sum()
        answers.append((len(voxels), int(filled), round(voxels.sum() * np.prod(result.spacing))))
    assert answers[0] == answers[1]
    return answers[0]


same = True
for thickness, distance, wrong in (
    (5, 5, (10, 10, 3200)),
    (4, 5, (12, 10, 2560)),
    (4, 4.4, (11, 10, 2560)),
    (5, 3, (6, 6, 1920)),
):
    right = (COUNT, COUNT, round(64 * COUNT * distance))
    assert read(segmentation(thickness, distance, True)) == right
    seen = read(segmentation(thickness, distance, False))
    print(f"thickness {thickness}, distance {distance}: expected {right}, seen {seen}")
    same &= seen == wrong

frames = SegmentationDataset(
    rows=1,
    columns=3,
    segmentation_type=SegmentationType.FRACTIONAL,
    max_fractional_value=100,
)
frames.SegmentSequence = [item(SegmentNumber=1)]
frames.add_frame(np.array([[0.29, 0.57, 0.58]]), 1)
seen = list(frames.PixelData)[:3]
print(f"fractions: expected [29, 57, 58], seen {seen}")
same &= seen == [28, 56, 57]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
