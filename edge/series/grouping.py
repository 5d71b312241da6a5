"""Which slices belong together, and in which order.

DICOM files by their SeriesInstanceUID, wherever they lie, sorted by their position in the patient;
a file with several frames or pages, or a NIfTI volume, is a series; other pictures of one folder
are one, sorted by name.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from edge.errors import MissingSoftwareError
from edge.scan.file_format import HEAD, sniff
from edge.series.copies import one_of_each_picture
from edge.series.pages import count_pages
from edge.series.slice_position import UNKNOWN, DicomFile, Place, read_place
from edge.series.volume import is_nifti

_GAP = 1.5
"""Times the usual distance: between slices that are farther apart one seems to be missing."""
_SAME = 0.01
"""mm. Slices that are closer lie at one place."""
_PARALLEL = 0.05
"""How far, in each direction, the normals of one plane may differ."""


@dataclass(frozen=True)
class Slice:
    """One picture of a series: a file, or a frame of one."""

    path: str
    frame: int | None = None
    """From 1; None: the file holds one."""
    problem: str | None = None
    """Why it is known that it cannot be read; the file is not tried."""

    def __str__(self) -> str:
        return self.path if self.frame is None else f"{self.path}#{self.frame}"


@dataclass(frozen=True)
class Series:
    """Slices that belong together, in order."""

    name: str
    """The file, or the folder that the slices lie in."""
    series_hash: str | None
    """Of the SeriesInstanceUID; None: there is none."""
    slices: tuple[Slice, ...]
    remarks: tuple[str, ...] = ()
    nifti: bool = False
    """Whether it is a volume: then `slices` is empty until it is read."""


def group(inputs: Iterable[tuple[str, str | None]]) -> list[Series]:
    """Sort files into series. Series come in the order of their first file.

    Reads the headers of all DICOM files, and the pixels of those that state one number.

    Args:
        inputs: files, and what is known to be wrong with each.
    """
    series: list[Series] = []
    stated: dict[str, list[tuple[str, DicomFile]]] = defaultdict(list)
    lost: dict[str, list[Slice]] = defaultdict(list)  # DICOM files without a series, by folder
    loose: dict[str, list[Slice]] = defaultdict(list)  # other pictures, by folder
    order: dict[object, int] = {}
    for number, (path, problem) in enumerate(inputs):
        folder = os.path.dirname(path) or "."
        if problem is not None:
            lost[folder].append(Slice(path, problem=problem))
            order.setdefault(("lost", folder), number)
            continue
        kind = _kind(path)
        if kind == "NIfTI":
            order[path] = number
            series.append(Series(path, None, (), nifti=True))
        elif kind == "DICOM":
            try:
                file, missing = read_place(path), None
            except MissingSoftwareError as error:
                file, missing = UNKNOWN, str(error)
            if file.series is not None:
                stated[file.series].append((path, file))
                order.setdefault(file.series, number)
            elif len(file.frames) > 1:
                order[path] = number
                series.append(_from_dicom([(path, file)], None))
            else:
                lost[folder].append(Slice(path, problem=missing))
                order.setdefault(("lost", folder), number)
        elif kind is None:
            lost[folder].append(Slice(path))
            order.setdefault(("lost", folder), number)
        elif (pages := count_pages(path, kind)) > 1:
            order[path] = number
            series.append(Series(path, None, tuple(Slice(path, at + 1) for at in range(pages))))
        else:
            loose[folder].append(Slice(path))
            order.setdefault(("loose", folder), number)
    found = [(order[one.name], one) for one in series]
    for key, files in stated.items():
        found.append((order[key], _from_dicom(files, key)))
    for folder, slices in loose.items():
        ordered = tuple(sorted(slices, key=lambda one: _natural(one.path)))
        found.append((order["loose", folder], Series(folder, None, ordered)))
    for folder, slices in lost.items():
        _adopt(found, folder, slices, order["lost", folder])
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _adopt(found: list, folder: str, slices: list[Slice], number: int) -> None:
    """Put what cannot be read, or says nothing, to the one series of its folder; else by itself."""
    beside = [
        at
        for at, (_, one) in enumerate(found)
        if any(os.path.dirname(own.path) == os.path.dirname(slices[0].path) for own in one.slices)
        and (one.name == folder or one.series_hash is not None)
    ]
    if len(beside) == 1:
        place, one = found[beside[0]]
        found[beside[0]] = place, replace(one, slices=(*one.slices, *slices))
    else:
        found.append((number, Series(folder, None, tuple(slices))))


def _kind(path: str) -> str | None:
    """The format by a file's first bytes; None: unknown, or it cannot be opened."""
    try:
        if not os.path.isfile(path):
            return None  # opening a named pipe would wait for its writer for ever
        with open(path, "rb") as file:
            head = file.read(max(HEAD, 352))
    except (OSError, ValueError):
        return None
    return "NIfTI" if is_nifti(path, head) else sniff(head[:HEAD])


def _from_dicom(files: list[tuple[str, DicomFile]], key: str | None) -> Series:
    """One series, in order; the copies of a slice that is there already are left out."""
    alike: dict[str, list[str]] = defaultdict(list)
    for path, file in sorted(files, key=lambda one: _natural(one[0])):
        alike[file.instance or path].append(path)
    counted = {instance: one_of_each_picture(paths) for instance, paths in alike.items()}
    places = dict(files)
    kept: list[tuple[Slice, Place]] = []
    for path in (path for paths in counted.values() for path in paths):
        frames = places[path].frames
        kept += (
            (Slice(path, None if len(frames) == 1 else at + 1), place)
            for at, place in enumerate(frames)
        )
    remarks = []
    if copies := len(files) - sum(map(len, counted.values())):
        remarks.append(f"{copies} file{'s are copies' if copies > 1 else ' is a copy'} of a slice "
                       "that is there already; left out")  # fmt: skip
    if clashes := sum(map(len, counted.values())) - len(counted):
        remarks.append(f"{clashes} file{'s state' if clashes > 1 else ' states'} the number "
                       "(SOPInstanceUID) of another slice and "
                       f"{'show other pictures' if clashes > 1 else 'shows another picture'}; "
                       "all count")  # fmt: skip
    ordered = list(_in_order(kept, remarks))
    folders = sorted({os.path.dirname(path) or "." for path, _ in files})
    name = files[0][0] if len(files) == 1 else os.path.commonpath(folders) or "."
    return Series(name, key, tuple(ordered), tuple(remarks))


def _in_order(kept: list[tuple[Slice, Place]], remarks: list[str]) -> Iterator[Slice]:
    """By position where every slice states one; else by number; else by name, as they come."""
    if all(place.along is not None for _, place in kept):
        planes: list[tuple[tuple[float, ...], list[tuple[Slice, Place]]]] = []
        for one in kept:
            normal = one[1].normal
            own = next((members for plane, members in planes if _parallel(plane, normal)), None)
            if own is None:
                planes.append((normal, [one]))
            else:
                own.append(one)
        if len(planes) > 1:
            remarks.append(f"its slices lie in {len(planes)} planes")
        for _, members in sorted(planes, key=lambda plane: -len(plane[1])):
            members.sort(key=lambda one: (one[1].along, one[1].number or 0))
            _look_for_gaps([place.along for _, place in members], remarks)
            yield from (one for one, _ in members)
        return
    if len(kept) > 1:
        remarks.append("not all slices state their position; in the order of their numbers")
    if all(place.number is not None for _, place in kept):
        kept = sorted(kept, key=lambda one: one[1].number)
    elif len(kept) > 1:
        remarks[-1] = "not all slices state their position or number; in the order of their names"
    yield from (one for one, _ in kept)


def _parallel(plane: tuple[float, ...], normal: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= _PARALLEL for a, b in zip(plane, normal, strict=True))


def _look_for_gaps(positions: list[float], remarks: list[str]) -> None:
    steps = [after - before for before, after in pairwise(positions) if after - before > _SAME]
    if len(steps) < 2:
        return
    usual = median(steps)
    missing = sum(round(step / usual) - 1 for step in steps if step > _GAP * usual)
    if missing:
        remarks.append(
            f"{missing} slice{'s seem' if missing > 1 else ' seems'} to be missing between others"
        )


def _natural(path: str) -> list:
    """A key that puts IM2 before IM10."""
    parts = re.split(r"(\d+)", path)
    return [(int(part), part) if at % 2 else (0, part) for at, part in enumerate(parts)]
