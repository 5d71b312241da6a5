"""Data folders as a session or an inspection is given them: classes found, files read, joined."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from edge.console.messages import counted
from edge.model_file.manifest import InputSpec
from train.data.apply_source_facts import classes_of
from train.data.class_folders import (
    check_all_found,
    check_all_named,
    check_left_out,
    class_folder_of,
    find_classes,
    find_files,
    find_typed_classes,
    left_out,
)
from train.data.label_table import LabelTable
from train.data.read_folders import read_scans
from train.data.scans import Classes, ScanSet, joined
from train.data.tumor_types import check_types
from train.errors import TrainError
from train.progress import counting
from train.source_facts.find import Facts


@dataclass(frozen=True)
class FolderScans:
    """The scans of several folders."""

    sets: tuple[ScanSet, ...]
    """A folder each."""
    classes: tuple[Classes, ...]
    """Of each folder."""
    notes: tuple[str, ...]
    """What the user should know: folders that are no class, scans without a label, remarks."""

    @property
    def found(self) -> ScanSet:
        """All of them, one folder after the other."""
        return joined(self.sets)


def read_folders(
    folders: Sequence[Path],
    positive: list[str],
    negative: list[str],
    spec: InputSpec,
    table: LabelTable | None = None,
    facts: Facts | None = None,
    types: bool = False,
    leave_out: Sequence[str] = (),
    strict: bool = True,
) -> FolderScans:
    """Read every scan of data folders.

    Args:
        positive, negative: names of class folders, as `find_classes` takes them; with a table,
            labels of its own.
        table: says which scans have a tumor; None: the folders that they lie in do.
        facts: may name the class folders of some of the folders.
        types: whether each positive name is a type of tumor.
        leave_out: names of subfolders that are no class, on purpose.
        strict: whether another subfolder with scans is an error; else it is noted.

    Raises:
        TrainError: no class folders, a folder that is none, or a class with nothing readable.
    """
    notes: list[str] = []
    if table is not None:
        if types and not positive:
            positive = sorted(set(table.labels.values()) - set(negative))
        classes, files = [], []
        for folder in folders:
            own, listed, unnamed = table.files(folder, positive, negative)
            if types:
                check_types(own.positive, own.negative)
            classes.append(own)
            files.append(listed)
            if unnamed:
                notes.append(f"{folder}: {unnamed} images have no label in {table.table}, left out")
    else:
        find = find_typed_classes if types else find_classes
        classes = []
        for folder in folders:
            told = classes_of(folder, facts or {})
            classes.append(
                replace(told, left_out=tuple(leave_out))
                if told
                else find(folder, positive, negative, leave_out)
            )
            if positive and not (negative or told or types) and len(classes[-1].negative) > 1:
                others = ", ".join(classes[-1].negative)
                notes.append(f"{folder}: {others} count as free of a tumor: no --negative is given")
        check_all_found(classes, positive, negative)
        if types:
            every = all_names(classes)
            check_types(every.positive, every.negative)
        check_left_out(folders, leave_out)
        files = [find_files(*pair) for pair in zip(folders, classes, strict=True)]
        for folder, own in zip(folders, classes, strict=True):
            if strict:
                check_all_named(folder, own)
            else:
                notes += left_out(folder, own)
    with counting("reading scans", sum(map(len, files))) as tick:
        sets = [
            read_scans(folder, own, spec, tick) for folder, own in zip(folders, files, strict=True)
        ]
    if table is None:
        unreadable = [
            line
            for own in zip(folders, classes, files, sets, strict=True)
            for line in _unreadable_classes(*own)
        ]
        if strict and unreadable:
            raise TrainError(
                f"{unreadable[0]}; put scans there that can be read, or take the folder away"
            )
        notes += unreadable
    remarks = Counter(remark for one in sets for remark in one.remarks)
    notes += [f"{count} scans: {remark}" for remark, count in remarks.most_common()]
    return FolderScans(tuple(sets), tuple(classes), tuple(notes))


def all_names(classes: Sequence[Classes]) -> Classes:
    """The class names of all folders, each once."""
    return Classes(
        tuple(dict.fromkeys(name for one in classes for name in one.positive)),
        tuple(dict.fromkeys(name for one in classes for name in one.negative)),
    )


def _unreadable_classes(
    folder: Path, classes: Classes, files: Sequence[tuple[Path, bool]], read: ScanSet
) -> list[str]:
    """A line for each class folder with files of which none could be read."""
    names, root = {*classes.positive, *classes.negative}, folder.resolve().name
    there = {class_folder_of(root, PurePosixPath(scan.path), names) for scan in read.scans}
    reasons = {file.path: file.reason for file in read.unreadable}
    lost: dict[str, list[str]] = {}
    for path, _ in files:
        owner = class_folder_of(root, path.relative_to(folder), names)
        if owner not in there:
            lost.setdefault(owner, []).append(reasons[str(path)])
    return [
        f"{folder}: class folder {name} has {counted(len(own), 'file')}, and none can be read "
        f"({own[0]})"
        for name, own in lost.items()
    ]
