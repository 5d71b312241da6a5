"""--labels: which scans have a tumor, from a CSV, so that nobody has to sort files into folders."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from edge.scan.file_format import is_image_file
from train.data.dicom_origin import origin_of
from train.data.list_files import everything_below
from train.data.scans import DEFAULT_NEGATIVE, DEFAULT_POSITIVE, Classes
from train.errors import TrainError

SCAN_COLUMNS = ("file", "path", "sop_instance_uid", "sop", "uid")
"""Any of these names a scan: a path relative to the data folder, a bare name, or a SOP UID."""
LABEL_COLUMN = "label"


@dataclass(frozen=True)
class LabelTable:
    """Labels by what names a scan."""

    table: Path
    labels: dict[str, str]

    def files(
        self, folder: Path, positive: Sequence[str], negative: Sequence[str]
    ) -> tuple[Classes, list[tuple[Path, bool]], int]:
        """The scans of a folder that the table labels.

        Args:
            positive: labels with a tumor; empty: "yes".
            negative: labels without; empty: all others of the table, or "no".

        Returns:
            The classes, the files with whether they show a tumor, and how many images of the
            folder the table does not name.

        Raises:
            TrainError: a label that is in neither, or no file of the folder is in the table.
        """
        found = sorted(set(self.labels.values()))
        positive = list(positive) or [DEFAULT_POSITIVE]
        if not negative:
            others = [label for label in found if label not in positive]
            negative = others or [DEFAULT_NEGATIVE]
        for label in found:
            if label not in positive and label not in negative:
                raise TrainError(
                    f"{self.table}: label {label!r} is neither with a tumor "
                    f"({', '.join(positive)}) nor without ({', '.join(negative)}); "
                    "name it with --positive or --negative"
                )
        if not set(positive) & set(found):
            raise TrainError(
                f"{self.table}: no scan has the label {' or '.join(positive)}, it has "
                f"{', '.join(found)}; name the label with a tumor with --positive"
            )
        files, unnamed = [], 0
        for path in everything_below(folder):
            if not path.is_file() or not is_image_file(path):
                continue
            label = self.label_of(path, folder)
            if label is None:
                unnamed += 1
            else:
                files.append((path, label in positive))
        if not files:
            raise TrainError(
                f"{self.table}: names none of the {unnamed} images in {folder}; give paths "
                "relative to the folder, file names or SOP Instance UIDs"
            )
        return Classes(tuple(positive), tuple(negative)), files, unnamed

    def label_of(self, path: Path, folder: Path) -> str | None:
        relative = path.relative_to(folder).as_posix()
        for name in (relative, PurePosixPath(relative).name):
            if name in self.labels:
                return self.labels[name]
        origin = origin_of(path) if self._has_uids else None
        return self.labels.get(origin.instance) if origin and origin.instance else None

    @cached_property
    def _has_uids(self) -> bool:
        return any(_is_uid(name) for name in self.labels)


def _is_uid(name: str) -> bool:
    return name.replace(".", "").isdigit() and name.count(".") >= 3


def read_labels(table: Path) -> LabelTable:
    """Read a CSV with a column that names the scan and one with its label.

    Raises:
        TrainError: it cannot be read, lacks a column, or gives one scan two labels.
    """
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainError(f"{table}: cannot be read as a CSV ({error})") from error
    columns = {(name or "").strip().lower(): name for name in (rows[0] if rows else {})}
    scan = next((columns[name] for name in SCAN_COLUMNS if name in columns), None)
    if scan is None or LABEL_COLUMN not in columns:
        raise TrainError(
            f"{table}: needs a header with a column {' or '.join(SCAN_COLUMNS)}, and one "
            f"{LABEL_COLUMN}"
        )
    labels: dict[str, str] = {}
    for row in rows:
        name, label = ((row[column] or "").strip() for column in (scan, columns[LABEL_COLUMN]))
        if name and label and labels.setdefault(name, label) != label:
            raise TrainError(f"{table}: gives {name} two labels, {labels[name]} and {label}")
    if not labels:
        raise TrainError(f"{table}: names no scan with a label")
    return LabelTable(table, labels)
