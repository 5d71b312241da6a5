"""`python -m train --inspect`: what is in folders of scans, before anything is trained."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge import NOTICE
from edge.console.messages import counted
from edge.model_file.manifest import InputSpec
from train.data.apply_source_facts import boxes_of, check, completed, patients_of
from train.data.boxes import Box, Boxes, read_boxes
from train.data.folders import read_folders
from train.data.label_table import LabelTable
from train.data.scans import Scan, ScanSet, Unreadable
from train.evaluation.shortcut_floor import FOLDS, FileFacts, ShortcutFloor, shortcut_floor
from train.inspection.contact_sheet import COLUMNS
from train.inspection.source_table import SourceRow, source_rows, source_table
from train.source_facts.find import Facts
from train.splitting.leak_guard import Grouping, group_scans
from train.splitting.near_duplicates import (
    MAX_BITS,
    MIN_CORRELATION,
    SAME_PICTURE,
    Conflict,
    Overlap,
    byte_identical,
    find_overlaps,
    members,
    near_pairs,
)
from train.splitting.patients import from_dicom

JSON, SHEET = "inspect.json", "clusters.png"
# Pixels are not looked at further: duplicates have hashes and thumbnails of their own.
_SPEC = InputSpec(8, 8, "grey")
_SHOWN = 10
_BOX_ROWS = 6


@dataclass(frozen=True)
class ClassFacts:
    """The readable files of one class of one folder."""

    folder: str
    label: str
    scans: int
    width: tuple[int, int, int]
    """Smallest, median, largest, in pixels."""
    height: tuple[int, int, int]
    kilobytes: tuple[int, int, int]
    modes: dict[str, int]
    formats: dict[str, int]


@dataclass(frozen=True)
class Inspection:
    """All that was found."""

    scans: tuple[Scan, ...]
    classes: tuple[ClassFacts, ...]
    unreadable: tuple[Unreadable, ...]
    identical: tuple[tuple[Scan, ...], ...]
    """Groups of byte-identical files."""
    grouping: Grouping
    near: tuple[tuple[Scan, ...], ...]
    """Clusters of near-duplicates: those that hold more than byte-identical files."""
    look_alikes: tuple[tuple[Scan, Scan], ...]
    """Pairs of different classes that would be near-duplicates in one class; not merged."""
    overlaps: tuple[Overlap, ...]
    floor: ShortcutFloor | None
    boxes: Boxes
    notes: tuple[str, ...]
    """Folders left out, scans without a label, remarks on files."""
    sources: tuple[SourceRow, ...] = ()
    """Of each folder, if one has facts (source.toml)."""

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Copies of one picture in both classes."""
        return self.grouping.conflicts

    @property
    def redundant(self) -> int:
        """Files that are byte-identical to one that is kept."""
        return sum(len(group) - 1 for group in self.identical)

    @property
    def clusters(self) -> int:
        """Different scans."""
        return len(set(self.grouping.clusters.tolist()))


def inspect(
    folders: Sequence[Path],
    positive: list[str],
    negative: list[str],
    patients: Callable[[Sequence[Scan]], list[str | None]] | None = None,
    seed: int = 0,
    boxes: Sequence[Path] = (),
    table: LabelTable | None = None,
    facts: Facts | None = None,
    leave_out: Sequence[str] = (),
) -> Inspection:
    """Read every file of the folders once and compare all with all.

    Args:
        positive, negative: names of class folders, as `train.data.class_folders.find_classes` takes
        them. patients: gives the patient of each scan, for the grouping of the shortcut floor.
        boxes: folders of text files, as `train.data.boxes.read_boxes` takes them.
        table: says which scans have a tumor; None: the folders that they lie in do.
        facts: of the folders that have some.
        leave_out: names of subfolders that are no class, on purpose; others are noted.

    Raises:
        TrainError: no class folders, or a class with nothing readable.
    """
    notes: list[str] = []
    told = facts or {}
    read = read_folders(
        folders, positive, negative, _SPEC, table, told, leave_out=leave_out, strict=False
    )
    labels, found, sets = [one.labels for one in read.classes], read.found, read.sets
    check(told, found.scans)
    own = patients_of(told, found.scans)
    if patients:
        known = patients(found.scans)
    else:
        known = completed(own, from_dicom(found.origins, notes.append))
    grouping = group_scans(found, known)
    around = read_boxes(boxes, found.scans) if boxes else boxes_of(told, found.scans)
    overlaps = tuple(find_overlaps(found.scans, found.appearance, own))
    facts = found.facts
    copies = byte_identical(found.scans)
    near = tuple(
        tuple(cluster)
        for cluster in members(grouping.clusters, found.scans).values()
        if len({scan.sha256 for scan in cluster}) > 1
    )
    return Inspection(
        scans=found.scans,
        classes=tuple(_class_facts(sets, labels, facts)),
        unreadable=found.unreadable,
        identical=tuple(map(tuple, members(copies, found.scans).values())),
        grouping=grouping,
        near=near,
        look_alikes=_look_alikes(found, grouping),
        overlaps=overlaps,
        floor=shortcut_floor(facts, found.truth, grouping.groups, seed),
        boxes=around,
        notes=(*read.notes, *notes),
        sources=source_rows(told, found.scans, known, around, overlaps),
    )


def sheet_rows(found: Inspection) -> list[tuple[str, Sequence[Scan], bool]]:
    """Clusters for a contact sheet: conflicts, look-alikes, then the largest of each kind."""
    conflicts = {conflict.group for conflict in found.conflicts}
    conflicting = {
        scan.file
        for scan, cluster in zip(found.scans, found.grouping.clusters.tolist(), strict=True)
        if cluster in conflicts
    }
    rows: list[tuple[str, Sequence[Scan], bool]] = [
        ("LABEL CONFLICT", (*one.negative, *one.positive), True) for one in found.conflicts
    ]
    boxed = [found.scans[i] for i in sorted(found.boxes.of)]
    rows += [
        ("boxes", boxed[start : start + COLUMNS], False)
        for start in range(0, min(len(boxed), _BOX_ROWS * COLUMNS), COLUMNS)
    ]
    rows += [("look-alikes of both classes", pair, True) for pair in found.look_alikes[:_SHOWN]]
    near = [cluster for cluster in found.near if cluster[0].file not in conflicting]
    shown = {scan.file for cluster in found.near for scan in cluster} | conflicting
    identical = [group for group in found.identical if group[0].file not in shown]
    for heading, clusters in (("near-duplicates", near), ("byte-identical", identical)):
        rows += [(heading, one, False) for one in sorted(clusters, key=len, reverse=True)]
    return rows


def boxes_by_file(found: Inspection) -> dict[Path, tuple[Box, ...]]:
    """The boxes, for `train.inspection.contact_sheet`."""
    return {found.scans[i].file: boxes for i, boxes in found.boxes.of.items()}


def to_json(found: Inspection) -> dict:
    """inspect.json."""

    def names(scans: Sequence[Scan]) -> list[str]:
        return [str(scan.file) for scan in scans]

    return {
        "notice": NOTICE,
        "rule": {
            "hash": "imagehash.dhash, 64 bits, grey",
            "max_bits": MAX_BITS,
            "min_correlation_within_a_class": MIN_CORRELATION,
            "min_correlation_across_classes": SAME_PICTURE,
        },
        "scans": len(found.scans),
        "classes": found.classes,
        "unreadable": found.unreadable,
        "byte_identical": {
            "groups": len(found.identical),
            "redundant_files": found.redundant,
            "files": [names(group) for group in found.identical],
        },
        "near_duplicates": {
            "clusters": len(found.near),
            "files": [names(cluster) for cluster in found.near],
        },
        "different_scans": found.clusters,
        "patients": found.grouping.patients,
        "label_conflicts": [
            {"negative": names(one.negative), "positive": names(one.positive)}
            for one in found.conflicts
        ],
        "look_alikes_across_labels": [names(pair) for pair in found.look_alikes],
        "boxes": {
            "scans": len(found.boxes.of),
            "boxes": sum(map(len, found.boxes.of.values())),
            "problems": found.boxes.problems,
        },
        "sources": found.sources,
        "overlaps": found.overlaps,
        "shortcut_floor": found.floor and found.floor.to_dict(),
    }


def summary(found: Inspection) -> str:
    """What was found, for a terminal."""
    lines = [NOTICE, ""]
    for one in found.classes:
        lines += [
            f"{one.folder}/{one.label}: {one.scans} scans",
            f"  width {_range(one.width)} px, height {_range(one.height)} px, "
            f"{_range(one.kilobytes)} kB; {_tally(one.modes)}; {_tally(one.formats)}",
        ]
    lines += ["", f"Unreadable files: {len(found.unreadable)}"]
    lines += [f"  {file.reason}" for file in found.unreadable]
    lines += [f"Remark: {note}" for note in found.notes]
    lines += [
        "",
        f"Byte-identical files: {found.redundant} redundant, in "
        f"{counted(len(found.identical), 'group')}",
        f"Near-duplicates: {counted(sum(map(len, found.near)), 'file')} in "
        f"{counted(len(found.near), 'cluster')}",
        f"Different scans: {found.clusters} of {len(found.scans)}",
    ]
    if found.grouping.patients:
        lines.append(
            f"Patients: {found.grouping.patients}; {found.grouping.without_patient} scans of none"
        )
    lines.append(f"Label conflicts (copies of one picture in both classes): {len(found.conflicts)}")
    lines += [f"  {conflict}" for conflict in found.conflicts[:_SHOWN]]
    lines += _more(found.conflicts)
    alike = len(found.look_alikes)
    lines.append(f"Look-alikes across the classes, taken for different scans, pairs: {alike}")
    lines += [f"  {a.file} ~ {b.file}" for a, b in found.look_alikes[:_SHOWN]]
    lines += _more(found.look_alikes)
    if found.boxes.of or found.boxes.problems:
        lines.append(
            f"Boxes: {sum(map(len, found.boxes.of.values()))} around the tumors of "
            f"{len(found.boxes.of)} scans; {len(found.boxes.problems)} left out"
        )
        lines += [f"  {problem}" for problem in found.boxes.problems[:_SHOWN]]
        lines += _more(found.boxes.problems)
    lines += source_table(found.sources)
    # The table says it of sources that share no picture: by nothing.
    overlaps = [one for one in found.overlaps if one.near or not found.sources]
    if overlaps:
        lines += ["", "Overlap between the folders:"]
    lines += [
        f"  {one.folder}, {'tumor' if one.positive else 'no tumor'}: of {one.scans} scans "
        f"{one.byte_identical} are byte-identical and {one.near} near-identical or identical to "
        f"one in {one.other}"
        for one in overlaps
    ]
    floor = found.floor or f"not measured: it takes {FOLDS} different scans of each class"
    return "\n".join([*lines, "", f"Shortcut floor: {floor}"])


def _class_facts(
    sets: Sequence[ScanSet], labels: Sequence[tuple[str, str]], facts: Sequence[FileFacts]
):
    left = iter(facts)
    for one, names in zip(sets, labels, strict=True):
        rows = [(scan, next(left)) for scan in one.scans]
        for positive, label in enumerate(names):
            own = [fact for scan, fact in rows if scan.positive is bool(positive)]
            if not own:
                continue  # a folder of one class
            yield ClassFacts(
                folder=one.scans[0].root,
                label=label,
                scans=len(own),
                width=_spread([fact.width for fact in own]),
                height=_spread([fact.height for fact in own]),
                kilobytes=_spread([round(fact.bytes / 1000) for fact in own]),
                modes=dict(Counter(fact.mode for fact in own).most_common()),
                formats=dict(Counter(fact.format for fact in own).most_common()),
            )


def _look_alikes(found: ScanSet, grouping: Grouping) -> tuple[tuple[Scan, Scan], ...]:
    truth, clusters = found.truth.astype(bool), grouping.clusters
    pairs = []
    for left, right in near_pairs(found.appearance, truth, across=MIN_CORRELATION):
        apart = (truth[left] != truth[right]) & (clusters[left] != clusters[right])
        pairs += [
            (found.scans[i], found.scans[j])
            for i, j in zip(left[apart].tolist(), right[apart].tolist(), strict=True)
        ]
    return tuple(pairs)


def _spread(values: list[int]) -> tuple[int, int, int]:
    return min(values), int(np.median(values)), max(values)


def _range(spread: tuple[int, int, int]) -> str:
    low, middle, high = spread
    return str(low) if low == high else f"{low}-{high} (median {middle})"


def _tally(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items())


def _more(found: Sequence) -> list[str]:
    return [f"  and {len(found) - _SHOWN} more: see {JSON}"] if len(found) > _SHOWN else []
