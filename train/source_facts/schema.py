"""What is known of a data folder that its pictures do not say: source.toml, and its keys."""

from dataclasses import dataclass
from pathlib import Path

Named = str | tuple[str, ...] | dict[str, str]
"""One value for all scans; several, nobody knows which scan has which; or a pattern for each."""


@dataclass(frozen=True)
class Blocks:
    """Neighbours that are mostly of one patient, from a table that puts the scans in order."""

    table: str
    """A CSV with a header, relative to the data folder."""
    file: str
    """Column with the scan's path in the data folder, or its name."""
    order: str
    """Column with the number by which neighbours are told: the last number in its text."""
    size: int
    """How many numbers make a block. A patient may still lie across the edge of two."""


@dataclass(frozen=True)
class Patients:
    """Whose scans are whose. At most one of `pattern`, `csv` and `blocks`; none: nobody knows."""

    pattern: str = ""
    """Finds the patient in a file name, as `--patient-id`: the first group, or the whole match."""
    csv: str = ""
    """A table with the columns file and patient, as `--patient-csv`, relative to the folder."""
    blocks: Blocks | None = None
    """Keeps blocks of neighbours together where patients are not known."""
    named: dict[str, str] | None = None
    """Patient, and a pattern for the paths of that patient's scans: one person of several names."""
    ids: str = ""
    """Whose numbering it is. Sources with the same word here call a person by the same name; others
    do not (by default the data folder's own name)."""
    one_side: bool = False
    """Whether names leave open which scans are of one patient, so that all scans of the source
    stand on one side of every split."""


@dataclass(frozen=True)
class SourceFacts:
    """The keys of source.toml.

    Patterns are Python's regular expressions. Those of `patients.pattern` are searched in file
    names, all others in paths from the data folder's own name on, as "lgg/no/a.png". Each must be
    found in at least one scan.
    """

    file: Path
    """Where it was read. No key."""
    what: str
    """What the scans show, in a sentence."""
    licence: str
    """As its source states it; "none found" where it states none."""
    non_commercial: bool = False
    """Whether the licence forbids commercial use."""
    whose: str = ""
    """Who made or published it."""
    remarks: str = ""
    """What is known to be wrong with it."""
    positive: tuple[str, ...] = ()
    """Subfolders with a tumor, as `--positive` takes them, or the data folder's own name."""
    negative: tuple[str, ...] = ()
    """Subfolders without, as `--negative` takes them. A folder of one class names the other not at
    all. With neither key they are yes and no."""
    patients: Patients = Patients()
    """A table: `[patients]`."""
    family: tuple[str, ...] = ()
    """Words for where patients come from. Sources that have one in common may share patients and
    never stand on both sides of a split, unless their `patients.ids` are the same word."""
    duplicates: tuple[str, ...] = ()
    """Sources that are known to hold some of the same pictures. Training finds those itself."""
    plane: Named = ()
    """Axial, coronal or sagittal: one text, a list, or a table with a pattern for each."""
    sequence: Named = ()
    """T1, T1c (with contrast), T2, FLAIR, PD and so on, in the same three ways."""
    field_strength: tuple[float, ...] = ()
    """Of the scanners, in tesla: a number or a list."""
    skull_stripped: bool | str | None = None
    """Whether the skull was taken away, or a pattern for the scans of which it was."""
    boxes: str = ""
    """Folder with YOLO text files, as `--boxes` takes them, relative to the data folder."""
    boxes_by: str = ""
    """What the boxes were made from."""
    no_brain: str = ""
    """Pattern for files that are no MRI slice of a brain, such as necks and computed tomography; of
    tumors, too. No network learns from them, and the reject gate of `compact` learns to refuse
    them. As tests they stay what their class says; as sources left out they are not judged."""

    def path(self, root: str | Path, relative: str) -> Path:
        """Where something lies that is named relative to the data folder."""
        return Path(root, relative)
