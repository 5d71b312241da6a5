"""The leak guard: what must stay on one side of a split, and which scans it costs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.data.apply_source_facts import is_person
from train.data.scans import Scan, ScanSet
from train.splitting.near_duplicates import (
    Conflict,
    find_conflicts,
    find_groups,
    merged,
    renumbered,
)

CONFLICT = "label conflict"


LEAK = "duplicates the test scan"


PATIENT_LEAK = "same patient or cluster as the test scan"


@dataclass(frozen=True)
class Grouping:
    """What must stay together."""

    groups: np.ndarray
    """int64 [N]: duplicate clusters, merged with patients where those are known."""
    clusters: np.ndarray
    """int64 [N]: duplicate clusters, not joined by patient."""
    conflicts: tuple[Conflict, ...]
    """Of `clusters`."""
    patients: int
    """How many different ones are known."""
    without_patient: int
    """Scans of which the patient is not known."""
    one_patient: bool = False
    """Whether the files say that all scans are of one patient: near-duplicates alone are kept
    together then."""


def group_scans(found: ScanSet, patients: Sequence[str | None] | None = None) -> Grouping:
    """Cluster duplicates, and join the clusters of each patient."""
    clusters = find_groups(found.scans, found.appearance, patients)
    groups, owner = clusters, defaultdict(list)
    for cluster, patient in zip(clusters.tolist(), patients or [], strict=False):
        if patient is not None:
            owner[patient].append(cluster)
    pairs = [(own[0], other) for own in owner.values() for other in own]
    if pairs:
        left, right = np.array(pairs).T
        groups = renumbered(merged(clusters, left, right))
    return Grouping(
        groups=groups,
        clusters=clusters,
        conflicts=tuple(find_conflicts(clusters, found.scans)),
        patients=sum(map(is_person, owner)),
        without_patient=sum(not is_person(one) for one in patients or [None] * len(clusters)),
    )


def label_conflicts(scans: Sequence[Scan], grouping: Grouping) -> dict[int, str]:
    """Scans whose near-duplicates have another label, by index, and which these are."""
    names = {conflict.group: f"{CONFLICT}: {conflict}" for conflict in grouping.conflicts}
    return {i: names[g] for i, g in enumerate(grouping.clusters.tolist()) if g in names}


def leaks_of(
    scans: Sequence[Scan], grouping: Grouping, external: np.ndarray, dropped: dict[int, str]
) -> dict[int, str]:
    """Scans to train with that stand in a group with a test scan, and why they go."""
    tests, cluster_tests = {}, {}
    for i in np.flatnonzero(external):
        tests.setdefault(grouping.groups[i], scans[i].file)
        cluster_tests.setdefault(grouping.clusters[i], scans[i].file)
    reasons = {}
    for i in np.flatnonzero(~external):
        if i in dropped:
            continue
        if grouping.clusters[i] in cluster_tests:
            reasons[int(i)] = f"{LEAK} {cluster_tests[grouping.clusters[i]]}"
        elif grouping.groups[i] in tests:
            reasons[int(i)] = f"{PATIENT_LEAK} {tests[grouping.groups[i]]}"
    return reasons
