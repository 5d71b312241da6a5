"""Generated scans of several formats, for a model of throughput where no scans are named."""

from pathlib import Path

from PIL import Image

_SIZE = 512
"""Pixels a side, as most MR slices have in a PACS."""


def make_files(folder: Path, count: int) -> list[str]:
    """Write phantoms as PNG, JPEG and, where pydicom is, DICOM; `count` of each."""
    from train.phantom.make import make_phantom

    files = []
    for number in range(count):
        pixels = make_phantom(number, number % 2 == 0).pixels
        image = Image.fromarray(pixels).resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
        for suffix, options in ((".png", {}), (".jpg", {"quality": 90})):
            path = folder / f"{number:03}{suffix}"
            image.save(path, **options)
            files.append(str(path))
        path = folder / f"{number:03}.dcm"
        if write_dicom(path, image):
            files.append(str(path))
    return files


def write_dicom(path: Path, image: Image.Image) -> bool:
    """Uncompressed, of 16 bits."""
    try:
        import numpy as np
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
    except ImportError:
        return False
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    scan = Dataset()
    scan.file_meta = meta
    scan.SOPClassUID = MRImageStorage
    scan.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    scan.Modality = "MR"
    scan.PhotometricInterpretation = "MONOCHROME2"
    scan.Rows, scan.Columns = image.size[::-1]
    scan.SamplesPerPixel, scan.PixelRepresentation = 1, 0
    scan.BitsAllocated, scan.BitsStored, scan.HighBit = 16, 12, 11
    scan.WindowCenter, scan.WindowWidth = 2048, 4096
    scan.PixelData = (np.asarray(image, np.uint16) * 16).tobytes()
    scan.save_as(path, enforce_file_format=True)
    return True
