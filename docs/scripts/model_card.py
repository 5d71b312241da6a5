"""Measure exported models as docs/model-card.md reports them; prints Markdown.

    python docs/scripts/model_card.py runs/compact edge/models/compact-int8.tflite ... \
        --boxes ../shared/data/br35h/boxes ../shared/data/lgg/boxes \
        --not-brain ../shared/data/not_brain_mri

The test scans are those of the run's split.json (`model_card_sets.py`), judged by the device's own
code.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from model_card_sets import Judged, foreign, judge, of_run, without_brain
from PIL import Image

from edge import NOTICE, Classifier
from edge.scan.ood_gate import likeness
from edge.scan.read_input import read_pixels
from train.data.boxes import Boxes, read_boxes
from train.data.scans import Scan
from train.evaluation.evaluate import Evaluation, Predictions, evaluate
from train.evaluation.metrics import Proportion
from train.gate.outliers import KINDS, outlier
from train.phantom.make import make_phantom
from train.run.run_folder import read_run

SPECIFICITY = 0.90
"""At which the sensitivity is read off, as the goal has it."""
PHANTOMS = range(2**60 + 1000, 2**60 + 1100)
"""Seeds of the phantoms that are classified, with a lesion and without: of no training set."""
SIZES = (0.0, 0.08, 0.12, 0.2, np.inf)
"""Of a box, the root of its area over the picture's: between these, tumors are counted."""
COSTLIEST = 8
"""Scans of a set that are named."""
_OUTLIERS = 40  # of each generated kind


def _beside(scan: np.ndarray) -> np.ndarray:
    """White bars of a seventh of the width at both sides."""
    bar = np.full((scan.shape[0], scan.shape[1] // 7), 255, np.uint8)
    return np.hstack([bar, scan, bar])


def _far(scan: np.ndarray) -> np.ndarray:
    """As much black on each side as half of the picture."""
    return np.pad(scan, [(side // 2, side // 2) for side in scan.shape])


def _middle(scan: np.ndarray) -> np.ndarray:
    rows, columns = (max(1, side // 10) for side in scan.shape)
    return scan[rows:-rows, columns:-columns]


def _lost(scan: np.ndarray) -> np.ndarray:
    """Too far away for a head to be found: 200 pixels in the middle of seven times the width."""
    small = Image.fromarray(scan)
    small.thumbnail((200, 200))
    return np.pad(np.asarray(small), [(3 * side, 3 * side) for side in small.size[::-1]])


@cache
def _large() -> np.ndarray:
    return make_phantom(PHANTOMS[0], lesion=False, size=512).pixels


def _panel(scan: np.ndarray) -> np.ndarray:
    """Beside another picture three times as high, a phantom without a lesion."""
    large = _large()
    height = large.shape[0] // 3
    width = max(1, round(scan.shape[1] * height / scan.shape[0]))
    small = np.asarray(Image.fromarray(scan).resize((width, height)))
    gap = np.zeros((large.shape[0], 20), np.uint8)
    return np.hstack([large, gap, np.pad(small, [(0, large.shape[0] - height), (0, 0)])])


CHANGES = {
    "as they are": lambda scan: scan,
    "half as bright": lambda scan: scan // 2,
    "twice as bright, clipped": lambda scan: np.minimum(scan, 127) * 2,
    "four times as bright, clipped": lambda scan: np.minimum(scan, 63) * 4,
    "white bars at the sides": _beside,
    "a tenth cut off at each side": _middle,
    "in a field of view twice as wide": _far,
    "in one seven times as wide": _lost,
    "beside a larger phantom": _panel,
    "turned by 90 degrees": np.rot90,
    "upside down": np.flipud,
    "black and white exchanged": lambda scan: 255 - scan,
}
"""What may have happened to a scan, uint8 [height, width], on its way."""


def _oval(picture: np.ndarray) -> np.ndarray:
    y, x = (np.linspace(-1, 1, side) for side in picture.shape)
    return picture * (np.hypot(y[:, None] / 0.9, x / 0.75) < 1)


def _page(picture: np.ndarray) -> np.ndarray:
    return np.pad(picture, [(side // 2, side // 2) for side in picture.shape], constant_values=255)


AROUND = {
    "in grey": lambda picture: picture,
    "behind a black oval": _oval,
    "on a white page": _page,
}
"""How a picture that is no brain, uint8 [height, width], is shown besides in its colours."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--boxes", type=Path, nargs="*", default=[])
    parser.add_argument("--foreign", type=Path, nargs="*", default=[], help="yes/ and no/")
    parser.add_argument("--not-brain", type=Path)
    args = parser.parse_args()
    run = read_run(args.run)
    print(NOTICE)
    sets = of_run(run)
    for folder in args.foreign:
        if str(folder.resolve()) in {one.root for one in run.split}:
            parser.error(f"--foreign {folder}: is part of the run's data")
        sets.update(foreign(folder))
    scans = list({scan.file: scan for own in sets.values() for scan, _ in own}.values())
    boxes = read_boxes(args.boxes, scans) if args.boxes else Boxes({}, ())
    by_file = {scans[i].file: found for i, found in boxes.of.items()}
    for model in args.models:
        classifier = Classifier(model)
        print(f"\n### {Path(model).name} ({Path(model).stat().st_size / 1000:.0f} kB)\n")
        print(
            "| scans | different | AUC | sensitivity | specificity | "
            f"sensitivity at specificity {SPECIFICITY:.2f} | ECE | given a verdict | "
            "wrong of those | refused | peak in box |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        judged = {name: judge(classifier, own, by_file) for name, own in sets.items()}
        for name, own in judged.items():
            print(_row(name, classifier, own))
        if by_file:
            _sizes(classifier, judged)
        _costliest(judged)
        _changed(classifier, sets)
        _alarms(classifier, run)
        _brainless(classifier, run)
        _phantoms(classifier)
        if args.not_brain:
            _refused(classifier, args.not_brain, run)


def _row(name: str, classifier: Classifier, judged: Judged) -> str:
    """A source's row; what the gate refuses or will not clear is given no verdict."""
    decision, truth, probability = classifier.manifest.decision, judged.truth, judged.probability
    predictions = Predictions.of(decision, truth, probability, judged.groups)
    withheld = judged.refused | (judged.doubted & ~predictions.called)
    found = evaluate(replace(predictions, uncertain=predictions.uncertain | withheld))
    clear = probability[truth == 0]
    limit = np.quantile(clear, SPECIFICITY, method="higher") if len(clear) else 1.0
    reached = Proportion(int((probability[truth == 1] > limit).sum()), int((truth == 1).sum()))
    boxed = (truth == 1) & (probability >= decision.threshold) & ~np.isnan(judged.size)
    pointing = ""
    if boxed.any() and classifier.manifest.heat_map.method:
        pointing = str(Proportion(int(judged.pointed[boxed].sum()), int(boxed.sum())))
    return (
        f"| {name}: {truth.sum()} with, {(1 - truth).sum()} without | {found.groups} | "
        f"{_estimate(found, 'auc')} | {_estimate(found, 'sensitivity')} | "
        f"{_estimate(found, 'specificity')} | {reached} | {_estimate(found, 'ece')} | "
        f"{found.covered} | {found.remaining_error} | "
        f"{Proportion(int(judged.refused.sum()), len(truth))} | {pointing} |"
    )


def _sizes(classifier: Classifier, judged: dict[str, Judged]) -> None:
    """How many of the tumors with a box get a probability above the threshold, by its size."""
    names = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(SIZES[:-1])]
    names.append(f"{SIZES[-2]:.2f} and more")
    print(f"\n| found, by size of the box | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for name, own in judged.items():
        if np.isnan(own.size).all():
            continue
        found = own.probability >= classifier.manifest.decision.threshold
        cells = []
        for low, high in pairwise(SIZES):
            some = (own.truth == 1) & (own.size >= low) & (own.size < high)
            cells.append(str(Proportion(int(found[some].sum()), int(some.sum()))))
        print(f"| {name} | {' | '.join(cells)} |")


def _costliest(judged: dict[str, Judged]) -> None:
    """The scans by which most of what an AUC lacks to 1 is lost; a pair counts for both of its."""
    print(
        "\n| set | AUC lost | scan | tumor | probability | of the loss |\n|---|---|---|---|---|---|"
    )
    for name, own in judged.items():
        tumors, clear = np.flatnonzero(own.truth == 1), np.flatnonzero(own.truth == 0)
        if ", " in name or not (len(tumors) and len(clear)):
            continue  # a sequence's
        pairs = own.probability[tumors][:, None] - own.probability[clear]
        lost = (pairs < 0) + 0.5 * (pairs == 0)
        by_scan = [(lost[i].sum(), one) for i, one in enumerate(tumors)]
        by_scan += [(lost[:, i].sum(), one) for i, one in enumerate(clear)]
        by_scan.sort(key=lambda pair: (-pair[0], pair[1]))
        for pairs_lost, one in by_scan[:COSTLIEST]:
            if not pairs_lost:
                break
            scan, share = own.scans[one], pairs_lost / lost.sum()
            tumor = "yes" if scan.positive else "no"
            print(
                f"| {name} | {lost.mean():.3f} | `{scan.path}` | {tumor} | "
                f"{own.probability[one]:.2f} | {share:.0%} |"
            )


def _estimate(found: Evaluation, name: str) -> str:
    one = found.estimates[name]
    return f"{one.value:.3f} [{one.low:.3f}-{one.high:.3f}]"


def _changed(classifier: Classifier, sets) -> None:
    """Verdicts on whole test folders, their scans changed in turn."""
    words = ("tumor", "uncertain", "rejected", "no_tumor")
    columns = " | ".join(f"{one}: {word}" for one in ("with", "without") for word in words)
    print(f"\n| changed scans | {columns} |")
    print("|---" * 9 + "|")
    for name, own in sets.items():
        if ", " in name:
            continue  # a sequence's
        decoded = [(np.asarray(classifier.decode(scan.file).convert("L")), scan) for scan, _ in own]
        for change, function in CHANGES.items():
            counts = dict.fromkeys(((a, w) for a in (True, False) for w in words), 0)
            for pixels, scan in decoded:
                verdict = classifier.classify(np.ascontiguousarray(function(pixels))).verdict
                counts[bool(scan.positive), verdict] += 1
            print(f"| {name}, {change} | {' | '.join(map(str, counts.values()))} |")


def _alarms(classifier: Classifier, run) -> None:
    """Verdicts on the tumor-free scans of the validation part, by source."""
    print("\n| tumor-free validation scans of | called tumor | uncertain | refused |")
    print("|---|---|---|---|")
    verdicts: dict[str, list[str]] = defaultdict(list)
    for one in run.split:
        if one.part == "validation" and not one.positive:
            found = classifier.classify(Path(one.root, one.path)).verdict
            scan = Scan(one.root, one.path, one.positive, one.sha256)
            verdicts[scan.source].append(found)
    for source, own in sorted(verdicts.items()):
        shares = (Proportion(own.count(v), len(own)) for v in ("tumor", "uncertain", "rejected"))
        print(f"| {source} | {' | '.join(map(str, shares))} |")


def _brainless(classifier: Classifier, run) -> None:
    """Verdicts on the slices that show no brain, by part."""
    named = without_brain(run)
    if not named:
        return
    print("\n| slices without a brain | rejected | uncertain | tumor | no tumor |")
    print("|---|---|---|---|---|")
    cleared = []
    for part in ("train", "validation", "test"):
        files = [Path(one.root, one.path) for one in named if one.part == part]
        own = [classifier.classify(one).verdict for one in files]
        cleared += [one.name for one, v in zip(files, own, strict=True) if v == "no_tumor"]
        counts = [own.count(v) for v in ("rejected", "uncertain", "tumor", "no_tumor")]
        print(f"| {part}: {len(own)} | {' | '.join(map(str, counts))} |")
    print(f"\nCalled free of a tumor: {', '.join(cleared) or 'none'}.")


def _phantoms(classifier: Classifier) -> None:
    print("\n| phantoms | tumor | uncertain | rejected | no tumor |\n|---|---|---|---|---|")
    for lesion in (True, False):
        made = (make_phantom(seed, lesion, size=256).pixels for seed in PHANTOMS)
        own = [classifier.classify(pixels).verdict for pixels in made]
        counts = [own.count(v) for v in ("tumor", "uncertain", "rejected", "no_tumor")]
        print(f"| {'with' if lesion else 'without'} a lesion | {' | '.join(map(str, counts))} |")


def _refused(classifier: Classifier, folder: Path, run) -> None:
    """How many pictures that are no brain are refused: real ones, and generated kinds."""
    gate = classifier.manifest.reject
    print("\n| no brain MRI | refused | called no tumor |\n|---|---|---|")
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(kind.iterdir())
        _refusals(kind.name, [classifier.classify(path).verdict for path in pictures])
        grey = [np.asarray(classifier.decode(path).convert("L")) for path in pictures]
        for around, shown in AROUND.items():
            own = [classifier.classify(shown(one)).verdict for one in grey]
            _refusals(f"{kind.name}, {around}", own)
    spec = classifier.manifest.input
    scanned = [scan for scan in run.split if scan.part == "validation"]
    named = {(one.root, one.path) for one in without_brain(run)}
    scanned = [one for one in scanned if (one.root, one.path) not in named]
    some = scanned[::20]
    scans = [read_pixels(Path(one.root, one.path), spec)[..., 0] for one in some]
    rng = np.random.default_rng(2**20)
    for kind in KINDS:
        pictures = [outlier(kind, rng, np.stack(scans)) for _ in range(_OUTLIERS)]
        _refusals(f"{kind} (generated)", [classifier.classify(one).verdict for one in pictures])
    if gate.learned:
        values = [likeness(scan[..., None], gate.learned) for scan in scans]
        print(f"\nLikeness of {len(values)} validation scans: at least {min(values):.1f}; "
              f"the limit is {gate.learned.least}.")  # fmt: skip


def _refusals(name: str, verdicts: list[str]) -> None:
    refused, clear = (
        Proportion(verdicts.count(v), len(verdicts)) for v in ("rejected", "no_tumor")
    )
    print(f"| {name} | {refused} | {clear} |")


if __name__ == "__main__":
    main()
