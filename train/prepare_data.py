"""What one session is asked for, and the scans it is asked of: read, clustered and split."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from train.data.apply_source_facts import boxes_of, check, completed, patients_of
from train.data.boxes import Boxes, read_boxes
from train.data.dicom_origin import of_one_patient
from train.data.folders import all_names, read_folders
from train.data.label_table import LabelTable, read_labels
from train.data.samples import Samples
from train.data.scans import Classes, ScanSet, SplitScan, fingerprint
from train.data.source_names import source_names
from train.data.tumor_types import check_enough, types_of, without_conflicts
from train.errors import TrainError
from train.fitting.fit_options import FitOptions
from train.progress import say
from train.pruning.prune import PruneOptions
from train.run import run_folder
from train.source_facts.find import Facts, described
from train.splitting import patients, source_families, split
from train.splitting.leak_guard import CONFLICT, Grouping, group_scans
from train.warm_start.seen_scans import Seen, seen_by, without_seen_tests
from train.warm_start.start_weights import check_labels, other_input, read_start


@dataclass(frozen=True)
class UnseenOptions:
    """Of `--unseen-sources`."""

    epochs: int
    """Of each fit."""
    max_cleared: float
    """0..1: share of the tumors of an unseen source, on average over these, that may be called
    free of one."""
    max_alarms: float
    """0..1: share of its tumor-free scans that may be called a tumor."""


@dataclass(frozen=True)
class Request:
    """What one session is asked for."""

    folders: tuple[Path, ...]
    """To train with."""
    test_folder: Path | None
    positive: list[str]
    negative: list[str]
    patient_id: str | None
    patient_csv: Path | None
    fit: FitOptions
    folds: int | None
    """Of the cross-validation; None: none."""
    protocol: str
    """"honest", or "article" to repeat the articles' beside it."""
    target_sensitivity: float
    coverage: float
    hold_out: tuple[Path, ...] = ()
    """Of `folders`: a fifth of all their scans together joins the test folder."""
    boxes: tuple[Path, ...] = ()
    """Folders of text files with boxes around tumors."""
    teachers: tuple[Path, ...] = ()
    """Finished runs."""
    no_brain: str | None = None
    """Regular expression for the names of scans that are no MRI slice of a brain."""
    not_brain: Path | None = None
    """Folder of pictures that are no brain MRI, by kind."""
    types: bool = False
    """Whether types of tumor are told: each positive class is one."""
    leave_out: tuple[str, ...] = ()
    """Names of folders that are no class, on purpose."""
    labels: Path | None = None
    """A table that says which scans have a tumor; None: the folders that they lie in do."""
    weights: str | None = None
    """The backbone's, in words; None: there is no backbone."""
    facts: Facts = field(default_factory=dict)
    """Of the folders that have some, without what options say in their place."""
    options: dict = field(default_factory=dict)
    """The whole command, for the manifest."""
    unseen: UnseenOptions | None = None
    """Sources are left out in turn; None: none is."""
    pruning: PruneOptions | None = None
    """Prune a finished run, whose request this is; None: train."""
    split_folds: int | None = None
    """How many parts the scans are split into, if not `folds`: a pruned run's as its parent's."""

    @property
    def asked(self) -> dict:
        """What an interrupted session must have been asked for too, to be resumed.

        Of files of weights, patients, boxes and teachers their hashes count, not their names alone.

        Raises:
            TrainError: the table of patients cannot be read.
        """
        named = {"weights": self.weights} if self.weights else {}
        if self.patient_csv:
            named["patient_csv"] = _file_with_hash(self.patient_csv)
        if self.labels:
            named["labels"] = _file_with_hash(self.labels)
        if self.boxes:
            named["boxes"] = [_with_hash(folder, ["*.txt"]) for folder in self.boxes]
        if self.not_brain:
            named["not_brain"] = _with_hash(self.not_brain, ["**/*"])
        if self.teachers:
            files = [run_folder.MODEL, run_folder.MANIFEST]
            named["teacher"] = [_with_hash(folder, files) for folder in self.teachers]
        if self.fit.start:
            files = [run_folder.MODEL, run_folder.MANIFEST]
            named["warm_start"] = _with_hash(self.fit.start, files)
        if self.pruning:
            files = [run_folder.MODEL, run_folder.MANIFEST]
            named["prune"] = _with_hash(self.pruning.parent.folder, files)
            # Another limit may be given to what was pruned and refused.
            named["prune_max_changed"] = None
        return self.options | named

    @property
    def all_folders(self) -> list[Path]:
        """To train with and to test on."""
        return [*self.folders, *([self.test_folder] if self.test_folder else [])]


@dataclass(frozen=True)
class SessionData:
    """All scans of a session and what must not be parted."""

    found: ScanSet
    classes: Classes
    external: np.ndarray
    """bool [N]: of the test folder."""
    grouping: Grouping
    parts: list[SplitScan]
    boxes: Boxes
    types: np.ndarray | None = None
    """str [N]: of the tumor, "" where there is none or its type is not known; None: types are not
    asked for."""
    seen: Seen | None = None
    """By the run that this one goes on from; None: it starts anew."""

    def samples(self, positions: np.ndarray) -> Samples:
        """The scans at some positions, as a fit takes them."""
        found = self.found
        sources = np.array(source_names(found.scans))
        boxes = self.boxes.column(found.parts)
        return Samples(found.pixels, found.truth, self.grouping.groups, sources, boxes)[positions]


def prepare_data(request: Request) -> SessionData:
    """Read every folder, cluster, and split.

    Raises:
        TrainError: see `train.data.read_folders`, `train.splitting.patients` and
        `train.splitting.split`.
    """
    table = read_labels(request.labels) if request.labels else None
    read = read_folders(
        request.all_folders,
        request.positive,
        request.negative,
        request.fit.input,
        table,
        request.facts,
        request.types,
        request.leave_out,
    )
    for note in [*described(request.facts, request.all_folders), *read.notes]:
        say(note)
    found = read.found
    check(request.facts, found.scans)
    told = patients_of(request.facts, found.scans)
    tests = len(read.sets[-1].scans) if request.test_folder else 0
    external = np.arange(len(found.scans)) >= len(found.scans) - tests
    known, one = None, False
    if request.patient_id:
        known = patients.from_names(request.patient_id, found.scans)
    elif request.patient_csv:
        known = patients.from_csv(request.patient_csv, found.scans)
    else:
        known = completed(told, patients.from_dicom(found.origins, say))
        one = of_one_patient(found.origins) and not any(told)
    grouping = replace(group_scans(found, known), one_patient=one)
    held = {str(folder.resolve()) for folder in request.hold_out}
    held_out = np.array([scan.root in held for scan in found.scans], bool)
    related = source_families.relations(request.facts, found.scans, told)
    family = source_families.guard(related, found.scans, external, held_out)
    folds = request.split_folds or request.folds
    if folds:  # each scan is tested once, and whoever stands with it
        grouping = source_families.joined(grouping, family.whole)
    classes = all_names(read.classes)
    types = _types(found, classes, table, grouping) if request.types else None
    parts = split.split(
        found.scans,
        grouping,
        request.fit.seed,
        folds or split.FOLDS,
        external,
        held_out,
        family.excluded,
        # The run's own model is the first fold's.
        None if folds and not external.any() else family.whole >= 0,
        types,
    )
    seen = None
    if request.fit.start:
        start = read_start(request.fit.start, request.fit.architecture)
        check_labels(start, classes.positive, classes.negative)
        seen = seen_by(start, parts, grouping.groups)
        say(f"goes on from {seen.told}")
        if others := other_input(start, request.fit.input):
            say(f"it was shown scans otherwise: {others}")
        # With a test folder, tests are drawn from the folders of --hold-out alone.
        drawn_from = held_out if request.test_folder else ~external
        whole = np.isin(grouping.groups, grouping.groups[family.whole >= 0])
        parts = without_seen_tests(parts, seen, external, drawn_from, whole)
    if types is not None:
        parts = [replace(part, type=type) for part, type in zip(parts, types, strict=True)]
    if held:
        external = np.array([part.part == "test" for part in parts], bool) | external
    boxes = (
        read_boxes(request.boxes, found.scans)
        if request.boxes
        else boxes_of(request.facts, found.scans)
    )
    return SessionData(found, classes, external, grouping, parts, boxes, types, seen)


def _types(
    found: ScanSet, classes: Classes, table: LabelTable | None, grouping: Grouping
) -> np.ndarray:
    told = types_of(found.scans, classes, table)
    counts = ", ".join(f"{name} {(told == name).sum()}" for name in classes.positive)
    say(f"types of tumor: {counts}; without one: {', '.join(classes.negative)}")
    types, unclear = without_conflicts(told, grouping.clusters)
    if unclear:
        say(f"  {unclear} scans are copies of one picture in several types: their type is unknown")
    check_enough(told, types, grouping.clusters, grouping.groups, classes.positive)
    return types


def describe(data: SessionData) -> None:
    """Say what was found, on standard error."""
    for skipped in data.found.unreadable:
        say(f"skipped {skipped.reason}")
    truth, (negative, positive) = data.found.truth, data.classes.labels
    say(
        f"{len(truth)} scans: {positive} {truth.sum()}, {negative} {(1 - truth).sum()}; "
        f"{len(data.found.unreadable)} unreadable and skipped"
    )
    for problem in data.boxes.problems:
        say(f"box left out: {problem}")
    if data.boxes.of:
        say(f"boxes of {len(data.boxes.of)} scans")
    clusters = len(set(data.grouping.clusters.tolist()))
    say(f"  {clusters} different ones: the rest are copies or near-copies (--inspect shows them)")
    for conflict in data.grouping.conflicts:
        say(f"  left out, as its label cannot be known: {conflict}")
    dropped = [scan for scan in data.parts if scan.part == split.DROPPED]
    leaks = [scan for scan in dropped if not scan.reason.startswith(CONFLICT)]
    for line in source_families.told(leaks):
        say(f"  {line}")
    leaks = [scan for scan in leaks if not scan.reason.startswith(source_families.FAMILY_LEAK)]
    if data.external.any():
        say(f"  {len(leaks)} scans dropped, as they duplicate scans of the test set (split.json)")
    for part, by_label in split.counts(data.parts, data.classes.labels).items():
        say(f"  {part:10}  " + "  ".join(f"{k} {n}" for k, n in by_label.items()))


def _with_hash(folder: Path, patterns: list[str]) -> str:
    """A folder's name with a hash of the files of some patterns in it, their names included."""
    found = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    files = [path for path in found if path.is_file()]
    digest = fingerprint(f"{one.name} {run_folder.sha256_file(one)}" for one in files)
    return f"{folder} (SHA-256 {digest})"


def _file_with_hash(file: Path) -> str:
    try:
        return f"{file} (SHA-256 {run_folder.sha256_file(file)})"
    except OSError as error:
        raise TrainError(f"{file}: cannot be read ({error.strerror})") from error
