"""What a file says of scans that were changed, and of what is no brain, for `model_card.py`."""

from collections import defaultdict
from functools import cache, partial
from pathlib import Path

import numpy as np
from model_card_sets import Scans, without_brain
from PIL import Image
from reference_markdown import table

from edge import Classifier
from edge.scan.ood_gate import likeness
from edge.scan.read_input import read_pixels
from train.data.scans import Scan
from train.evaluation.metrics import Proportion
from train.gate.outliers import KINDS, outlier
from train.phantom.make import make_phantom

PHANTOMS = range(2**60 + 1000, 2**60 + 1100)
"""Seeds of the phantoms that are classified, with a lesion and without: of no training set."""
WORDS = ("tumor", "uncertain", "rejected", "no_tumor")
"""Verdicts, in the order of the tables' columns."""
_OUTLIERS = 40  # of each generated kind


def _beside(scan: np.ndarray) -> np.ndarray:
    """White bars of a seventh of the width at both sides."""
    bar = np.full((scan.shape[0], scan.shape[1] // 7), 255, np.uint8)
    return np.hstack([bar, scan, bar])


def _far(scan: np.ndarray) -> np.ndarray:
    """As much black on each side as half of the picture."""
    return np.pad(scan, [(side // 2, side // 2) for side in scan.shape])


def _middle(scan: np.ndarray, cut: float = 0.1) -> np.ndarray:
    rows, columns = (max(1, int(cut * side)) for side in scan.shape)
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
    "mirrored": np.fliplr,
    "on a side": np.rot90,
    "in grey": lambda picture: picture,
    "a tenth cut off": _middle,
    "behind a black oval": _oval,
    "on a white page": _page,
}
"""How a picture that is no brain, uint8 [height, width], is shown besides in its colours."""


ON_THE_WAY = {
    "as is": lambda picture: picture,
    "mirrored": np.fliplr,
    "a tenth cut": _middle,
    "0.15 cut": partial(_middle, cut=0.15),
    "white made black": lambda picture: np.where(picture > 200, 0, picture),
}
"""What may happen to slices without a brain and to computed tomography, uint8 [height, width]. Cut
is each side; the last, of what is over 200, takes the skull from the latter."""


def changed(classifier: Classifier, sets: dict[str, Scans]) -> str:
    """Verdicts on whole test sets, their scans changed in turn: a table a set and class."""
    blocks = []
    for name, own in sets.items():
        if ", " in name:
            continue  # a sequence's
        grey = [(np.asarray(classifier.decode(scan.file).convert("L")), scan) for scan, _ in own]
        for positive, words in ((True, "**with a tumor**"), (False, "**without**")):
            some = [pixels for pixels, scan in grey if bool(scan.positive) == positive]
            rows = [
                [change, *_counts(classifier, map(function, some))]
                for change, function in CHANGES.items()
            ]
            blocks.append(f"The {len(some)} scans {words} of `{name}`:")
            blocks.append(table(["changed", *_words()], rows))
    return "\n\n".join(blocks)


def false_alarms(classifier: Classifier, run) -> str:
    """Verdicts on the tumor-free scans of the validation part, by source."""
    verdicts: dict[str, list[str]] = defaultdict(list)
    for one in run.split:
        if one.part == "validation" and not one.positive:
            found = classifier.classify(Path(one.root, one.path)).verdict
            scan = Scan(one.root, one.path, one.positive, one.sha256)
            verdicts[scan.source].append(found)
    rows = [
        [f"{source} ({len(own)})", *(_brief(own, v) for v in ("tumor", "uncertain", "rejected"))]
        for source, own in sorted(verdicts.items())
    ]
    return table(["source", "called tumor", "uncertain", "refused"], rows)


def slices_without_brain(classifier: Classifier, run) -> str:
    """Verdicts on the slices that show no brain, by part."""
    named, rows_of_parts, cleared = without_brain(run), [], []
    for part in ("train", "validation", "test"):
        files = [Path(one.root, one.path) for one in named if one.part == part]
        own = [classifier.classify(one).verdict for one in files]
        cleared += [one.name for one, v in zip(files, own, strict=True) if v == "no_tumor"]
        rows_of_parts.append([f"{part}: {len(own)}", *(str(own.count(v)) for v in WORDS)])
    said = f"Called free of a tumor: {', '.join(f'`{one}`' for one in cleared) or 'none'}."
    by_folder = defaultdict(list)
    for one in named:
        grey = classifier.decode(Path(one.root, one.path)).convert("L")
        by_folder[Path(one.root).name].append(np.asarray(grey))
    rows = [
        [f"{folder}: {len(own)}", *(_told(classifier, map(fn, own)) for fn in ON_THE_WAY.values())]
        for folder, own in sorted(by_folder.items())
    ]
    turned = table(["folder", *ON_THE_WAY], rows)
    return (
        f"{table(['slices', *_words()], rows_of_parts)}\n\n{said}\n\nThe same in grey, by folder, "
        "with files that were dropped as copies: how many are refused, and how many called free of "
        f"a tumor. Cut is each side.\n\n{turned}"
    )


def phantoms(classifier: Classifier) -> str:
    """Verdicts on generated heads."""
    rows = []
    for lesion in (True, False):
        made = (make_phantom(seed, lesion, size=256).pixels for seed in PHANTOMS)
        rows.append([f"{'with' if lesion else 'without'} a lesion", *_counts(classifier, made)])
    return table(["phantoms", *_words()], rows)


def no_brain_pictures(classifier: Classifier, folder: Path) -> str:
    """How many real pictures that are no brain MRI are refused, as they are and shown otherwise."""
    rows = []
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(kind.iterdir())
        rows.append(_refusals(kind.name, [classifier.classify(path).verdict for path in pictures]))
        grey = [np.asarray(classifier.decode(path).convert("L")) for path in pictures]
        for around, shown in AROUND.items():
            own = [classifier.classify(shown(one)).verdict for one in grey]
            rows.append(_refusals(f"{kind.name}, {around}", own))
    return table(["no brain MRI", "refused", "called no tumor"], rows)


def generated_pictures(classifier: Classifier, run) -> str:
    """The same of the generated kinds that the gate was fitted on."""
    spec, gate = classifier.manifest.input, classifier.manifest.reject
    named = {(one.root, one.path) for one in without_brain(run)}
    scanned = [scan for scan in run.split if scan.part == "validation"]
    some = [one for one in scanned if (one.root, one.path) not in named][::20]
    scans = [read_pixels(Path(one.root, one.path), spec)[..., 0] for one in some]
    rng = np.random.default_rng(2**20)
    rows = []
    for kind in KINDS:
        pictures = [outlier(kind, rng, np.stack(scans)) for _ in range(_OUTLIERS)]
        rows.append(_refusals(kind, [classifier.classify(one).verdict for one in pictures]))
    found = table(["generated", "refused", "called no tumor"], rows)
    if not gate.learned:
        return found
    tensors = [scan[..., None] for scan in scans]
    if gate.learned.in_graph:
        values = [classifier.judge(one).likeness for one in tensors]
    else:
        values = [likeness(one, gate.learned) for one in tensors]
    return (
        f"{found}\n\nLikeness of {len(values)} validation scans: at least {min(values):.1f}; the "
        f"limit is {gate.learned.least}."
    )


def _words() -> list[str]:
    return [word.replace("_", " ") for word in WORDS]


def _counts(classifier: Classifier, pictures) -> list[str]:
    own = [classifier.classify(np.ascontiguousarray(one)).verdict for one in pictures]
    return [str(own.count(word)) for word in WORDS]


def _told(classifier: Classifier, pictures) -> str:
    own = [classifier.classify(np.ascontiguousarray(one)).verdict for one in pictures]
    return f"{own.count('rejected')}, {own.count('no_tumor')}"


def _share(verdicts: list[str], word: str) -> str:
    return str(Proportion(verdicts.count(word), len(verdicts)))


def _brief(verdicts: list[str], word: str) -> str:
    """The same, narrower: of how many stands elsewhere."""
    found = Proportion(verdicts.count(word), len(verdicts))
    low, high = found.interval
    return f"{found.hits}: {found.value:.1%} [{100 * low:.1f}-{100 * high:.1f}]"


def _refusals(name: str, verdicts: list[str]) -> list[str]:
    return [name, _share(verdicts, "rejected"), _share(verdicts, "no_tumor")]
