"""The run that is pruned: its options again, and whether its scans are still the same."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from train.arguments import parser
from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.run_folder import Run

_OWN = ("inspect", "overwrite", "resume", "out", "prune")
"""Options that are each command's own."""


def arguments_of(run: Run) -> argparse.Namespace:
    """The command line that made a run, as far as it is noted.

    Raises:
        TrainError: what it was trained on is not noted, or it is a network that is not pruned.
    """
    manifest = run.manifest
    if manifest.architecture == "compact":
        raise TrainError(
            f"{run.folder}: --prune does not take --model compact: its map and its reject gate "
            "would have to be learned anew, and it is small as it is"
        )
    if not manifest.options.get("data"):
        raise TrainError(
            f"{run.folder}: does not say what it was trained on, so there are no scans to prune "
            "with; train it with python -m train"
        )
    command = parser()
    found = vars(command.parse_args(["--data", "x"]))
    found |= {k: v for k, v in manifest.options.items() if k in found and k not in _OWN}
    for option in command._actions:  # argparse has no other way to ask
        given = found.get(option.dest)
        if option.type is Path and given:  # a manifest holds text
            several = isinstance(given, list)
            found[option.dest] = [Path(one) for one in given] if several else Path(given)
    return argparse.Namespace(**found)


def check_same_scans(run: Run, parts: Sequence[SplitScan]) -> None:
    """See that the scans are those of the run, in the same parts.

    Raises:
        TrainError: they are not; a test scan could be trained on.
    """
    before, now = ({(one.sha256, one.path): one.part for one in own} for own in (run.split, parts))
    if before == now:
        return
    changed = len(before.keys() ^ now.keys())
    moved = sum(before[key] != now[key] for key in before.keys() & now.keys())
    raise TrainError(
        f"{run.folder}: its scans are no longer what they were ({changed} new, gone or changed, "
        f"{moved} in another part), so its test scans could be trained on; bring the folders back "
        "as they were, or train it anew"
    )
