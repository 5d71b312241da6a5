"""Types of tumor: which class folder, or label of a table, each scan with a tumor is of."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from edge.console.messages import counted
from edge.model_file.manifest import VERDICTS, TypeSpec
from train.data.class_folders import class_folder_of
from train.data.label_table import LabelTable
from train.data.scans import Classes, Scan
from train.errors import TrainError

LEAST = 5
"""Different scans of a type, or patients where those are known: fewer cannot be trained on, tuned
on and tested on."""


_VERDICTS = frozenset(word.replace("_", "") for word in VERDICTS)


def check_types(names: Sequence[str], negative: Sequence[str] = ()) -> None:
    """See that the names can be told apart, and said.

    Raises:
        TrainError: fewer than two, two that differ by case alone, or one that cannot be a type.
    """
    folded: dict[str, str] = {}
    for name in (*negative, *names):
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise TrainError(
                f"class folders {other} and {name} differ only by case; give them one name, or "
                "names that differ"
            )
    for name in names:
        if "".join(filter(str.isalpha, name.casefold())) in _VERDICTS:
            raise TrainError(
                f"class folder {name}: a type of tumor cannot be called like a verdict; name it "
                "with --negative if it holds scans without a tumor, or call it otherwise"
            )
    if len(names) < 2:
        raise TrainError(
            f"--types needs two types of tumor or more, has {', '.join(names) or 'none'}; leave "
            "it out, or name the folders of the types with --positive"
        )
    try:
        TypeSpec(tuple(names))
    except ValueError as error:
        raise TrainError(
            f"these cannot be types of tumor: {error}; rename the folder or label"
        ) from None


def types_of(
    scans: Sequence[Scan], classes: Classes, table: LabelTable | None = None
) -> np.ndarray:
    """The type of each scan, "" for those without a tumor: str [N]."""
    names = set(classes.positive)
    found = []
    for scan in scans:
        if not scan.positive:
            found.append("")
        elif table is not None:
            found.append(table.label_of(scan.file, Path(scan.root)) or "")
        else:
            root, path = PurePosixPath(scan.root).name, PurePosixPath(scan.path)
            found.append(class_folder_of(root, path, names) or "")
    return np.array(found, object)


def without_conflicts(types: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, int]:
    """Types, but "" where copies of one picture are of several; and how many scans that are."""
    kept = types.copy()
    for cluster in set(clusters.tolist()):
        own = clusters == cluster
        if len(set(types[own]) - {""}) > 1:
            kept[own] = ""
    return kept, int(((kept == "") & (types != "")).sum())


def check_enough(
    types: np.ndarray, kept: np.ndarray, clusters: np.ndarray, groups: np.ndarray, names
) -> None:
    """See that there are different scans enough of each type.

    Args:
        types: of each scan, str [N], and `kept`: the same without those that copies contradict.
        clusters: of copies, int64 [N]. groups: of copies and patients, [N].
        names: of the types.

    Raises:
        TrainError: of one there are not.
    """
    counts = {name: len(set(groups[kept == name].tolist())) for name in names}
    few = [name for name in names if counts[name] < LEAST]
    if not few:
        return
    shared = {name: _others(name, types, kept, clusters) for name in few}
    # A folder of copies of all types leaves none of them any; it is the one to name.
    name = max(few, key=lambda one: len(shared[one]))
    total = int((types == name).sum())
    left = counted(counts[name], "different scan")
    if others := shared[name]:
        copies = int(((types == name) & (kept != name)).sum())
        raise TrainError(
            f"type {name}: {copies} of its {counted(total, 'scan')} are copies of scans in "
            f"{', '.join(others)}, so nobody knows of which type they are; {left} or patients "
            f"remain, {LEAST} are needed. If {name} is no type of tumor, leave it out "
            f"(--leave-out {name}); else take the copies out of one of the folders"
        )
    what = f", in {counted(total, 'file')}," * (total > counts[name])
    raise TrainError(
        f"type {name} has {left} or patients{what} and needs {LEAST}; add scans, or put its folder "
        "with another type's"
    )


def _others(name: str, types: np.ndarray, kept: np.ndarray, clusters: np.ndarray) -> list[str]:
    """The other types that have copies of a type's scans."""
    mine = set(clusters[(types == name) & (kept != name)].tolist())
    return sorted(
        {
            other
            for other, cluster in zip(types.tolist(), clusters.tolist(), strict=True)
            if cluster in mine and other not in ("", name)
        }
    )
