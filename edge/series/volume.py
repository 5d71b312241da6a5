"""A NIfTI volume as axial slices, upright and in order. nibabel is imported here, once needed."""

import gzip
import logging
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from edge.errors import ImageError, MissingSoftwareError
from edge.scan.decode import DecodedScan, Stored
from edge.scan.file_format import VOLUMES
from edge.scan.geometry import even_pixels, ratio_of
from edge.scan.max_pixels import check_size
from edge.scan.picture.bit_depth import robust_range, to_8bit

MAX_VOXELS = 1 << 27
"""512 slices of 512x512. They are read as float32: 512 MB."""
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_BEHIND = 1 << 24
"""Bytes that may stand behind the voxels, of whatever kind."""
_MAGICS = ((344, b"n+1\0"), (344, b"ni1\0"), (4, b"n+2\0"), (4, b"ni2\0"))
_HEADER = 352


def is_nifti(path: str, head: bytes) -> bool:
    """Whether a file is a NIfTI volume, packed or not.

    A packed one that cannot be unpacked counts as one if it is named so.

    Args:
        head: its first 352 bytes at least, or all of it.
    """
    named = path.lower().endswith(VOLUMES)
    if head[:2] == _GZIP:
        try:
            with gzip.open(path) as file:
                head = file.read(_HEADER)
        except (OSError, EOFError, zlib.error):
            return named
    return named or any(head[at : at + 4] == magic for at, magic in _MAGICS)


def axial_slices(path: str, max_pixels: int) -> Iterator[DecodedScan]:
    """Slices of a NIfTI volume from below to above, each with square pixels.

    The axes are turned to the nearest of the patient's own, so that the front is up and the
    patient's left is on the right, as in axial DICOM slices. Black and white are those of the whole
    volume. The volume is read before this returns.

    Raises:
        MissingSoftwareError: nibabel is not installed.
        ImageError: it is no volume of three dimensions, is truncated or damaged, or has more than
            `MAX_VOXELS`, or slices of more than `max_pixels`.
    """
    try:
        import nibabel
    except ImportError:
        raise MissingSoftwareError(
            f"{path}: is a NIfTI volume, which needs nibabel; run: pip install 'mri-edge[nifti]'",
            "nibabel",
        ) from None
    logging.getLogger("nibabel.global").disabled = True  # it speaks of no file in particular
    try:
        volume = nibabel.load(path)
        _check_shape(path, volume)
        single = isinstance(volume, nibabel.Nifti1Image)  # NIfTI-2 as well, and no pair of files
        if single and volume.dataobj.offset < int(volume.header["sizeof_hdr"]):
            raise ImageError(f"{path}: says that its voxels begin within its header; save it anew")
        stated = bool(volume.header["sform_code"] or volume.header["qform_code"])
        shape = tuple(volume.shape) + (1,) * (3 - len(volume.shape))
        whole = np.asanyarray(volume.dataobj, np.float32).reshape(shape[:3])
        upright = nibabel.as_closest_canonical(nibabel.Nifti1Image(whole, volume.affine))
        values = np.asarray(upright.dataobj)
        packed = volume.file_map["image"].filename or path
        _check_sum(packed, volume.dataobj.offset + whole.size * volume.get_data_dtype().itemsize)
        sides = tuple(float(side) for side in upright.header.get_zooms()[:3])
    except ImageError:
        raise
    except Exception as error:  # nibabel, gzip and NumPy raise a dozen types on damaged bytes
        raise ImageError(
            f"{path}: is a truncated or damaged NIfTI volume ({type(error).__name__}); "
            "copy it again"
        ) from error
    remarks: list[str] = []
    if not stated:
        remarks.append("the volume does not say how it lies in the patient; taken as it is stored")
    finite = np.isfinite(values)
    if not finite.all():
        if not finite.any():
            raise ImageError(f"{path}: holds pixels that are not finite numbers")
        values = np.where(finite, values, values[finite].min())
        remarks.append("voxels that are no finite numbers were made black")
    limits = robust_range(values, path, remarks)
    ratio = ratio_of(sides[1], sides[0])
    if ratio is None:
        remarks.append("the sides that it states for its voxels mean nothing and are ignored")
    check_size(values.shape[:2], path, max_pixels)
    return _slices(values, limits, ratio, path, max_pixels, remarks, str(volume.get_data_dtype()))


def _check_sum(path: str, ends: int) -> None:
    """Read a packed file to its end, where gzip compares its checksum: nibabel stops before.

    Args:
        ends: bytes of it, unpacked, up to the last voxel.

    Raises:
        ImageError: there is much more behind that.
        OSError, EOFError, zlib.error: it is cut short or damaged.
    """
    with open(path, "rb") as file:
        if file.read(2) != _GZIP:
            return
    with gzip.open(path) as file:
        while file.read(_CHUNK):
            if file.tell() > ends + _BEHIND:
                raise ImageError(f"{path}: goes on behind its voxels; save it anew")


def _check_shape(path: str, volume) -> None:
    shape = tuple(volume.shape)
    if any(length > 1 for length in shape[3:]):
        number = int(np.prod(shape[3:]))
        raise ImageError(
            f"{path}: holds {number} volumes in {len(shape)} dimensions; save one of them "
            f"({path.rsplit('/', 1)[-1]} may be a time series or diffusion images)"
        )
    if volume.get_data_dtype().fields is not None or volume.get_data_dtype().kind not in "iuf":
        raise ImageError(f"{path}: its voxels are no grey values; save it as numbers")
    if len(shape) < 2 or not all(shape):
        raise ImageError(f"{path}: holds no volume")
    if np.prod([int(length) for length in shape], dtype=object) > MAX_VOXELS:
        raise ImageError(
            f"{path}: {'x'.join(map(str, shape))} voxels are more than the limit of {MAX_VOXELS}; "
            "resample it"
        )


def _slices(
    values: np.ndarray, limits, ratio: float | None, path: str, max_pixels: int, remarks, kind: str
) -> Iterator[DecodedScan]:
    width, height = values.shape[:2]
    for at in range(values.shape[2]):
        own = list(remarks)
        # From right to left and from front to back: what is on the left of the picture, and above.
        grey = to_8bit(values[::-1, ::-1, at].T, path, limits)
        image = Image.fromarray(np.ascontiguousarray(grey))
        if ratio is not None:
            image = even_pixels(image, ratio, f"{path}#{at + 1}", max_pixels, own)
        yield DecodedScan(image, tuple(own), Stored("NIfTI", kind, width, height))
