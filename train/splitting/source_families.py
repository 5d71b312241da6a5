"""Sources that may share patients: never on both sides of a split, whatever their names say.

Pictures of one patient in two collections look alike only by chance, and collections renumber
their patients. So it is the facts of the sources (`train.source_facts.schema`) that tell: two of
one family are kept apart as a whole, unless both number their patients alike.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from train.data.apply_source_facts import AnyScan, namespace
from train.data.scans import SplitScan
from train.errors import TrainError
from train.source_facts.schema import SourceFacts
from train.splitting.leak_guard import Grouping
from train.splitting.near_duplicates import merged, renumbered

FAMILY_LEAK = "may share patients with the tested source"
"""How the reason of a scan begins that is left out for it."""


@dataclass(frozen=True)
class Relations:
    """Which data folders may share patients that nothing tells."""

    of: Mapping[str, Mapping[str, str]]
    """Folder, the folders that may share patients with it, and why. One that is on its own list
    cannot be divided."""

    def reason(self, root: str, tested: str) -> str:
        """Why a scan of `root` is left out where `tested` is tested."""
        return f"{FAMILY_LEAK} {Path(tested).name} ({self.of[root][tested]})"


def relations(
    facts: Mapping[str, SourceFacts],
    scans: Sequence[AnyScan],
    patients: Sequence[str | None],
) -> Relations:
    """Compare all sources that have facts.

    Args:
        patients: of each scan by the facts, None where unknown.
    """
    roots = [root for root in dict.fromkeys(scan.root for scan in scans) if root in facts]
    unknown = {scan.root for scan, one in zip(scans, patients, strict=True) if one is None}
    found: dict[str, dict[str, str]] = {root: {} for root in roots}
    for a in roots:
        if facts[a].patients.one_side:
            found[a][a] = "its own scans may be of one patient"
        for b in roots:
            common = [name for name in facts[a].family if name in facts[b].family]
            alike = namespace(facts[a], a) == namespace(facts[b], b)
            if a != b and common and not (alike and not {a, b} & unknown):
                found[a][b] = f"family {', '.join(common)}"
    return Relations({root: own for root, own in found.items() if own})


@dataclass(frozen=True)
class FamilyGuard:
    """What the families of sources ask of a split."""

    excluded: dict[int, str]
    """Scans to train with that are left out, by position, and why."""
    whole: np.ndarray
    """int64 [N]: the same number for scans that must stand on one side; -1 for all others."""


def guard(
    related: Relations, scans: Sequence[AnyScan], external: np.ndarray, held_out: np.ndarray
) -> FamilyGuard:
    """Decide what is left out, and what stays together.

    Args:
        external: bool [N], of the test folder.
        held_out: bool [N], of the folders of which a part is tested.

    Raises:
        TrainError: a part of a folder is to be tested that cannot be divided.
    """
    roots = np.array([scan.root for scan in scans], object)
    tested = list(dict.fromkeys(roots[external].tolist()))
    held = list(dict.fromkeys(roots[held_out].tolist()))
    trained = list(dict.fromkeys(roots[~external].tolist()))
    left_out: dict[str, str] = {}
    for root in trained:
        near = [one for one in tested if one in related.of.get(root, {})]
        if near:
            left_out[root] = related.reason(root, near[0])
    for root in held:
        if root in left_out:
            raise TrainError(
                f"--hold-out {root}: {left_out[root]}, so none of it may be trained on; leave its "
                "--data and --hold-out out, or that --test-data"
            )
        partners = related.of.get(root, {})
        together = [one for one in held if one in partners]
        if together:
            raise TrainError(
                f"--hold-out {root}: no fifth of it can be tested on without the rest, as it "
                f"{_shares(root, together[0], partners)}; test on all of it with --test-data, or "
                "hold out others"
            )
        for other in partners:
            if other in trained:
                left_out.setdefault(other, related.reason(other, root))
    excluded = {
        int(i): left_out[roots[i]] for i in np.flatnonzero(~external) if roots[i] in left_out
    }
    whole = np.full(len(scans), -1, np.int64)
    stay = [root for root in trained if root not in left_out]
    for number, component in enumerate(_components(related, stay)):
        whole[np.isin(roots, component) & ~external] = number
    return FamilyGuard(excluded, whole)


def joined(grouping: Grouping, whole: np.ndarray) -> Grouping:
    """The grouping after all scans that must stand on one side became one group each."""
    if (whole < 0).all():
        return grouping
    groups = grouping.groups
    for number in range(whole.max() + 1):
        own = groups[whole == number]
        groups = merged(groups, own, np.full(len(own), own[0]))
    return replace(grouping, groups=renumbered(groups))


def sharing(related: Relations, scans: Sequence[AnyScan], tested: np.ndarray) -> np.ndarray:
    """The scans of sources that may share patients with that of a tested scan: bool [N]."""
    near = {other for i in np.flatnonzero(tested) for other in related.of.get(scans[i].root, {})}
    return np.array([scan.root in near for scan in scans], bool)


def told(dropped: Sequence[SplitScan]) -> list[str]:
    """A line for each data folder that was left out for its family, for the terminal."""
    reasons = Counter(
        (Path(scan.root).name, scan.reason)
        for scan in dropped
        if scan.reason.startswith(FAMILY_LEAK)
    )
    return [f"{count} scans of {name} left out: it {why}" for (name, why), count in reasons.items()]


def _shares(root: str, other: str, partners: Mapping[str, str]) -> str:
    if other == root:
        return f"does not tell whose scans are whose ({partners[other]})"
    return f"may share patients with {other} ({partners[other]}), which is held out, too"


def _components(related: Relations, roots: Sequence[str]) -> list[list[str]]:
    """Folders that are related, by others too: two or more, or one that cannot be divided."""
    left, found = list(roots), []
    while left:
        component, reach = [], [left.pop(0)]
        while reach:
            root = reach.pop()
            component.append(root)
            near = [other for other in related.of.get(root, {}) if other in left]
            left = [other for other in left if other not in near]
            reach += near
        if len(component) > 1 or component[0] in related.of.get(component[0], {}):
            found.append(component)
    return found
