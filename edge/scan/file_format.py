"""Which image format a file has, by its first bytes."""

import os

from edge.files.regular_file import NotRegularError, open_regular

# A file is known by its first bytes, never by its name. Plug-ins are named one by one because
# Image.open() would import five of them for any file, and all forty for a TIFF or a WebP.
_FORMATS = (
    ("PNG", ((0, b"\x89PNG\r\n\x1a\n"),), "PngImagePlugin", "PngImageFile"),
    ("JPEG", ((0, b"\xff\xd8\xff"),), "JpegImagePlugin", "JpegImageFile"),
    ("BMP", ((0, b"BM"),), "BmpImagePlugin", "BmpImageFile"),
    ("GIF", ((0, b"GIF8"),), "GifImagePlugin", "GifImageFile"),
    *(
        ("TIFF", ((0, mark),), "TiffImagePlugin", "TiffImageFile")
        for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: BigTIFF
    ),
    ("WebP", ((0, b"RIFF"), (8, b"WEBP")), "WebPImagePlugin", "WebPImageFile"),
)
_DICOM = ("DICOM", None, None)
_DICOM_MARK = slice(128, 132), b"DICM"
_FIRST_GROUPS = (0x0002, 0x0008)  # of a data set without a preamble: its meta header, or itself
_VALUE_REPRESENTATIONS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN "
    b"UR US UT UV".split()
)  # PS3.5, 6.2
_LONGEST_FIRST = 1 << 16  # bytes of the first element, where no value representation vouches


FORMATS = (*dict.fromkeys(name for name, *_ in _FORMATS), "DICOM")
CHOOSE_FRAME = "choose one with --frame 1, 2, ..., or take all with --series"
"""What to do about a file with several frames where one picture is wanted."""
HEAD = 132
"""Bytes that `sniff` needs."""


def sniff(head: bytes) -> str | None:
    """Name of the image format that a file starting with `head` (`HEAD` bytes) has, or None."""
    found = find_format(head)
    return found[0] if found else None


SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".dcm", ".dicom")
"""How files of the supported formats are named. A file is known by its content; its name tells
only what somebody took it for."""


VOLUMES = (".nii", ".nii.gz")
"""How NIfTI volumes are named, which are series by themselves."""
_VOLUME_MARKS = (b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c")
"""Of NIfTI 1 and 2: the length of the header, 348 or 540, in either byte order."""
_ZIP = b"PK\x03\x04"
_PACKED = (
    *(b"7z\xbc\xaf", b"Rar!"),
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
)
"""7-Zip and RAR; gzip, bzip2, xz and Zstandard."""


def unsupported(name: str, head: bytes) -> str:
    """What to say of a file that `find_format` does not know, after its name."""
    if name.lower().endswith(VOLUMES) or head.startswith(_VOLUME_MARKS):
        return "is a NIfTI volume, a whole series; edge-classify --series takes it (extra: nifti)"
    if head.startswith(_ZIP):
        return "is a ZIP archive; give it as zip://FILE, or unpack it"
    if head.startswith(_PACKED):
        return "is packed, or an archive; unpack it and give the scans in it"
    return f"is not an image of a supported format; give {', '.join(FORMATS)}"


def is_image_file(path: str | os.PathLike) -> bool:
    """Whether the first bytes of a regular file are those of a supported image format.

    Raises:
        OSError: it is there and cannot be read, so nobody knows.
    """
    try:
        with open_regular(path) as file:
            return find_format(file.read(HEAD)) is not None
    except (FileNotFoundError, NotADirectoryError, NotRegularError, ValueError):
        return False  # ValueError: no file can have such a name


def find_format(head: bytes):
    """(format, Pillow's module, its class) of a file starting with `head`; None if unsupported.

    "DICM" at byte 128 makes it DICOM, whatever the 128 bytes before are (PS3.10, 7.1).
    """
    if head[_DICOM_MARK[0]] == _DICOM_MARK[1]:
        return _DICOM
    return picture_format(head) or (_DICOM if _is_bare_dicom(head) else None)


def picture_format(head: bytes):
    """`find_format`, DICOM apart."""
    for name, marks, module, cls in _FORMATS:
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return name, module, cls
    return None


def _is_bare_dicom(head: bytes) -> bool:
    """Whether it begins with an element of the first groups: DICOM written without the preamble.

    In either byte order; explicit by its value representation, implicit (little endian only) by a
    length that a first element may have (PS3.5, 7.1).
    """
    if len(head) < 8:
        return False
    for order in ("little", "big"):
        group = int.from_bytes(head[:2], order)
        if group in _FIRST_GROUPS and head[4:6] in _VALUE_REPRESENTATIONS:
            return True
    length = int.from_bytes(head[4:8], "little")
    return (
        int.from_bytes(head[:2], "little") in _FIRST_GROUPS
        and head[3] == 0  # the first of a group: element 0000 to 00FF
        and length % 2 == 0
        and length < _LONGEST_FIRST
    )
