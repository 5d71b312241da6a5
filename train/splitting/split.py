"""Train, validation and test parts that no duplicate and no known patient crosses."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from train.data.scans import Scan, SplitScan
from train.errors import TrainError
from train.splitting.leak_guard import Grouping, label_conflicts, leaks_of

PARTS = ("train", "validation", "test")
DROPPED = "dropped"
"""The part of scans that take no part, for the reason that stands beside them."""
FOLDS = 5
"""Test is one of five folds, validation one of five of the rest: 64 / 16 / 20 %."""


@dataclass(frozen=True)
class Fold:
    """Positions of scans, int64 each."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def shown(self, hidden: np.ndarray) -> "Fold":
        """The same without what no network is to learn from, bool [N] of all scans.

        The test part stays whole: it is judged as it came. (Sources left out are drawn from what
        is left, so there these scans are not judged.)
        """
        train, validation = (own[~hidden[own]] for own in (self.train, self.validation))
        return replace(self, train=train, validation=validation)


def split(
    scans: Sequence[Scan],
    grouping: Grouping,
    seed: int,
    folds: int = FOLDS,
    external: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
    excluded: dict[int, str] | None = None,
    whole: np.ndarray | None = None,
    types: np.ndarray | None = None,
) -> list[SplitScan]:
    """Assign every scan to a part, stratified by class and type, whole groups together.

    Scans of a label conflict are dropped, and so is every scan to train with that has a copy (or
    its patient) among the test scans. Deterministic: depends on the arguments only.

    Args:
        folds: the test part is the first of so many.
        external: bool [N], the scans of a test set from elsewhere; all of them are the test part.
        held_out: bool [N], scans of which a fifth, drawn from all together, joins that test set.
        excluded: scans that take no part for other reasons, by position.
        whole: bool [N], scans that must not be divided: they and their groups are trained on.
        types: str [N], of the tumor, "" where there is none or it is not known; None: types are
            not told, and the parts are those of before there were any.

    Raises:
        TrainError: what is left is too little or of too few groups for three parts.
    """
    external = np.zeros(len(scans), bool) if external is None else external
    conflicts = label_conflicts(scans, grouping)
    gone = {**conflicts, **(excluded or {})}
    leaks = leaks_of(scans, grouping, external, gone)
    truth = np.array([scan.positive for scan in scans], bool)
    kinds = strata(truth, types)
    whole = _with_groups(whole, gone, grouping.groups)
    if held_out is not None and held_out.any():
        free = [
            i for i in np.flatnonzero(held_out & ~external & ~whole) if i not in {**gone, **leaks}
        ]
        external = external.copy()
        free = np.array(free, np.int64)
        external[_held_out(scans, free, kinds, grouping.groups, seed)] = True
        leaks = leaks_of(scans, grouping, external, gone)
    reasons = {**gone, **leaks}
    parts = np.full(len(scans), DROPPED, dtype="<U10")
    kept = np.array([i not in reasons for i in range(len(scans))], bool)
    pool = np.flatnonzero(kept & ~external)
    if not len(pool):
        raise TrainError(_nothing_left(len(leaks), int((~external).sum()) - len(leaks)))
    parts[kept & ~external & whole] = "train"
    pool = pool[~whole[pool]]
    try:
        if not len(pool):
            raise TrainError("no folder of --data can be divided without parting its patients")
        if external.any():
            parts[kept & external] = "test"
            least = FOLDS if types is None else _at_most(pool, kinds, grouping.groups)
            rest, taken = _folds(pool, kinds, grouping.groups, least, seed)[0]
            parts[rest], parts[taken] = "train", "validation"
        else:
            first = cross_validation(pool, kinds, grouping.groups, folds, seed)[0]
            for part in PARTS:
                parts[getattr(first, part)] = part
    except TrainError as error:
        if not reasons and not whole.any():
            raise
        more = ""
        if excluded:
            more += f", and {len(excluded)} as they may share patients with a tested source"
        if whole.any():
            more += f"; {whole.sum()} can be trained on alone (source.toml)"
        raise TrainError(
            f"{error}; {len(leaks)} scans were dropped as they duplicate test scans or are of "
            f"their patients, and {len(conflicts)} as their label cannot be known{more}"
        ) from None
    for part in PARTS:
        if len(set(truth[parts == part])) < 2:
            raise TrainError(f"the {part} part would hold scans of one class only; add scans")
    return [
        SplitScan(
            scan.root, scan.path, scan.sha256, scan.positive, group, str(part), reasons.get(i, "")
        )
        for i, (scan, group, part) in enumerate(
            zip(scans, grouping.groups.tolist(), parts, strict=True)
        )
    ]


def cross_validation(
    pool: np.ndarray, kinds: np.ndarray, groups: np.ndarray, folds: int, seed: int
) -> list[Fold]:
    """`folds` ways to train on, validate on and test the scans at `pool`, each tested once.

    Args:
        pool: positions of the scans that take part, int64 [M].
        kinds: of `strata`, int64 [N].
        groups: int64 [N].

    Raises:
        TrainError: a class has fewer groups than folds, or a fold would lack a class.
    """
    found = []
    for rest, test in _folds(pool, kinds, groups, folds, seed):
        least = _at_most(rest, kinds, groups)
        train, validation = _folds(rest, kinds, groups, least, seed)[0]
        found.append(Fold(train, validation, test))
    return found


def indices(scans: Sequence[SplitScan], part: str) -> np.ndarray:
    """Positions of a part's scans, int64."""
    return np.array([i for i, scan in enumerate(scans) if scan.part == part], np.int64)


def counts(scans: Sequence[SplitScan], labels: tuple[str, str]) -> dict[str, dict[str, int]]:
    """Scans per part and label, e.g. `{"train": {"no": 62, "yes": 100}, ...}`."""
    found = Counter((scan.part, scan.positive) for scan in scans)
    return {part: {label: found[part, bool(i)] for i, label in enumerate(labels)} for part in PARTS}


def _at_most(pool: np.ndarray, kinds: np.ndarray, groups: np.ndarray) -> int:
    """Folds to take the validation part from, that a class or type of few groups is in each."""
    # One of just `FOLDS` groups has one fewer once a test part is taken.
    fewest = min(len(set(groups[pool[kinds[pool] == one]])) for one in np.unique(kinds[pool]))
    return max(2, min(FOLDS, fewest))


def strata(truth: np.ndarray, types: np.ndarray | None = None) -> np.ndarray:
    """What parts are to have the same shares of: 0 without a tumor, from 1 on a type; int64 [N].

    Args:
        truth: bool [N]. types: as `split` takes them; None: all tumors are of one.
    """
    if types is None:
        return truth.astype(np.int64)
    # A tumor of unknown type goes with the commonest, lest a few be a type of their own.
    known, counts = np.unique(types[types != ""].astype(str), return_counts=True)
    number = {name: 1 + at for at, name in enumerate(known.tolist())}
    rest = 1 + int(counts.argmax()) if len(counts) else 1
    found = [number.get(name, rest) for name in types.tolist()]
    return np.where(truth, found, 0)


def _with_groups(whole: np.ndarray | None, gone: dict[int, str], groups: np.ndarray) -> np.ndarray:
    """The scans that must not be divided, and all that stand in a group with one: bool [N]."""
    if whole is None:
        return np.zeros(len(groups), bool)
    kept = [i for i in np.flatnonzero(whole) if i not in gone]
    return np.isin(groups, groups[kept])


def _held_out(
    scans: Sequence[Scan], pool: np.ndarray, kinds: np.ndarray, groups: np.ndarray, seed: int
) -> np.ndarray:
    """The fifth of the scans of --hold-out that are tested on."""
    try:
        if not len(pool):
            raise TrainError("all of its scans duplicate test scans or have no known label")
        return _folds(pool, kinds, groups, FOLDS, seed)[0][1]
    except TrainError as error:
        folders = ", ".join(dict.fromkeys(scans[i].root for i in pool)) or "the folders"
        raise TrainError(
            f"--hold-out: of {folders} no fifth can be tested on: {error}; hold out other folders, "
            "or these together with such as have what they lack"
        ) from None


def _nothing_left(leaks: int, conflicts: int) -> str:
    if not leaks:
        return (
            f"all {conflicts} scans have copies in the other class, so none has a label that can "
            "be known; --inspect lists them"
        )
    return (
        f"nothing is left to train with: {leaks} of {leaks + conflicts} scans of --data duplicate "
        "scans of --test-data or are of its patients; give a test set from elsewhere"
    )


def _folds(
    pool: np.ndarray, kinds: np.ndarray, groups: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rest, taken) of each fold, as positions of scans."""
    truth = kinds > 0
    if len(set(groups[pool])) == 1:
        raise TrainError(
            f"all {len(pool)} scans are copies of one picture or one patient's (one cluster): "
            "no part could be held out; add different scans"
        )
    for positive in (False, True):
        own = pool[truth[pool] == positive]
        distinct = len(set(groups[own]))
        if distinct < folds:
            raise TrainError(
                f"too few different scans {'with' if positive else 'without'} a tumor: {distinct} "
                f"of {len(own)} files (duplicates, and those of a patient, count as one); at least "
                f"{folds} of each class are needed, as a held-out part is one of {folds} folds"
            )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Of a type with fewer scans than folds: who needs each type in each part looks for it.
        warnings.simplefilter("ignore", UserWarning)
        pairs = list(splitter.split(pool, kinds[pool], groups[pool]))
    found = [(pool[rest], pool[taken]) for rest, taken in pairs]
    for rest, taken in found:
        if len(set(truth[rest])) < 2 or len(set(truth[taken])) < 2:
            raise TrainError(
                f"a fold of {len(taken)} scans would lack a class, as some clusters of duplicates "
                f"or patients are too large for {folds} folds; use fewer --folds or add scans"
            )
    return found
