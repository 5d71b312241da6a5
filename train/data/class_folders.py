"""Which subfolders of a data folder are the two classes, and which files they hold."""

from collections.abc import Sequence
from pathlib import Path

from edge.scan.file_format import is_image_file
from train.data.list_files import everything_below
from train.data.scans import DEFAULT_NEGATIVE, DEFAULT_POSITIVE, Classes
from train.errors import TrainError


def find_classes(folder: Path, positive: list[str], negative: list[str]) -> Classes:
    """Decide which subfolders are the two classes.

    Where both are named, the names are looked for at every depth, the folder's own name included,
    and not all need be there: one command reads folders that are laid out differently, and a
    folder whose own name is a class's is of that class entirely.

    Args:
        positive: names of the subfolders with tumor; empty: `yes` and `no` are the classes.
        negative: names of those without; empty: all subfolders that are not positive.

    Raises:
        TrainError: no such folder, or no subfolders of those names.
    """
    if not folder.is_dir():
        raise TrainError(f"{folder}: no such folder")
    present = _subfolders(folder)
    if set(positive) & set(negative):
        raise TrainError("--positive and --negative name the same folder")
    both = bool(positive and negative)
    if not positive:
        if negative:
            raise TrainError("--negative needs --positive: name the folders of both classes")
        positive, negative = [DEFAULT_POSITIVE], [DEFAULT_NEGATIVE]
    if both:
        everywhere = {folder.resolve().name, *_names_below(folder)}
        found = Classes(
            tuple(name for name in positive if name in everywhere),
            tuple(name for name in negative if name in everywhere),
        )
        wrong = not found.positive and not found.negative
    else:
        negative = negative or [
            name for name in present if name not in positive and _holds_scans(folder, name, present)
        ]
        found = Classes(tuple(positive), tuple(negative))
        wrong = not negative or any(name not in present for name in positive + negative)
    if wrong:
        raise TrainError(
            f"{folder}: needs a subfolder for each class "
            f"({', '.join(positive)} / {', '.join(negative) or 'any other'}), has "
            f"{', '.join(present) or 'none'}; name the folder of the tumors with --positive NAME, "
            "as it is spelled there, and, where a folder of --data holds one class or is one "
            "itself, the other with --negative NAME"
        )
    return found


def find_typed_classes(folder: Path, positive: list[str], negative: list[str]) -> Classes:
    """Decide which subfolders are types of tumor, and which hold scans without one.

    Names are looked for at every depth. Where no types are named, those that lie beside a folder
    without a tumor are.

    Raises:
        TrainError: no folder of these names, or images that lie in none of them.
    """
    if not folder.is_dir():
        raise TrainError(f"{folder}: no such folder")
    if not negative:
        raise TrainError("--types needs --negative: name the folders without a tumor")
    if set(positive) & set(negative):
        raise TrainError("--positive and --negative name the same folder")
    below = [path for path in everything_below(folder) if path.is_dir()]
    everywhere = {folder.resolve().name, *(path.name for path in below)}
    if not positive:
        beside = {path.parent for path in below if path.name in negative}
        positive = sorted(
            {
                path.name
                for path in below
                if path.parent in beside and path.name not in negative and _any_image(path)
            }
        )
        if not everywhere & set(negative):
            there = ", ".join(sorted({path.name for path in below})) or "none"
            raise TrainError(
                f"{folder}: has no folder {' or '.join(negative)}, beside which types would lie; "
                f"it has {there}; spell --negative as there, or name the folders of the types with "
                "--positive"
            )
        if not positive:
            raise TrainError(
                f"{folder}: has no folder of a type beside {' or '.join(negative)}; name the "
                "folders of the types with --positive"
            )
    found = Classes(
        tuple(name for name in positive if name in everywhere),
        tuple(name for name in negative if name in everywhere),
    )
    if not found.positive and not found.negative:
        raise TrainError(
            f"{folder}: has none of the folders {', '.join((*positive, *negative))}; name its "
            "own with --positive and --negative, as they are spelled there"
        )
    used = {path for path, _ in find_files(folder, found)}
    for path in everything_below(folder):
        if path.is_file() and path not in used and _is_image(path):
            raise TrainError(
                f"{path.parent}: holds scans, {path.name} for one, and is named neither by "
                "--positive nor by --negative; name it, or move it elsewhere"
            )
    return found


def check_all_found(classes: Sequence[Classes], positive: list[str], negative: list[str]) -> None:
    """See that every name given stands for something in at least one folder.

    Raises:
        TrainError: one does not; it is misspelt, or its folder was not given.
    """
    for option, given, found in (
        ("--positive", positive, {name for one in classes for name in one.positive}),
        ("--negative", negative, {name for one in classes for name in one.negative}),
    ):
        missing = [name for name in given if name not in found]
        if missing:
            raise TrainError(
                f"{option} {missing[0]}: no data folder has a subfolder of that name; "
                "check the spelling, or add the folder with --data"
            )


def find_files(folder: Path, classes: Classes) -> list[tuple[Path, bool]]:
    """Every visible file of the class folders, searched recursively, in a fixed order.

    Links are followed (`train.data.list_files`). A file is of the class whose folder it lies in
    most closely.

    Raises:
        TrainError: a class folder holds no file.
    """
    names = dict.fromkeys(classes.negative, False) | dict.fromkeys(classes.positive, True)
    files: dict[str, list[Path]] = {name: [] for name in names}
    for path in everything_below(folder):
        parts = path.relative_to(folder).parts
        if not path.is_file() or path.stem.upper() == "DICOMDIR":
            continue  # a CD's table of contents is DICOM too, and no scan (PS3.10, 8.6)
        above = (folder.resolve().name, *parts[:-1])
        owner = next((part for part in reversed(above) if part in names), None)
        if owner is not None:
            files[owner].append(path)
    for name, own in files.items():
        if not own:
            raise TrainError(f"{folder / name}: this class folder is empty")
    return [(path, names[name]) for name, own in files.items() for path in own]


def left_out(folder: Path, classes: Classes) -> list[str]:
    """A line for each subfolder that holds images and is of no class, with their number."""
    used = {path for path, _ in find_files(folder, classes)}
    lines = []
    for name in _subfolders(folder):
        below = (path for path in everything_below(folder / name) if path.is_file())
        images = sum(_is_image(path) for path in below if path not in used)
        if images:
            lines.append(f"{folder / name}: is no class and is left out, with {images} images")
    return lines


def _subfolders(folder: Path) -> list[str]:
    return sorted(
        {path.relative_to(folder).parts[0] for path in everything_below(folder) if path.is_dir()}
    )


def _holds_scans(folder: Path, name: str, others: Sequence[str]) -> bool:
    """Whether a subfolder holds an image of its own, rather than copies of the other folders."""
    for path in everything_below(folder / name):
        between = path.relative_to(folder / name).parts[:-1]
        if path.is_file() and not set(between) & set(others) and _is_image(path):
            return True
    return False


def _any_image(folder: Path) -> bool:
    return any(path.is_file() and _is_image(path) for path in everything_below(folder))


def _is_image(path: Path) -> bool:
    try:
        return is_image_file(path)
    except OSError:
        return True  # nobody knows; reading it will say what is wrong


def _names_below(folder: Path) -> set[str]:
    return {path.name for path in everything_below(folder) if path.is_dir()}
