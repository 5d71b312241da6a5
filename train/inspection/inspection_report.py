"""What an inspection found: for a terminal, as JSON, and as rows of pictures."""

from collections.abc import Sequence
from pathlib import Path

from edge import NOTICE
from edge.console.messages import counted
from train.data.boxes import Box
from train.data.scans import Scan
from train.evaluation.shortcut_floor import FOLDS
from train.inspection.contact_sheet import COLUMNS
from train.inspection.inspect import Inspection
from train.inspection.source_table import source_table
from train.splitting.near_duplicates import MAX_BITS, MIN_CORRELATION, SAME_PICTURE

JSON, SHEET = "inspect.json", "clusters.png"
_SHOWN = 10
_BOX_ROWS = 6


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


def _range(spread: tuple[int, int, int]) -> str:
    low, middle, high = spread
    return str(low) if low == high else f"{low}-{high} (median {middle})"


def _tally(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items())


def _more(found: Sequence) -> list[str]:
    return [f"  and {len(found) - _SHOWN} more: see {JSON}"] if len(found) > _SHOWN else []
