"""Which scans are left out together, so that each source is judged by a model that never saw it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.data.apply_source_facts import AnyScan
from train.splitting.source_families import Relations, sharing
from train.splitting.split import Fold

SMALL = 0.02
"""Of all scans: sources that hold less, and share patients with none, are left out together. Each
alone would cost a fit, and changes next to nothing of what is learned."""


@dataclass(frozen=True)
class SourceFold:
    """One fit, and whom it judges."""

    sources: dict[str, np.ndarray]
    """By the data folder's path, the positions of its scans, int64: one of each cluster."""
    train: np.ndarray
    """Positions to train on, int64, and below to choose the decision on."""
    validation: np.ndarray

    @property
    def fold(self) -> Fold:
        """As a fit takes it: all sources are its test part, one after the other."""
        return Fold(self.train, self.validation, np.concatenate(list(self.sources.values())))

    @property
    def names(self) -> str:
        """Of the folders, for messages."""
        return ", ".join(Path(source).name for source in self.sources)


def source_folds(
    scans: Sequence[AnyScan],
    truth: np.ndarray,
    clusters: np.ndarray,
    groups: np.ndarray,
    parts: Fold,
    related: Relations,
    seen: np.ndarray | None = None,
) -> tuple[list[SourceFold], list[str]]:
    """One fold for each source that can be left out; several where the same scans remain.

    With a source go the copies of its scans, the other scans of its patients, and every source that
    may share patients with it. The run's test part is judged by none: the band is chosen here.

    Args:
        truth: 0 or 1, [N]. clusters: of copies, int64 [N]. groups: of copies and patients, [N].
        parts: of the run.
        related: the sources that may share patients.
        seen: by the run that the fits go on from, bool [N]; None: they start anew.

    Returns:
        The folds, and a line for each source that cannot be left out, or not without a doubt.
    """
    roots = np.array([scan.root for scan in scans], object)
    kept = np.zeros(len(scans), bool)
    kept[parts.train] = kept[parts.validation] = True
    left_out: dict[bytes, list[str]] = {}
    without: dict[bytes, np.ndarray] = {}
    known = set() if seen is None else set(roots[seen].tolist())
    notes = [
        f"{Path(one).name}: the run that this one goes on from has seen it"
        for one in sorted(known & set(roots[kept].tolist()))
    ]
    for one, others in related.of.items():
        shared = sorted(Path(other).name for other in known & others.keys() if other != one)
        if shared and one not in known and one in roots[kept]:
            notes.append(
                f"{Path(one).name}: judged as unseen, though it may share patients with "
                f"{', '.join(shared)}, which the run that this one goes on from has seen"
            )
    for several in _left_out_together(roots, kept, related, scans, known):
        out = kept & np.isin(roots, several)
        gone = kept & (np.isin(groups, groups[out]) | sharing(related, scans, out))
        key = gone.tobytes()
        left_out.setdefault(key, []).extend(several)
        without[key] = gone
    found = []
    for key, sources in left_out.items():
        train, validation = (own[~without[key][own]] for own in (parts.train, parts.validation))
        named = ", ".join(Path(source).name for source in sources)
        if min(len(set(truth[own].tolist())) for own in (train, validation)) < 2:
            notes.append(
                f"{named}: cannot be judged as unseen, for without it scans of one class are left"
            )
            continue
        tested = {
            source: _one_of_each(np.flatnonzero(kept & (roots == source)), clusters)
            for source in sources
        }
        found.append(SourceFold(tested, train, validation))
    return found, notes


def _left_out_together(
    roots: np.ndarray,
    kept: np.ndarray,
    related: Relations,
    scans: Sequence[AnyScan],
    known: Set[str],
) -> list[list[str]]:
    """Folders, but for `known` ones, as each fit leaves them out."""
    small, found = [], []
    for root in dict.fromkeys(roots[kept].tolist()):
        if root in known:
            continue
        own = kept & (roots == root)
        alone = not (sharing(related, scans, own) & kept & ~own).any()
        if alone and own.sum() < SMALL * kept.sum():
            small.append(root)
        else:
            found.append([root])
    return [*found, small] if small else found


def _one_of_each(positions: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    return positions[np.sort(np.unique(clusters[positions], return_index=True)[1])]
