"""What the facts of data folders say of their scans: classes, patients, boxes, planes and so on."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from edge.files.regular_file import read_regular
from train.data.boxes import Box, Boxes, read_boxes
from train.data.list_files import everything_below
from train.data.scans import Classes, Scan, SplitScan
from train.errors import TrainError
from train.source_facts.find import Facts
from train.source_facts.read import MAX_TABLE, compiled
from train.source_facts.schema import Blocks, SourceFacts

AnyScan = Scan | SplitScan
_BLOCK = "block of neighbours"
_MOST_DIGITS = 18


def classes_of(folder: Path, facts: Facts) -> Classes | None:
    """The classes of a folder by its facts, named at any depth; None if these do not tell.

    Raises:
        TrainError: a subfolder that the facts name is not there.
    """
    own = facts.get(str(folder.resolve()))
    if own is None or not (own.positive or own.negative):
        return None
    below = {path.name for path in everything_below(folder) if path.is_dir()}
    for key in ("positive", "negative"):
        for name in getattr(own, key):
            if name not in below | {folder.resolve().name}:
                raise TrainError(
                    f"{own.file}: {key} names {name}, and {folder} has no such subfolder; it has "
                    f"{', '.join(sorted(below)) or 'none'}"
                )
    return Classes(own.positive, own.negative)


def searched(scan: AnyScan) -> str:
    """What patterns are searched in: the path from the data folder's own name on."""
    return f"{Path(scan.root).name}/{scan.path}"


def patients_of(facts: Facts, scans: Sequence[AnyScan]) -> list[str | None]:
    """The patient of each scan, or its block of neighbours, None where the facts tell nothing.

    Names begin with whose numbering it is: the same name is the same person.

    Raises:
        TrainError: a table cannot be read, or it or a pattern names no scan.
    """
    found: list[str | None] = [None] * len(scans)
    for own, positions in _by_facts(facts, scans):
        told = _patients_of_one(own, [scans[i] for i in positions])
        for i, patient in zip(positions, told, strict=True):
            found[i] = patient
    return found


def completed(told: list[str | None], known: list[str | None] | None) -> list[str | None] | None:
    """Patients by the facts, and where these tell nothing by what is known otherwise."""
    if not any(told):
        return known
    return [one or other for one, other in zip(told, known or [None] * len(told), strict=True)]


def is_person(patient: str | None) -> bool:
    """Whether it is a patient, and not a block of neighbours."""
    return patient is not None and not patient.startswith(_BLOCK)


def namespace(facts: SourceFacts, root: str) -> str:
    """Whose numbering the patients of a source have."""
    return facts.patients.ids or Path(root).name


def boxes_of(facts: Facts, scans: Sequence[Scan]) -> Boxes:
    """The boxes that the facts name, each folder's for the scans of its own source.

    Raises:
        TrainError: no such folder, or no file in it that fits a scan.
    """
    found: dict[int, tuple[Box, ...]] = {}
    problems: list[str] = []
    for own, positions in _by_facts(facts, scans):
        if not own.boxes:
            continue
        root = scans[positions[0]].root
        try:
            read = read_boxes([own.path(root, own.boxes)], [scans[i] for i in positions])
        except TrainError as error:
            raise TrainError(f"{own.file}: boxes: {error}".replace(" (--boxes)", "")) from error
        found |= {positions[i]: boxes for i, boxes in read.of.items()}
        problems += read.problems
    return Boxes(found, tuple(problems))


def no_brain_of(facts: Facts, scans: Sequence[AnyScan]) -> np.ndarray:
    """The files that the facts say are no MRI slice of a brain, bool [N].

    Raises:
        TrainError: a pattern is in the path of none.
    """
    found = np.zeros(len(scans), bool)
    for own, positions in _by_facts(facts, scans):
        if own.no_brain:
            found[_matching(own, "no_brain", own.no_brain, positions, scans)] = True
    return found


def traits_of(facts: Facts, scans: Sequence[AnyScan], key: str) -> list[str | None]:
    """The plane or the sequence of each scan; None where it is not known.

    Args:
        key: "plane" or "sequence".

    Raises:
        TrainError: a pattern matches nothing, or two match one scan.
    """
    found: list[str | None] = [None] * len(scans)
    for own, positions in _by_facts(facts, scans):
        told = getattr(own, key)
        if isinstance(told, str):
            told = {told: ""}
        if not isinstance(told, dict):
            continue  # nobody knows which scan has which
        for name, pattern in told.items():
            for i in _matching(own, f"{key}.{name}", pattern, positions, scans):
                if found[i] is not None:
                    raise TrainError(
                        f"{own.file}: {key}.{found[i]} and {key}.{name} both match "
                        f"{searched(scans[i])}"
                    )
                found[i] = name
    return found


def stripped_of(facts: Facts, scans: Sequence[AnyScan]) -> list[bool | None]:
    """Whether the skull of each scan was taken away; None where it is not known.

    Raises:
        TrainError: a pattern matches nothing.
    """
    found: list[bool | None] = [None] * len(scans)
    for own, positions in _by_facts(facts, scans):
        said = own.skull_stripped
        matching = set()
        if isinstance(said, str):
            matching = set(_matching(own, "skull_stripped", said, positions, scans))
        for i in positions:
            found[i] = i in matching if isinstance(said, str) else said
    return found


def check(facts: Facts, scans: Sequence[AnyScan]) -> None:
    """See that every pattern, table and folder of the facts fits the scans.

    Raises:
        TrainError: one does not; names the file and the key.
    """
    for key in ("plane", "sequence"):
        traits_of(facts, scans, key)
    stripped_of(facts, scans)
    no_brain_of(facts, scans)
    patients_of(facts, scans)


def _by_facts(
    facts: Mapping[str, SourceFacts], scans: Sequence[AnyScan]
) -> list[tuple[SourceFacts, list[int]]]:
    """Facts, and the positions of the scans of their source."""
    positions = defaultdict(list)
    for i, scan in enumerate(scans):
        positions[scan.root].append(i)
    return [(facts[root], own) for root, own in positions.items() if root in facts]


def _matching(
    facts: SourceFacts, key: str, pattern: str, positions: Sequence[int], scans: Sequence[AnyScan]
) -> list[int]:
    """The positions whose paths a pattern is in.

    Raises:
        TrainError: none is.
    """
    expression = compiled(facts.file, key, pattern)
    found = [i for i in positions if expression.search(searched(scans[i]))]
    if not found:
        seen = f", {searched(scans[positions[0]])} for one" if positions else ""
        raise TrainError(
            f"{facts.file}: {key} = {pattern!r} is in the path of none of {len(positions)} "
            f"scans{seen}"
        )
    return found


def _patients_of_one(facts: SourceFacts, scans: Sequence[AnyScan]) -> list[str | None]:
    """Of the scans of one source."""
    patients, root = facts.patients, scans[0].root
    prefix = namespace(facts, root)
    found: list[str | None] = [None] * len(scans)
    if patients.pattern:
        found = _told(facts, "pattern", scans, _by_pattern(facts, patients.pattern), prefix)
    elif patients.csv:
        table = _table(facts, "csv", facts.path(root, patients.csv), "file", "patient")
        found = _told(facts, "csv", scans, _by_table(table), prefix)
    elif patients.blocks:
        found = _told(facts, "blocks", scans, _by_blocks(facts, patients.blocks, root), _BLOCK)
    for name, pattern in (patients.named or {}).items():
        everywhere = range(len(scans))
        for i in _matching(facts, f"patients.named.{name}", pattern, everywhere, scans):
            found[i] = f"{prefix}: {name}"
    return found


def _told(
    facts: SourceFacts,
    key: str,
    scans: Sequence[AnyScan],
    patient: Callable[[AnyScan], str | None],
    prefix: str,
) -> list[str | None]:
    found = [patient(scan) for scan in scans]
    if not any(found):
        raise TrainError(
            f"{facts.file}: patients.{key} names none of {len(scans)} scans, "
            f"{searched(scans[0])} for one"
        )
    return [one and f"{prefix}: {one}" for one in found]


def _by_pattern(facts: SourceFacts, pattern: str) -> Callable[[AnyScan], str | None]:
    expression = compiled(facts.file, "patients.pattern", pattern)

    def patient(scan: AnyScan) -> str | None:
        match = expression.search(PurePosixPath(scan.path).name)
        return (match and (match[1] if expression.groups else match[0])) or None

    return patient


def _by_table(table: Mapping[str, str]) -> Callable[[AnyScan], str | None]:
    return lambda scan: table.get(scan.path) or table.get(PurePosixPath(scan.path).name)


def _by_blocks(facts: SourceFacts, blocks: Blocks, root: str) -> Callable[[AnyScan], str | None]:
    file = facts.path(root, blocks.table)
    found = {}
    for name, order in _table(facts, "blocks", file, blocks.file, blocks.order).items():
        numbers = re.findall(r"\d+", order)
        if not numbers or len(numbers[-1]) > _MOST_DIGITS:
            raise TrainError(
                f"{facts.file}: patients.blocks.order: {order[:40]!r} in {file} has no number of "
                f"at most {_MOST_DIGITS} digits"
            )
        found[name] = f"{file.name} {int(numbers[-1]) // blocks.size}"
    return _by_table(found)


def _table(facts: SourceFacts, key: str, file: Path, name: str, value: str) -> dict[str, str]:
    """Two columns of a CSV, each row that has both."""
    try:
        text = read_regular(file, MAX_TABLE).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise TrainError(f"{facts.file}: patients.{key}: {file} cannot be read ({error})") from (
            error
        )
    if not rows or any(column not in rows[0] for column in (name, value)):
        raise TrainError(
            f"{facts.file}: patients.{key}: {file} needs a header with the columns {name} and "
            f"{value}"
        )
    found: dict[str, str] = {}
    for row in rows:
        left, right = ((row[column] or "").strip() for column in (name, value))
        if left and right and found.setdefault(left, right) != right:
            raise TrainError(
                f"{facts.file}: patients.{key}: {file} says two things of {left}, {found[left]} "
                f"and {right}"
            )
    return found
