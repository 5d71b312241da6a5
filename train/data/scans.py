"""Scans, the classes they are of, and the sets that they are read into."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from train.data.appearance import Appearance

DEFAULT_POSITIVE, DEFAULT_NEGATIVE = "yes", "no"


@dataclass(frozen=True)
class Classes:
    """Which subfolders of a data folder hold scans with a tumor, and which without."""

    positive: tuple[str, ...] = (DEFAULT_POSITIVE,)
    negative: tuple[str, ...] = (DEFAULT_NEGATIVE,)
    left_out: tuple[str, ...] = ()
    """Those that are no class, on purpose."""

    @property
    def labels(self) -> tuple[str, str]:
        """(negative, positive), the folders' own names."""
        return "+".join(self.negative), "+".join(self.positive)


@dataclass(frozen=True)
class Scan:
    """One file of a data folder."""

    root: str
    """The data folder, as an absolute path."""
    path: str
    """Relative to `root`, with forward slashes."""
    positive: bool
    sha256: str
    """Of the file's bytes."""

    @property
    def file(self) -> Path:
        """Where the file is."""
        return Path(self.root, self.path)

    @property
    def source(self) -> str:
        """Where scans come from together: "br35h/yes", "healthy/chris".

        `train.data.source_names` tells folders of one name apart, too.
        """
        return f"{Path(self.root).name}/{PurePosixPath(self.path).parent.name}".rstrip("/")


@dataclass(frozen=True)
class SplitScan:
    """A line of split.json: a file, its duplicate group and its part."""

    root: str
    path: str
    sha256: str
    positive: bool
    group: int
    """The same for duplicates and for scans of one patient."""
    part: str
    """"train", "validation", "test" or "dropped"."""
    reason: str = ""
    """Why it was dropped."""
    type: str = ""
    """Of the tumor, where types are told and its own is known."""
    no_brain: bool = False
    """Said to be no MRI slice of a brain: no network learns from it, no int8 range is set by it."""

    @property
    def file(self) -> Path:
        """Where the file was."""
        return Path(self.root, self.path)


@dataclass(frozen=True)
class Unreadable:
    """A file that was skipped, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class FileFacts:
    """What a file's header says, without a pixel."""

    width: int
    height: int
    mode: str
    """Pillow's, as stored: "L", "RGB", "P", "RGBA", ..."""
    format: str
    bytes: int


@dataclass(frozen=True)
class Origin:
    """Where a DICOM file comes from. Hashes, which stay in memory: nothing of it is written."""

    patient: str | None
    study: str | None
    series: str | None
    instance: str | None
    """The SOP Instance UID itself, which tables of labels name."""


@dataclass(frozen=True)
class ScanSet:
    """Scans and their pixels: `pixels[i]` belongs to `scans[i]`."""

    scans: tuple[Scan, ...]
    pixels: np.ndarray
    """uint8 [N, height, width, channels]."""
    parts: np.ndarray
    """What of each picture that is, an `edge.scan.crop.Part`: float64 [N, 4]."""
    unreadable: tuple[Unreadable, ...]
    appearance: Appearance
    """What tells duplicates."""
    facts: tuple[FileFacts, ...] = ()
    """Of each scan."""
    origins: tuple[Origin | None, ...] = ()
    """Of each scan; None: its file is no DICOM."""
    remarks: tuple[str, ...] = ()
    """What was done to scans, or passed over in their files, once for each scan."""

    @property
    def truth(self) -> np.ndarray:
        """int64 [N]: 1 with a tumor, 0 without."""
        return np.array([scan.positive for scan in self.scans], np.int64)


def joined(sets: Sequence[ScanSet]) -> ScanSet:
    """The scans of several folders, one after the other."""
    from train.data.appearance import Appearance

    return ScanSet(
        tuple(scan for one in sets for scan in one.scans),
        np.concatenate([one.pixels for one in sets]),
        np.concatenate([one.parts for one in sets]),
        tuple(file for one in sets for file in one.unreadable),
        Appearance(
            np.concatenate([one.appearance.hashes for one in sets]),
            np.concatenate([one.appearance.thumbnails for one in sets]),
        ),
        tuple(facts for one in sets for facts in one.facts),
        tuple(origin for one in sets for origin in one.origins),
        tuple(remark for one in sets for remark in one.remarks),
    )


def fingerprint(hashes: Iterable[str]) -> str:
    """SHA-256 over the sorted SHA-256s of files: the same for the same data in any order."""
    # Names of files may stand beside them, and need not be valid text.
    text = "\n".join(sorted(hashes)).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()
