"""The table of sources: what the facts of each data folder say, and what its scans say to that."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.data.apply_source_facts import is_person, patients_of, stripped_of, traits_of
from train.data.boxes import Boxes
from train.data.scans import Scan
from train.source_facts.find import Facts
from train.splitting.near_duplicates import Overlap
from train.splitting.source_families import relations

_UNKNOWN = "not known"


@dataclass(frozen=True)
class SourceRow:
    """What is known of one data folder."""

    name: str
    facts: str | None
    """The file that says it; None: there is none."""
    what: str
    licence: str
    non_commercial: bool
    tumor: int
    """Scans."""
    no_tumor: int
    patients: int
    without_patient: int
    """Scans of which neither patient nor block is known."""
    blocks: int
    """Of neighbours, where patients are not known."""
    planes: dict[str, int]
    """Scans of each."""
    sequences: dict[str, int]
    skull_stripped: dict[str, int]
    field_strength: tuple[float, ...]
    """In tesla."""
    boxes: int
    """Scans that have some."""
    boxes_by: str
    may_share_patients_with: dict[str, str]
    """Source, and why."""
    overlap: dict[str, int]
    """Source, and how many scans are identical or near-identical to one of it."""
    unexpected_overlap: tuple[str, ...]
    """Sources with such scans that `duplicates` names on neither side."""


def source_rows(
    facts: Facts,
    scans: Sequence[Scan],
    patients: Sequence[str | None] | None,
    boxes: Boxes,
    overlaps: Sequence[Overlap],
) -> tuple[SourceRow, ...]:
    """A row a data folder; none at all if none of them has facts.

    Args:
        patients: of each scan, as far as they are known.

    Raises:
        TrainError: facts do not fit the scans.
    """
    if not facts:
        return ()
    related = relations(facts, scans, patients_of(facts, scans))
    planes, sequences = (traits_of(facts, scans, key) for key in ("plane", "sequence"))
    stripped = stripped_of(facts, scans)
    positions = defaultdict(list)
    for i, scan in enumerate(scans):
        positions[scan.root].append(i)
    rows = []
    for root, own in positions.items():
        told = facts.get(root)
        people = [patients[i] if patients else None for i in own]
        shared = Counter()
        for one in overlaps:
            if one.folder == root and one.near:
                shared[one.other] += one.near
        rows.append(
            SourceRow(
                name=Path(root).name,
                facts=str(told.file) if told else None,
                what=told.what if told else "",
                licence=told.licence if told else _UNKNOWN,
                non_commercial=bool(told and told.non_commercial),
                tumor=sum(scans[i].positive for i in own),
                no_tumor=sum(not scans[i].positive for i in own),
                patients=len({one for one in people if is_person(one)}),
                without_patient=sum(one is None for one in people),
                blocks=len({one for one in people if one is not None and not is_person(one)}),
                planes=_tally((planes[i] for i in own), told and told.plane),
                sequences=_tally((sequences[i] for i in own), told and told.sequence),
                skull_stripped=_tally(
                    {True: "yes", False: "no", None: None}[stripped[i]] for i in own
                ),
                field_strength=told.field_strength if told else (),
                boxes=sum(i in boxes.of for i in own),
                boxes_by=told.boxes_by if told else "",
                may_share_patients_with={
                    "itself" if other == root else Path(other).name: why
                    for other, why in related.of.get(root, {}).items()
                },
                overlap={Path(other).name: count for other, count in shared.most_common()},
                unexpected_overlap=_unexpected(facts, root, shared),
            )
        )
    return tuple(rows)


def source_table(rows: Sequence[SourceRow]) -> list[str]:
    """The rows in lines for a terminal; nothing if there are none."""
    if not rows:
        return []
    head = ("source", "tumor", "none", "patients", "boxes", "sequences", "planes", "skull", "tesla")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["", "Sources:"]
    for line in cells:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        lines.append(f"  {'  '.join(padded)}".rstrip())
    lines.append("  A number in brackets counts scans of which it is not known; ~ stands before")
    lines.append("  blocks of neighbours, which are no patients.")
    for row in rows:
        lines += [f"  {row.name}: {one}" for one in _sentences(row)]
    return lines


def _cells(row: SourceRow) -> tuple[str, ...]:
    people = str(row.patients) if row.patients or not row.blocks else f"~{row.blocks}"
    unknown = row.without_patient
    skull = {"yes": "stripped", "no": "whole"}
    return (
        row.name,
        str(row.tumor),
        str(row.no_tumor),
        f"{people} ({unknown})" if unknown else people,
        str(row.boxes),
        _listed(row.sequences),
        _listed(row.planes),
        _listed({skull.get(name, name): count for name, count in row.skull_stripped.items()}),
        " ".join(f"{one:g}" for one in row.field_strength) or "-",
    )


def _sentences(row: SourceRow) -> Iterable[str]:
    commercial = ", not for commercial use" if row.non_commercial else ""
    yield f"licence {row.licence}{commercial}"
    related = dict(row.may_share_patients_with)
    if why := related.pop("itself", ""):
        yield f"stays on one side of a split: {why}"
    if related:
        yield f"may share patients with {', '.join(related)}"
    if row.overlap:
        shared = ", ".join(f"{other} {count}" for other, count in row.overlap.items())
        yield f"scans that one in another source is like or equal to: {shared}"
    if row.unexpected_overlap:
        others = ", ".join(row.unexpected_overlap)
        yield f"look at these, which `duplicates` of its source.toml does not name: {others}"


def _tally(values: Iterable[str | None], said: object = None) -> dict[str, int]:
    """How many scans have each value; where nobody knows which has which, 0 for each."""
    found = Counter(value for value in values)
    unknown = found.pop(None, 0)
    if isinstance(said, tuple) and said:
        return dict.fromkeys(said, 0)
    return dict(found.most_common()) | ({"?": unknown} if unknown else {})


def _listed(counts: dict[str, int]) -> str:
    known = {name: count for name, count in counts.items() if name != "?"}
    if not known:
        return "-"
    return " ".join(name.replace(" ", "-") for name in known) + (
        f" ({counts['?']})" if "?" in counts else ""
    )


def _unexpected(facts: Facts, root: str, shared: Iterable[str]) -> tuple[str, ...]:
    def names(one: str) -> tuple[str, ...]:
        return facts[one].duplicates if one in facts else ()

    own = Path(root).name
    return tuple(
        Path(other).name
        for other in shared
        if root in facts and Path(other).name not in names(root) and own not in names(other)
    )
