"""What decoding a scan costs in memory, and how much there is: compared on the header.

A pixel of a grey PNG takes 3 bytes at the worst step, one of a PNG with 16 bits and transparency
42: a limit in pixels alone is none. What is asked for here covers decoding, converting, turning,
cropping, resizing and the gate; evening (`edge.scan.geometry`) asks for itself. Each number is a
measured peak, rounded up (docs/explanation/hostile-input.md has the table).
"""

import os
import sys
from _thread import allocate_lock, get_ident  # `threading` is not needed, and costs a millisecond
from contextlib import suppress

from edge.errors import ImageError, ShortOfMemoryError

_BYTES = {
    **dict.fromkeys(("1", "L"), 3),
    **dict.fromkeys(("P", "RGB", "YCbCr", "LAB", "HSV", "CMYK"), 9),
    **dict.fromkeys(("I;16", "I;16L", "I;16B", "I;16N"), 9),
    **dict.fromkeys(("I", "F"), 13),
}
"""A pixel, by Pillow's mode of what is stored."""
_LAYERED = 21
"""Of whatever has transparency, which is laid over black; and of what no number is known of."""
_DEEP_PNG = {2: 25, 4: 26, 6: 42}
"""By PNG colour type, of 16-bit files that are decoded twice."""
_PROGRESSIVE = {"L": 4, "RGB": 11, "CMYK": 13}
"""Of a JPEG that comes in several passes, whose coefficients are all kept."""
_WEBP, _LAYERED_WEBP = 17, 29
_DICOM = {8: 7, 16: 11, 32: 16, 64: 28}
"""By the bits that a cell takes in the file."""
_DICOM_TABLE, _DICOM_COMPRESSED = 16, 6
"""More: of a file with a modality lookup table; of a compressed one."""
_COPIES = 2
"""Of the bytes of a file that is read whole."""
_AGAIN = {"L": 1, "RGB": 4, "CMYK": 4}
"""More, by mode: of a JPEG that is decoded a second time (`edge.scan.picture.redecode`)."""
_COPIES_AGAIN, _WEBP_COPIES = 3, 7
"""Of the bytes of a file that is decoded a second time, changed."""
SMALL = 64 << 20
"""Bytes: a scan that takes less is decoded without looking at how much memory there is."""
_SHARE = 0.75
"""Of all memory that this process may ever have: one scan may take no more. The rest is for the
process itself and its engine."""
_NO_LIMIT = 1 << 60  # cgroup v1 has a number near 2**63 for "none"

_turn = allocate_lock()
_decoding: set[int] = set()
"""The threads that are decoding a scan."""
_whose: int | None = None
"""The thread whose turn it is."""
_between_processes: int | None = None
"""A file without a name, locked by the process whose turn it is."""


def picture_price(
    image, kind: str, head: bytes, file_bytes: int, layered: bool = False, again: bool = False
) -> int:
    """Bytes that an opened picture takes at its worst step.

    Args:
        image: opened by Pillow and not loaded.
        kind: of `edge.scan.file_format.FORMATS`.
        head: the file's first bytes.
        file_bytes: its size, if it is held in memory; else 0.
        layered: whether frames are drawn over one another.
        again: whether it is a JPEG that is decoded twice.
    """
    pixels = image.size[0] * image.size[1]
    if kind == "PNG" and head[24] == 16 and head[25] in _DEEP_PNG:
        each = _DEEP_PNG[head[25]]
    elif layered or "transparency" in image.info:
        each = _LAYERED
    elif kind == "JPEG" and image.info.get("progressive"):
        each = _PROGRESSIVE.get(image.mode, _LAYERED)
    else:
        each = _BYTES.get(image.mode, _LAYERED)
    if again:
        return (each + _AGAIN.get(image.mode, _LAYERED)) * pixels + _COPIES_AGAIN * file_bytes
    return each * pixels + _COPIES * file_bytes


def webp_price(size: tuple[int, int], head: bytes, file_bytes: int) -> int:
    """Bytes that a WebP file takes, by its head: opening it allocates its canvas."""
    kind = head[12:16]
    # Alpha or an animation (RFC 9649, 2.7); "alpha is used" of the lossless kind (3.4).
    layered = head[20] & 0x12 if kind == b"VP8X" else head[24] & 0x10 if kind == b"VP8L" else 0
    each = _LAYERED_WEBP if layered else _WEBP
    return each * size[0] * size[1] + _WEBP_COPIES * file_bytes


def dicom_price(pixels: int, allocated: int, table: bool, compressed: bool) -> int:
    """Bytes that one frame of a DICOM file takes.

    Args:
        allocated: bits of a cell.
        table: whether the file has a modality lookup table.
        compressed: whether its pixels are.
    """
    each = _DICOM[allocated] + _DICOM_TABLE * table + _DICOM_COMPRESSED * compressed
    return each * pixels


def file_price(file_bytes: int) -> int:
    """Bytes that reading a whole file takes, before its header is known."""
    return _COPIES * file_bytes


def check_memory(needed: int, name: str, failed: bool = False) -> None:
    """See that there is room for `needed` bytes.

    What is large is decoded in turns, for each would find the same memory free. Within `in_turn`
    this waits for those of other threads, and of the worker processes of `share_turns`.

    Args:
        failed: whether decoding has failed already, maybe for want of memory, which libraries call
            "broken data" and the like: then small scans are asked about, too.

    Raises:
        ImageError: this process will never have as much.
        ShortOfMemoryError: (an ImageError) there is not as much now.
    """
    if needed < SMALL and not failed:
        return
    if not failed:
        _take_turn()
    free, most = room()
    if needed > _SHARE * most:
        raise ImageError(
            f"{name}: needs about {_mb(needed)} MB of memory to be decoded, and of the "
            f"{_mb(most)} MB that there are one scan may take {_mb(int(_SHARE * most))} MB; "
            "scale the image down, or save it in grey with 8 bits"
        )
    if needed > free:
        raise ShortOfMemoryError(
            f"{name}: needs about {_mb(needed)} MB of memory to be decoded, and there are "
            f"{_mb(free)} MB now; try again when more is free"
        )


def _begin_anew() -> None:
    global _turn, _whose
    _turn, _whose = allocate_lock(), None
    _decoding.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)  # another thread may have had the turn


class _InTurn:
    """`with in_turn:` around the decoding of one scan, which ends the turn that it may take."""

    def __enter__(self):
        _decoding.add(get_ident())

    def __exit__(self, *error):
        _decoding.discard(get_ident())
        _end_turn()


in_turn = _InTurn()


def _take_turn() -> None:
    global _whose
    if _whose == get_ident() or get_ident() not in _decoding:
        return
    _turn.acquire()
    _whose = get_ident()
    if _between_processes is not None:
        from fcntl import LOCK_EX, lockf

        lockf(_between_processes, LOCK_EX)  # gone with the process that holds it


def _end_turn() -> None:
    global _whose
    if _whose != get_ident():
        return
    _return_freed()
    _whose = None
    if _between_processes is not None:
        from fcntl import LOCK_UN, lockf

        lockf(_between_processes, LOCK_UN)
    _turn.release()


def _return_freed() -> None:
    """Give the system back what was freed: glibc keeps it, for each thread apart, once blocks of
    Pillow's size were freed, and four threads that decode in turns would hold it four times."""
    import ctypes

    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def share_turns() -> None:
    """To be called before worker processes are forked: they then take turns with one another.

    Where the system has no files without names each process takes its own.
    """
    global _between_processes
    if _between_processes is None and hasattr(os, "memfd_create"):
        with suppress(OSError):  # too many open files: memory is not the first to run short
            _between_processes = os.memfd_create("mri-edge-turns")


def ran_out(name: str) -> ShortOfMemoryError:
    """What to raise where memory was asked for in vain."""
    return ShortOfMemoryError(
        f"{name}: memory ran out while it was decoded; try again when more is free"
    )


def room(root: str = "/") -> tuple[int, int]:
    """Bytes of memory that are free for this process, and that it may have at most.

    The least of the board's, of the limits of its control groups (systemd's MemoryMax, a
    container's) and of its own limit of address space. What the system does not tell counts as
    unlimited.

    Args:
        root: where /proc and /sys are; another in tests.
    """
    board = _numbers(os.path.join(root, "proc/meminfo"))
    unknown = _NO_LIMIT >> 10
    found = [tuple(board.get(key, unknown) << 10 for key in ("MemAvailable:", "MemTotal:"))]
    found += _groups(root)
    found.append(_address_space(root))
    found.append((sys.maxsize, sys.maxsize))  # on 32 bits, half of what can be addressed
    return max(0, min(free for free, _ in found)), min(most for _, most in found)


def _groups(root: str):
    """Free and most of each control group that holds this process, in either version."""
    for line in _text(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        if controllers:
            top = os.path.join(root, "sys/fs/cgroup/memory")
            files = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        else:
            top = os.path.join(root, "sys/fs/cgroup")
            files = "memory.max", "memory.current", "inactive_file"
        # In a container the path is that of the host, and the container's own is on top.
        while True:
            yield from _group(os.path.join(top, path.strip("/")), *files)
            if not path.strip("/"):
                break
            path = os.path.dirname(path.rstrip("/"))


def _group(folder: str, limit: str, usage: str, cache: str):
    most, used = (_text(os.path.join(folder, name)).strip() for name in (limit, usage))
    if most.isdigit() and used.isdigit() and int(most) < _NO_LIMIT:
        # Files that were read count as used, and are given up when memory is wanted.
        kept = _numbers(os.path.join(folder, "memory.stat")).get(cache, 0)
        yield int(most) - max(0, int(used) - kept), int(most)


def _address_space(root: str) -> tuple[int, int]:
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # no such limit on this system
        return _NO_LIMIT, _NO_LIMIT
    most = getrlimit(RLIMIT_AS)[0]
    if most == RLIM_INFINITY:
        return _NO_LIMIT, _NO_LIMIT
    used = _numbers(os.path.join(root, "proc/self/status")).get("VmSize:", 0) << 10
    return most - used, most


def _numbers(path: str) -> dict[str, int]:
    """The lines of "name number ..." in a file of the system."""
    pairs = (line.split()[:2] for line in _text(path).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""


def _mb(number: int) -> int:
    return -(-number // 1_000_000)
