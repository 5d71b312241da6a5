"""Which data folders have facts, where these are, and which options take their place."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edge.console.suggestions import did_you_mean
from edge.files.regular_file import read_regular
from train.errors import TrainError
from train.source_facts.read import MAX_TABLE, NAME, read_facts
from train.source_facts.schema import Patients, SourceFacts

Facts = Mapping[str, SourceFacts]
"""By the data folder's absolute path; folders without facts are not in it."""

_REPLACED = {
    "positive": ("classes", {"positive": (), "negative": ()}),
    "negative": ("classes", {"positive": (), "negative": ()}),
    "labels": ("classes", {"positive": (), "negative": ()}),
    "patient_id": ("patients", {"patients": Patients()}),
    "patient_csv": ("patients", {"patients": Patients()}),
    "boxes": ("boxes", {"boxes": "", "boxes_by": ""}),
    "no_brain": ("scans that show no brain", {"no_brain": ""}),
}
"""Option, what of the facts it takes the place of, in words, and what is left of that."""


def find_facts(folders: Sequence[Path], directory: Path | None = None) -> dict[str, SourceFacts]:
    """The facts of each folder: NAME.toml in `directory`, or else source.toml in the folder itself.

    Raises:
        TrainError: no such directory, no .toml in it, none for any folder, or a file that is wrong.
    """
    found = {}
    names = [] if directory is None else _names(directory)
    for folder in folders:
        root = folder.resolve()
        own = root / NAME
        if root.name in names:
            found[str(root)] = read_facts(directory / f"{root.name}.toml")
        elif own.is_file():
            found[str(root)] = read_facts(own)
    if names and not any(Path(root).name in names for root in found):
        name = folders[0].resolve().name
        raise TrainError(
            f"--sources {directory}: has facts of none of the folders; those of {folders[0]} would "
            f"be in {name}.toml{did_you_mean(name, names)}"
        )
    return found


def without_replaced(
    facts: Facts, options: Mapping[str, object], say: Callable[[str], None] = lambda _: None
) -> dict[str, SourceFacts]:
    """What is left of the facts where options say the same things.

    Args:
        options: of the command line, by their names with underscores.
        say: is told what was replaced, and of which folders.
    """
    left = dict(facts)
    for option, (what, empty) in _REPLACED.items():
        if not options.get(option):
            continue
        changed = {root: replace(one, **empty) for root, one in left.items()}
        names = [Path(root).name for root, one in left.items() if changed[root] != one]
        if names:
            flag = option.replace("_", "-")
            say(f"--{flag} in place of what the facts say of {what}: {', '.join(names)}")
        left = changed
    return left


def useful_to(facts: Facts, learns_places: bool) -> dict[str, SourceFacts]:
    """The facts without boxes, for networks that learn nothing from them."""
    if learns_places:
        return dict(facts)
    return {root: replace(one, boxes="") for root, one in facts.items()}


def described(facts: Facts, names: Collection[Path]) -> list[str]:
    """Lines for the terminal: which folders have facts, which are non-commercial."""
    if not facts:
        return []
    known = [f"{Path(root).name} ({one.file})" for root, one in facts.items()]
    lines = [f"facts of {', '.join(known)}"]
    missing = [name.name for name in names if str(name.resolve()) not in facts]
    if missing:
        lines.append(f"no facts of {', '.join(missing)}: the options alone say what they hold")
    closed = [f"{Path(r).name} ({one.licence})" for r, one in facts.items() if one.non_commercial]
    if closed:
        lines.append(
            f"not for commercial use: {', '.join(closed)}; a model trained with them inherits the "
            "question, so name it with --licence at the export"
        )
    return lines


def with_hashes(facts: Facts) -> list[str]:
    """A line a folder: its facts' file, the SHA-256 of that and all that it names, the licence."""
    lines = []
    for root, one in sorted(facts.items()):
        files = [one.file]
        for relative in (one.patients.csv, one.patients.blocks and one.patients.blocks.table):
            files += [one.path(root, relative)] if relative else []
        if one.boxes:
            files += sorted(one.path(root, one.boxes).glob("*.txt"))
        digest = hashlib.sha256()
        for file in files:
            digest.update(file.name.encode("utf-8", "surrogateescape") + _bytes(file))
        commercial = ", not for commercial use" if one.non_commercial else ""
        lines.append(
            f"{Path(root).name}: {one.file} (SHA-256 {digest.hexdigest()}), licence {one.licence}"
            f"{commercial}"
        )
    return lines


def _bytes(file: Path) -> bytes:
    try:
        return read_regular(file, MAX_TABLE)
    except (OSError, ValueError) as error:
        raise TrainError(f"{file}: cannot be read ({error})") from error


def _names(directory: Path) -> list[str]:
    if not directory.is_dir():
        raise TrainError(f"--sources {directory}: no such folder")
    names = sorted(file.stem for file in directory.glob("*.toml"))
    if not names:
        raise TrainError(f"--sources {directory}: has no .toml file, one for each data folder")
    return names
