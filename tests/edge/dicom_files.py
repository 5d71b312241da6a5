"""Small DICOM files, generated."""

from pathlib import Path

import numpy as np

SECRET = "Zzyzx^Patience"
"""Stands in every element that names people or places; must never be seen again."""


def write_dicom(path: Path, values: np.ndarray, *, syntax: str | None = None, **elements) -> Path:
    """Write `values` [rows, columns] or [frames, rows, columns] as an MR image.

    Args:
        syntax: transfer syntax UID; explicit little endian if None.
        elements: set by keyword; None leaves one out.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.file_meta.TransferSyntaxUID = syntax or ExplicitVRLittleEndian
    for key in ("PatientName", "PatientID", "InstitutionName", "OperatorsName", "StudyDescription"):
        setattr(data, key, SECRET)
    data.PatientComments = data.ImageComments = SECRET
    data.Modality = "MR"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = values.shape[-2:]
    if values.ndim == 3:
        data.NumberOfFrames = len(values)
    data.BitsAllocated = data.BitsStored = values.dtype.itemsize * 8
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(values.dtype.kind == "i")
    big = str(syntax) == "1.2.840.10008.1.2.2"
    data.PixelData = values.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
    data["PixelData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
    for key, value in elements.items():
        if value is None:
            delattr(data, key)
        else:
            setattr(data, key, value)
    data.save_as(path, enforce_file_format=True)
    return path
