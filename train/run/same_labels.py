"""Does a finished run tell the same apart as another will? By the names of class folders."""

from collections.abc import Collection, Sequence

from train.run.run_folder import Run


def tells_the_same(run: Run, positive: Sequence[str], negative: Sequence[str]) -> bool:
    """Whether a run's tumor is one of these, and nothing of it is on the other side.

    Args:
        positive, negative: names of the class folders of the run to come.
    """
    names = {*positive, *negative}
    tumor = _names_in(run.manifest.positive, names)
    clear = {name for label in run.manifest.labels for name in _names_in(label, names)} - tumor
    return bool(tumor & set(positive)) and not (tumor & set(negative) or clear & set(positive))


def _names_in(label: str, names: Collection[str]) -> set[str]:
    """The class names that a label joins by "+": of `names` those, for they may hold a "+"."""
    words, found = label.split("+"), set()
    while words:
        sizes = range(len(words), 1, -1)
        size = next((n for n in sizes if "+".join(words[:n]) in names), 1)
        found.add("+".join(words[:size]))
        words = words[size:]
    return found
