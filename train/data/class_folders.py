"""Which subfolders of a data folder are the two classes, and which files they hold."""

import errno
import stat
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path, PurePath

from edge.console.messages import counted
from edge.console.suggestions import nearest
from edge.scan.file_format import is_image_file
from train.data.list_files import everything_below
from train.data.scans import DEFAULT_NEGATIVE, DEFAULT_POSITIVE, Classes
from train.errors import TrainError


def find_classes(
    folder: Path, positive: list[str], negative: list[str], left_out: Sequence[str] = ()
) -> Classes:
    """Decide which subfolders are the two classes.

    Where both are named, the names are looked for at every depth, the folder's own name included,
    and not all need be there: one command reads folders that are laid out differently, and a
    folder whose own name is a class's is of that class entirely.

    Args:
        positive: names of the subfolders with tumor; empty: `yes` and `no` are the classes.
        negative: names of those without; empty: all subfolders that are not positive.
        left_out: names of those that are no class, on purpose.

    Raises:
        TrainError: no such folder, no subfolders of those names, or two of both classes that differ
            by case alone.
    """
    if not folder.is_dir():
        raise TrainError(f"{folder}: no such folder")
    present = [name for name in _subfolders(folder) if name not in left_out]
    _check_names(positive, negative, left_out)
    both = bool(positive and negative)
    if not positive:
        if negative:
            raise TrainError(
                "--negative needs --positive: name the folders of both classes; or, if every other "
                "folder is a type of tumor, add --types"
            )
        positive, negative = [DEFAULT_POSITIVE], [DEFAULT_NEGATIVE]
    if both:
        everywhere = {folder.resolve().name, *_names_below(folder)}
        found = Classes(
            tuple(name for name in positive if name in everywhere),
            tuple(name for name in negative if name in everywhere),
            tuple(left_out),
        )
        wrong = not found.positive and not found.negative
    else:
        negative = negative or [
            name for name in present if name not in positive and _holds_scans(folder, name, present)
        ]
        found = Classes(tuple(positive), tuple(negative), tuple(left_out))
        wrong = not negative or any(name not in present for name in positive + negative)
    if wrong:
        hint = _slips(positive + negative, present)
        above = _where_classes_may_be(folder, present)
        raise TrainError(
            f"{folder}: needs a subfolder for each class "
            f"({', '.join(positive)} / {', '.join(negative) or 'any other'}), has "
            f"{', '.join(present) or 'none'}{hint or above}; name the folder of the tumors with "
            "--positive NAME, as it is spelled there, and, where a folder of --data holds one "
            "class or is one itself, the other with --negative NAME"
        )
    return found


def _where_classes_may_be(folder: Path, present: Sequence[str]) -> str:
    """A hint where subfolders hold no scans but folders, which may be the classes.

    Raises:
        TrainError: it is empty, or holds scans itself and no folder.
    """
    files = [path.relative_to(folder) for path in everything_below(folder) if path.is_file()]
    if not files:
        raise TrainError(f"{folder}: is empty; put a folder of scans for each class there")
    depths = [len(path.parts) for path in files]
    if max(depths) == 1:
        raise TrainError(
            f"{folder}: holds {counted(len(files), 'file')} and no folder of scans; name the "
            f"folder that has one for each class, perhaps {folder.resolve().parent}"
        )
    if min(depths) > 2 and present:
        return f"; if these hold the classes, name one of them ({folder / present[0]})"
    return ""


def _slips(names: Sequence[str], present: Sequence[str]) -> str:
    """What names that no folder has were probably meant to be."""
    missing = {name: nearest(name, present) for name in names if name not in present}
    return "".join(f"; did you mean {found} by {name}?" for name, found in missing.items() if found)


def _check_names(positive: list[str], negative: list[str], left_out: Sequence[str]) -> None:
    options = {"--positive": positive, "--negative": negative, "--leave-out": left_out}
    owners: dict[str, tuple[str, str]] = {}
    for option, names in options.items():
        for name in names:
            other, theirs = owners.setdefault(name.casefold(), (name, option))
            if theirs == option:
                continue
            if name == other:
                raise TrainError(f"{theirs} and {option} name the same folder ({name})")
            raise TrainError(
                f"{theirs} {other} and {option} {name} differ only by case, which not every disk "
                "can tell apart; rename one of the folders"
            )


def find_typed_classes(
    folder: Path, positive: list[str], negative: list[str], left_out: Sequence[str] = ()
) -> Classes:
    """Decide which subfolders are types of tumor, and which hold scans without one.

    Names are looked for at every depth. Where no types are named, those that lie beside a folder
    without a tumor are.

    Raises:
        TrainError: no folder of these names.
    """
    if not folder.is_dir():
        raise TrainError(f"{folder}: no such folder")
    if not negative:
        raise TrainError("--types needs --negative: name the folders without a tumor")
    _check_names(positive, negative, left_out)
    below = [path for path in everything_below(folder) if path.is_dir()]
    everywhere = {folder.resolve().name, *(path.name for path in below)}
    if not positive:
        beside = {path.parent for path in below if path.name in negative}
        positive = sorted(
            {
                path.name
                for path in below
                if path.parent in beside
                and path.name not in (*negative, *left_out)
                and _any_image(path)
            }
        )
        known = {*positive, *negative, *left_out}
        for path in below:
            if path.parent in beside and path.name not in known:
                files = sum(map(_may_be_scan, everything_below(path)))
                what = f"has no image in its {counted(files, 'file')}" if files else "is empty"
                raise TrainError(
                    f"{path}: this folder {what}, so no type can be learned from it; put scans "
                    "there, remove it, or leave it out with --leave-out"
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
        tuple(left_out),
    )
    if not found.positive and not found.negative:
        raise TrainError(
            f"{folder}: has none of the folders {', '.join((*positive, *negative))}; name its "
            "own with --positive and --negative, as they are spelled there"
        )
    return found


def check_left_out(folders: Sequence[Path], names: Sequence[str]) -> None:
    """See that every folder that is left out is there.

    Raises:
        TrainError: one is not.
    """
    below = {name for folder in folders for name in _names_below(folder)}
    for name in names:
        if name not in below:
            raise TrainError(
                f"--leave-out {name}: no data folder has a subfolder of that name; check the "
                "spelling"
            )


def check_all_found(
    classes: Sequence[Classes], positive: Sequence[str], negative: Sequence[str]
) -> None:
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
    root = folder.resolve().name
    for path in everything_below(folder):
        relative = path.relative_to(folder)
        if not _may_be_scan(path) or path.stem.upper() == "DICOMDIR":
            continue  # a CD's table of contents is DICOM too, and no scan (PS3.10, 8.6)
        if not set(relative.parts[:-1]).isdisjoint(classes.left_out):
            continue
        owner = class_folder_of(root, relative, names)
        if owner is not None:
            files[owner].append(path)
    for name, own in files.items():
        if not own:
            raise TrainError(f"{folder / name}: this class folder is empty")
    return [(path, names[name]) for name, own in files.items() for path in own]


def class_folder_of(root: str, path: PurePath, names: Container[str]) -> str | None:
    """The class folder that a file lies in most closely; None: in none.

    Args:
        root: name of the data folder. path: of the file, relative to it.
        names: of the class folders.
    """
    above = (root, *path.parts[:-1])
    return next((part for part in reversed(above) if part in names), None)


def check_all_named(folder: Path, classes: Classes) -> None:
    """See that no scan is dropped without a word: each lies in a class folder, or is left out.

    Raises:
        TrainError: a folder with scans is neither.
    """
    found = unnamed(folder, classes)
    for path, images in found.items():
        what = f"{path}: holds {counted(images, 'image')}, and is no class"
        if path == folder:
            raise TrainError(f"{what}; move them into one, or elsewhere")
        every = " ".join(sorted({other.name for other in found} - {folder.name}))
        raise TrainError(
            f"{what}: neither --positive ({', '.join(classes.positive)}) nor --negative "
            f"({', '.join(classes.negative)}) names it; name it there, or say --leave-out {every}"
        )


def left_out(folder: Path, classes: Classes) -> list[str]:
    """A line for each folder that holds images and is of no class, with their number."""
    return [
        f"{path}: is no class and is left out, with {counted(images, 'image')}"
        for path, images in unnamed(folder, classes).items()
    ]


def unnamed(folder: Path, classes: Classes) -> Counter[Path]:
    """Folders with images of their own that are no class, nor left out, and how many images."""
    used = {path for path, _ in find_files(folder, classes)}
    return Counter(
        path.parent
        for path in everything_below(folder)
        if path.is_file()
        and path not in used
        and path.stem.upper() != "DICOMDIR"
        and set(path.relative_to(folder).parts[:-1]).isdisjoint(classes.left_out)
        and _is_image(path)
    )


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


def _may_be_scan(path: Path) -> bool:
    """Whether it is a file, or a link to one that is gone: reading it will say so."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return error.errno == errno.ENOENT and path.is_symlink()


def _any_image(folder: Path) -> bool:
    return any(path.is_file() and _is_image(path) for path in everything_below(folder))


def _is_image(path: Path) -> bool:
    try:
        return is_image_file(path)
    except OSError:
        return True  # nobody knows; reading it will say what is wrong


def _names_below(folder: Path) -> set[str]:
    return {path.name for path in everything_below(folder) if path.is_dir()}
