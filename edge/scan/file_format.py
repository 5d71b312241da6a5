"""Which image format a file has, by its first bytes."""

import os
import stat

# A file is known by its first bytes, never by its name. Plug-ins are named one by one because
# Image.open() would import five of them for any file, and all forty for a TIFF or a WebP.
_FORMATS = (
    ("PNG", ((0, b"\x89PNG\r\n\x1a\n"),), "PngImagePlugin", "PngImageFile"),
    ("JPEG", ((0, b"\xff\xd8\xff"),), "JpegImagePlugin", "JpegImageFile"),
    ("BMP", ((0, b"BM"),), "BmpImagePlugin", "BmpImageFile"),
    ("GIF", ((0, b"GIF8"),), "GifImagePlugin", "GifImageFile"),
    ("TIFF", ((0, b"II*\0"),), "TiffImagePlugin", "TiffImageFile"),
    ("TIFF", ((0, b"MM\0*"),), "TiffImagePlugin", "TiffImageFile"),
    ("WebP", ((0, b"RIFF"), (8, b"WEBP")), "WebPImagePlugin", "WebPImageFile"),
    ("DICOM", ((128, b"DICM"),), None, None),
    # Written without the preamble: group 2 or 8 first (PS3.5, 7.1), its VR in clear or left out.
    ("DICOM", ((0, b"\2\0\0\0UL\4\0"),), None, None),
    *(("DICOM", ((0, b"\x08\0"), (3, b"\0" + vr)), None, None) for vr in (b"CS", b"UI", b"DA")),
    ("DICOM", ((0, b"\x08\0"), (3, b"\0"), (5, b"\0\0\0")), None, None),
)


FORMATS = tuple(dict.fromkeys(name for name, *_ in _FORMATS))


HEAD = 132
"""Bytes that `sniff` needs."""


def sniff(head: bytes) -> str | None:
    """Name of the image format that a file starting with `head` (`HEAD` bytes) has, or None."""
    found = find_format(head)
    return found[0] if found else None


SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".dcm", ".dicom")
"""How files of the supported formats are named. A file is known by its content; its name tells
only what somebody took it for."""


def is_image_file(path: str | os.PathLike) -> bool:
    """Whether the first bytes of a regular file are those of a supported image format.

    Raises:
        OSError: it is there and cannot be read, so nobody knows.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False  # opening a named pipe would wait for its writer for ever
        with open(path, "rb") as file:
            return find_format(file.read(HEAD)) is not None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False  # ValueError: no file can have such a name


def find_format(head: bytes):
    for name, marks, module, cls in _FORMATS:
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return name, module, cls
    return None
