"""What the outputs of a network from elsewhere mean, and which folders of scans they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.console.messages import counted
from edge.console.suggestions import did_you_mean
from export.errors import ExportError
from train.data.class_folders import find_classes, unnamed
from train.data.list_files import everything_below
from train.data.scans import DEFAULT_NEGATIVE, DEFAULT_POSITIVE, Classes


@dataclass(frozen=True)
class Labels:
    """The labels of a network's outputs; of a single output, that of its 0 and that of its 1."""

    names: tuple[str, ...]
    """In output order."""
    negative: tuple[str, ...]
    """Those of them that mean "no tumor"."""

    @property
    def is_negative(self) -> np.ndarray:
        """bool [labels]."""
        return np.array([name in self.negative for name in self.names], bool)

    @property
    def two(self) -> tuple[str, str]:
        """(no tumor, tumor), each the names that mean it, joined as of class folders."""
        positive = [name for name in self.names if name not in self.negative]
        return "+".join(self.negative), "+".join(positive)

    @property
    def turned(self) -> "Labels":
        """The other order of two."""
        return Labels(self.names[::-1], self.negative)

    @property
    def words(self) -> str:
        """As the option is given."""
        return f"--order {' '.join(self.names)}"


def find_folders(folder: Path, order: Sequence[str], negative: Sequence[str]) -> Classes:
    """Which subfolders hold scans with a tumor, and which without.

    Those that `negative` names are without; if none of them is there, `yes` and `no` are.

    Raises:
        ExportError: it cannot be told, or a subfolder is none of the labels.
        TrainError: no such folder.
    """
    below = everything_below(folder) if folder.is_dir() else []
    depth = len(folder.parts) + 1
    present = [path.name for path in below if path.is_dir() and len(path.parts) == depth]
    alike = {name.casefold(): name for name in present}
    for name in present:
        if alike[name.casefold()] != name:
            raise ExportError(
                f"{folder}: has {name}/ and {alike[name.casefold()]}/, which differ by case only; "
                "put the scans into one folder for each class"
            )
    without = [name for name in negative if name in present]
    if not without:
        if {DEFAULT_POSITIVE, DEFAULT_NEGATIVE} <= set(present) or not folder.is_dir():
            classes = find_classes(folder, [], [])
            for path, images in unnamed(folder, classes).items():
                raise ExportError(
                    f"{path}: holds {counted(images, 'image')}, and is neither "
                    f"{DEFAULT_POSITIVE}/ nor {DEFAULT_NEGATIVE}/; take it out of the data folder"
                )
            return classes
        raise ExportError(
            f"{folder}: which of its subfolders ({', '.join(present) or 'none'}) are without a "
            "tumor? Name them with --negative, as they are spelled there; or put the scans into "
            f"{DEFAULT_POSITIVE}/ and {DEFAULT_NEGATIVE}/"
        )
    others = [name for name in present if name not in without]
    unknown = [name for name in others if order and name not in order]
    if unknown:
        more = "; or leave --order out, if it holds tumors as others do" if len(order) == 2 else ""
        raise ExportError(
            f"{folder / unknown[0]}: is none of the labels ({', '.join(order)}); rename the folder "
            f"as the label that its scans are of, or take it out of the data folder{more}"
        )
    if not others:
        raise ExportError(f"{folder}: all of its subfolders are --negative; none holds tumors")
    return find_classes(folder, others, without)


_EXAMPLE = ", for example --order glioma meningioma notumor pituitary --negative notumor"


def check_order(outputs: int, order: Sequence[str], file: Path) -> None:
    """See that as many labels are named as the outputs need.

    Raises:
        ExportError: they are not, or are needed and not given.
    """
    count = max(2, outputs)
    what = f"{file}: has {counted(outputs, 'output')}"
    if order and (len(order) != count or len(set(order)) != count):
        means = " (that of 0 and that of 1)" if outputs == 1 else ""
        raise ExportError(
            f"{what}, so --order needs {count} different labels{means}, has {len(order)}: "
            f"{', '.join(order)}"
        )
    if not order and outputs > 2:
        raise ExportError(
            f"{what}: name their {outputs} labels in output order with --order, and with "
            "--negative the one that means no tumor; Keras takes folders in the order of the "
            f"alphabet{_EXAMPLE if outputs == 4 else ''}"
        )


def find_labels(order: Sequence[str], negative: Sequence[str], classes: Classes) -> list[Labels]:
    """The labels that the outputs may have: one list of them if it is given, else both orders.

    Args:
        order: as `check_order` lets it pass.

    Raises:
        ExportError: none of them means no tumor, or all do.
    """
    if not order:
        names = classes.labels
        found = Labels(names, names[:1])
        return [found, found.turned]
    without = [name for name in negative if name in order]
    if not without:
        without = [name for name in classes.negative if name in order]
    if not without:
        given = f"{', '.join(negative)}: " if negative else ""
        hint = did_you_mean(negative[0], order) if negative else ""
        raise ExportError(
            f"--negative {given}which of the labels ({', '.join(order)}) means no tumor?{hint}"
        )
    if len(without) == len(order):
        raise ExportError(f"--negative names all labels ({', '.join(order)}); one must mean tumor")
    return [Labels(tuple(order), tuple(without))]
