"""Folders of scans: which files there are, what class they are of, and their pixels."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from edge.errors import ImageError
from edge.files.regular_file import NotRegularError, open_regular
from edge.model_file.manifest import InputSpec
from edge.scan.max_pixels import MAX_PIXELS, max_file_bytes
from edge.scan.read_input import read_input, read_pixels
from train.data.appearance import Appearance, appearance_of
from train.data.dicom_origin import origin_of
from train.data.scans import FileFacts, Scan, ScanSet, SplitScan, Unreadable
from train.errors import TrainError

MAX_BYTES = max_file_bytes(MAX_PIXELS)
"""Of a file that is read as a scan."""

READERS = 4  # decoding waits for the disk about as long as it computes


def read_scans(
    folder: Path,
    files: Sequence[tuple[Path, bool]],
    spec: InputSpec,
    tick: Callable[[], None] = lambda: None,
) -> ScanSet:
    """Hash, decode and preprocess files through `edge`; what cannot be read is left out and named.

    Each file is decoded once, for its pixels and for what tells duplicates.

    Args:
        tick: called once a file, for a progress display.

    Raises:
        TrainError: a class that has files has no readable scan.
    """
    root = folder.resolve()

    def read(item: tuple[Path, bool]):
        path, positive = item
        try:
            digest, size = hash_scan(path)
            (image, remarks, stored, _), seen, _ = read_input(path, spec)
        except (ImageError, OSError) as error:
            return Unreadable(str(path), str(error))
        relative = path.relative_to(folder).as_posix()
        scan = Scan(str(root), relative, positive, digest)
        facts = FileFacts(stored.width, stored.height, stored.mode, stored.format, size)
        origin = origin_of(path) if stored.format == "DICOM" else None
        return scan, seen.pixels, seen.part, *appearance_of(image), facts, origin, remarks

    columns = scans, pixels, parts, hashes, thumbnails, facts, origins, remarks = [
        [] for _ in range(8)
    ]
    unreadable = []
    with ThreadPoolExecutor(READERS) as pool:
        for result in pool.map(read, files):
            tick()
            if isinstance(result, Unreadable):
                unreadable.append(result)
            else:
                for values, value in zip(columns, result, strict=True):
                    values.append(value)
    for positive in {positive for _, positive in files} - {scan.positive for scan in scans}:
        which = "with a tumor" if positive else "without a tumor"
        raise TrainError(f"{folder}: no readable scan {which}; {len(unreadable)} files unreadable")
    appearance = Appearance(np.stack(hashes), np.stack(thumbnails))
    return ScanSet(
        tuple(scans),
        np.stack(pixels),
        np.array(parts),
        tuple(unreadable),
        appearance,
        tuple(facts),
        tuple(origins),
        tuple(remark for own in remarks for remark in own),
    )


def read_again(
    scans: Sequence[SplitScan], spec: InputSpec, root: Path | None = None
) -> tuple[list[Path], np.ndarray]:
    """The files of scans seen in an earlier run and their pixels, proven to be the same files.

    Args:
        root: where the data folder is now, if it was moved.

    Returns:
        The files and uint8 [N, height, width, channels].

    Raises:
        TrainError: files are missing, or their contents changed.
    """
    files = [Path(root or scan.root, scan.path) for scan in scans]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise TrainError(
            f"{len(missing)} of {len(files)} scans of the run are not where they were, "
            f"{missing[0]} for one; name their folder with --data"
        )
    changed = [
        file for file, scan in zip(files, scans, strict=True) if _hash_or_none(file) != scan.sha256
    ]
    if changed:
        raise TrainError(
            f"{len(changed)} of {len(files)} scans changed since the run, {changed[0]} for one; "
            "restore them, or train again"
        )
    with ThreadPoolExecutor(READERS) as pool:
        pixels = list(pool.map(lambda file: read_pixels(file, spec), files))
    return files, np.stack(pixels)


def hash_scan(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file, a piece at a time, if it is one that could be a scan.

    Raises:
        ImageError: it is no regular file, or larger than `MAX_BYTES`: such are not read.
        OSError: it cannot be read.
    """
    try:
        file = open_regular(path)
    except NotRegularError as error:
        raise ImageError(f"{path}: {error.strerror}") from None
    with file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise ImageError(
                f"{path}: {size} bytes are more than the limit of {MAX_BYTES} for a scan"
            )
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest(), size


def _hash_or_none(path: Path) -> str | None:
    try:
        return hash_scan(path)[0]
    except (ImageError, OSError):
        return None
