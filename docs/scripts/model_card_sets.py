"""The test scans of a run by set, and what an exported file says of them, for `model_card.py`.

Of each data folder and duplicate cluster the first scan is taken, so a copy counts once; of a known
patient all.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge import Classifier
from edge.saliency.heat_map import heat_map
from edge.scan.ood_gate import apply_gate, with_likeness
from edge.scan.read_input import read_input
from train.data.apply_source_facts import no_brain_of, patients_of
from train.data.class_folders import find_classes, find_files
from train.data.scans import Scan, SplitScan
from train.errors import NoPatientsError
from train.source_facts.find import find_facts, without_replaced
from train.source_facts.schema import SourceFacts
from train.splitting.patients import from_csv, from_names

SHORT = {"brain_tumor_dataset": "the 253"}
"""What tables call a folder whose name is long."""
Scans = list[tuple[Scan, int]]
"""Scans, each with its duplicate cluster or patient."""


def of_run(run) -> dict[str, Scans]:
    """The test scans by data folder and sequence, with their clusters or patients."""
    sets: dict[str, Scans] = defaultdict(list)
    tests, options = [one for one in run.split if one.part == "test"], run.manifest.options
    known = [None] * len(tests)
    try:
        if options.get("patient_id"):
            known = from_names(options["patient_id"], tests)
        elif options.get("patient_csv"):
            known = from_csv(Path(options["patient_csv"]), tests)
        else:
            known = patients_of(facts_of(run, tests), tests)
    except NoPatientsError:
        pass  # of the test scans no patient is known
    seen = set()
    for one, patient in zip(tests, known, strict=True):
        path, folder = Path(one.path), Path(one.root).name
        if patient is None and (folder, one.group) in seen:
            continue
        seen.add((folder, one.group))
        for name in _names(folder, path):
            sets[name].append((Scan(one.root, one.path, one.positive, one.sha256), one.group))
    return dict(sorted(sets.items()))


def facts_of(run, scans: list[SplitScan]) -> dict[str, SourceFacts]:
    """What was said of the folders that some of a run's scans lie in, where options did not."""
    options = run.manifest.options
    folders = [Path(root) for root in dict.fromkeys(one.root for one in scans)]
    sources = options.get("sources")
    return without_replaced(find_facts(folders, Path(sources) if sources else None), options)


def without_brain(run) -> list[SplitScan]:
    """The scans of a run that --no-brain names, or the facts of its folders."""
    if pattern := run.manifest.options.get("no_brain"):
        return [one for one in run.split if re.search(pattern, str(Path(one.root, one.path)))]
    named = no_brain_of(facts_of(run, run.split), run.split)
    return [one for one, is_named in zip(run.split, named, strict=True) if is_named]


def _names(folder: str, path: Path) -> list[str]:
    """The folder, and in it the sequence, which stands before "-axi" in some names."""
    folder = SHORT.get(folder, folder)
    before, found, _ = path.name.partition("-axi")
    return [f"{folder}, all", f"{folder}, {before.rsplit('_', 1)[-1]}"] if found else [folder]


def foreign(folder: Path) -> dict[str, Scans]:
    """A folder that was not trained on; patients by the first twelve letters of the names."""
    found: dict[str, Scans] = defaultdict(list)
    patients: dict[str, int] = {}
    root = str(folder.resolve())
    for path, positive in find_files(folder, find_classes(folder, [], [])):
        scan = Scan(root, path.relative_to(folder).as_posix(), positive, "")
        patient = patients.setdefault(path.name[:12], len(patients))
        for name in _names(f"{folder.name} (never trained on)", path):
            found[name].append((scan, patient))
    return dict(sorted(found.items()))


@dataclass(frozen=True, eq=False)
class Judged:
    """What a file says of the scans of one set, in their order."""

    scans: list[Scan]
    truth: np.ndarray
    probability: np.ndarray
    groups: np.ndarray
    refused: np.ndarray
    doubted: np.ndarray
    """bool [N]: the gate would not have them cleared."""
    pointed: np.ndarray
    """bool [N]: the peak lies in a box."""
    size: np.ndarray
    """Of the largest box, its area's root over the picture's; NaN without one. float [N]."""


def judge(classifier: Classifier, own: Scans, boxes) -> Judged:
    """What a file says of a set; of scans with a box in `boxes` by file, also where it points."""
    columns = [[] for _ in range(7)]
    for scan, group in own:
        (image, _, _, scale), seen, _ = read_input(scan.file, classifier.manifest.input)
        gate = apply_gate(image, seen, classifier.manifest.reject, scale)
        answer = classifier.judge(seen.pixels)
        gate = with_likeness(gate, answer.likeness, classifier.manifest.reject.learned)
        tumor_boxes, pointed = boxes.get(scan.file, ()), False
        if tumor_boxes and classifier.manifest.heat_map.method:
            place = heat_map(classifier, image, seen).place
            pointed = any(box.contains(*place) for box in tumor_boxes)
        areas = [(box.right - box.left) * (box.bottom - box.top) for box in tumor_boxes]
        values = (
            int(scan.positive),
            answer.probability,
            group,
            gate.refused is not None,
            gate.doubt is not None,
            pointed,
            max(areas, default=np.nan) ** 0.5,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return Judged([scan for scan, _ in own], *map(np.array, columns))
