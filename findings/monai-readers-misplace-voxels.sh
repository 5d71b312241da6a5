#!/usr/bin/env bash
# MONAI 1.6.1: two readers of `LoadImage` put voxels elsewhere than the file has them. No error, no warning:
#
#   PydicomReader, segmentations   (DICOM SEG) all segments are laid over each other, slice by slice, wherever they are.
#                                  A tumour in the two lowest slices and an oedema in the two highest come out in the
#                                  same two. Empty frames are left out of such files as a rule: so highdicom does
#   the same                       of two segments that have one SegmentDescription or SegmentLabel ("tumour" twice),
#                                  the first is overwritten, and the last channel is empty
#   PydicomReader, RT Dose         and other files of several frames that have their position at the top: frames and
#                                  rows are exchanged. A grid of 5 columns, 4 rows and 3 frames 3 mm apart has the shape
#                                  4 x 3 x 5, and the spacing 1 in the end
#   NrrdReader                     spaces other than left-posterior-superior are taken for right-anterior-superior. What
#                                  is in "left-anterior-superior" is a mirror image when it is saved as NIfTI. So is
#                                  what is in "LPS", which NRRD has for the former, and turned around
#
# One would expect each frame where its PlanePositionSequence has it; a channel for each segment; SimpleITK 2.5.7's
# geometry of the dose and of the NRRD files; and, as the page has it, "Set to True to be consistent with
# NibabelReader". (Orientation reports an unknown space, and turns "LPS" right; SaveImage does neither.)
# The causes, in data/image_reader.py: all_segs[..., class_num] = frames, with as many slices as frames / segments;
# metadata["labels"] by the description; np.swapaxes(data_array, 0, 1) of frames x rows x columns; and
# header["space"] == "left-posterior-superior".
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                       in the file          MONAI
#   z of the voxels of two segments                               0 3 | 6 9            6 3 | 6 3
#   voxels in the channels of two segments of the same name       2 2                  2 0
#   shape of the dose, and its spacing                            5 x 4 x 3, 1 1 3     4 x 3 x 5, 1 1 1
#   NRRD, left-anterior-superior, x of the origin, as NIfTI       -10                  10
#   NRRD, LPS, x and y of the origin, as NIfTI                    -10 -20              10 20
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check monai==1.6.1 torch==2.14.1 numpy==2.4.6 \
    pydicom==3.0.2 highdicom==0.28.2 pynrrd==1.1.3 nibabel==5.4.2 SimpleITK==2.5.7
cat > "$work/try.py" <<'PY'
import sys
import warnings

import highdicom
import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk
from monai.transforms import LoadImage, SaveImage
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, RTDoseStorage

same = True


def check(name, seen, right, wrong):
    global same
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong != right


def read(name, reader, **options):
    load = LoadImage(reader=reader, **options)  # warns of decoders on a GPU
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load(name)


def dataset(kind, number):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.3.4.{number + 1}"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = (
        "1.2.3.5",
        "1.2.3.6",
        "1.2.3.7",
    )
    for name in (
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "AccessionNumber",
    ):
        setattr(data, name, "")
    data.PatientID, data.PatientName, data.ReferringPhysicianName, data.Modality = (
        "1",
        "a^b",
        "",
        "MR",
    )
    data.SeriesNumber, data.InstanceNumber = 1, number + 1
    data.ImagePositionPatient, data.ImageOrientationPatient = (
        [0, 0, 3.0 * number],
        [1, 0, 0, 0, 1, 0],
    )
    data.PixelSpacing, data.SliceThickness = [1, 1], 3
    data.Rows, data.Columns, data.BitsAllocated, data.BitsStored, data.HighBit = 4, 5, 16, 16, 15
    data.SamplesPerPixel, data.PixelRepresentation, data.PhotometricInterpretation = (
        1,
        0,
        "MONOCHROME2",
    )
    data.PixelData = np.zeros((4, 5), np.uint16).tobytes()
    return data


def segmentation(labels, **options):
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=number + 1,
            segment_label=label,
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type="MANUAL",
        )
        for number, label in enumerate(labels)
    ]
    masks = np.zeros((4, 4, 5, 2), np.uint8)  # slices, rows, columns, segments
    masks[0, 0, 0, 0] = masks[1, 0, 1, 0] = masks[2, 3, 3, 1] = masks[3, 3, 4, 1] = 1
    highdicom.seg.Segmentation(
        source_images=[dataset(MRImageStorage, number) for number in range(4)],
        pixel_array=masks,
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid="1.2.3.8",
        series_number=2,
        sop_instance_uid="1.2.3.9",
        instance_number=1,
        manufacturer="a",
        manufacturer_model_name="b",
        software_versions="1",
        device_serial_number="1",
        **options,
    ).save_as("segmentation.dcm")
    return read("segmentation.dcm", "PydicomReader")


def heights(image):
    places = [np.argwhere(image[..., segment].numpy() > 0) for segment in (0, 1)]
    places = [sorted(segment.tolist()) for segment in places]  # by the column, 0 1 and 3 4
    return [
        [round(float((image.affine.numpy() @ [*place, 1])[2])) for place in segment]
        for segment in places
    ]


truth = [[0, 3], [6, 9]]
check("z of two segments", heights(segmentation(["a", "b"])), truth, [[6, 3], [6, 3]])
same &= heights(segmentation(["a", "b"], omit_empty_frames=False)) == truth
twice = segmentation(["tumour", "tumour"], omit_empty_frames=False)
check(
    "voxels of two of the same name",
    [int((twice[..., segment] > 0).sum()) for segment in (0, 1)],
    [2, 2],
    [2, 0],
)

dose = dataset(RTDoseStorage, 0)
dose.Modality, dose.NumberOfFrames, dose.GridFrameOffsetVector = "RTDOSE", 3, [0, 3, 6]
dose.FrameIncrementPointer, dose.DoseGridScaling, dose.DoseUnits = 0x3004000C, "1", "GY"
dose.DoseType, dose.DoseSummationType = "PHYSICAL", "PLAN"
dose.PixelData = np.arange(60, dtype=np.uint16).tobytes()
dose.save_as("dose.dcm", enforce_file_format=True)
image = read("dose.dcm", "PydicomReader")
found = sitk.ReadImage("dose.dcm")
right = [list(found.GetSize()), list(found.GetSpacing())]
assert right == [[5, 4, 3], [1, 1, 3]]
check("dose", [list(image.shape), image.pixdim.tolist()], right, [[4, 3, 5], [1, 1, 1]])

volume = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
for space, wrong in {
    "left-posterior-superior": [-10, -20, 30],
    "left-anterior-superior": [10, 20, 30],
    "LPS": [10, 20, 30],
}.items():
    nrrd.write(
        "a.nrrd",
        volume,
        {"space": space, "space directions": np.eye(3), "space origin": [10, 20, 30]},
    )
    SaveImage(".", output_postfix="saved", separate_folder=False, print_log=False)(
        read("a.nrrd", "NrrdReader", ensure_channel_first=True)
    )
    found = sitk.ReadImage("a.nrrd")
    right = (np.array(found.GetOrigin()) * [-1, -1, 1]).tolist()
    seen = nibabel.load("a_saved.nii.gz").affine[:3, 3].tolist()
    if wrong == right:
        same &= seen == right
    else:
        check(f"NRRD, {space}, the origin", seen, right, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
