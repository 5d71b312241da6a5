"""`python -m train --inspect`: what is in folders of scans, before anything is trained."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.model_file.manifest import InputSpec
from train.data.apply_source_facts import boxes_of, check, completed, patients_of
from train.data.boxes import Boxes, read_boxes
from train.data.folders import read_folders
from train.data.label_table import LabelTable
from train.data.scans import Scan, ScanSet, Unreadable
from train.evaluation.shortcut_floor import FileFacts, ShortcutFloor, shortcut_floor
from train.inspection.source_table import SourceRow, source_rows
from train.source_facts.find import Facts
from train.splitting.leak_guard import Grouping, group_scans
from train.splitting.near_duplicates import (
    MIN_CORRELATION,
    Conflict,
    Overlap,
    byte_identical,
    find_overlaps,
    members,
    near_pairs,
)
from train.splitting.patients import from_dicom

# Pixels are not looked at further: duplicates have hashes and thumbnails of their own.
_SPEC = InputSpec(8, 8, "grey")


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
