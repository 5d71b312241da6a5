"""What an evidence map is trained on: scans drawn by source, changed, seen anew, coded by cell.

A little more than half of the examples show a lesion. Sources give examples of both kinds: the
tumor-free ones with painted or transplanted lesions, those with boxed (or since located) tumors
with the tumor covered by the other side of the head. So where a scan comes from says little.
"""

from dataclasses import dataclass

import numpy as np

from train.augmentation import retouching, synthetic_lesions
from train.augmentation.random_views import varied
from train.data.boxes import Box, mask_of
from train.data.folder_weights import folder_of, folder_weights
from train.data.samples import Samples
from train.networks.cell_labels import BAG, CLEAR, IGNORED, LESION, UNKNOWN, cells_of_mask

SHARES = {
    "tumor": 0.34,
    "painted": 0.12,
    "transplanted": 0.10,
    "clear": 0.28,
    "without": 0.08,
    "harmless": 0.08,
}
"""Of the examples: scans with a tumor as they are; tumor-free ones with a lesion painted in, or
transplanted from a box; tumor-free ones as they are; boxed tumors covered by healthy tissue;
tumor-free ones with healthy tissue pasted in."""
_COVERED, _TOUCHED = 0.5, 0.05  # shares of a cell: above it is lesion, below it is clear
_BOXED, _GRAZED = 0.25, 0.02  # the same of a box, which is larger than its tumor
_SEEN = 0.4  # of a lesion that must still be in view
CONSPICUOUS = 0.035
"""At least, of a lesion put in (`lesions.conspicuity`). Of fainter and smaller ones hardly half
were found by a network trained on them, and one that cannot be seen is a tumor-free scan called one
with a tumor. Hardly any under 5 pixels in radius, of 128, passes."""
_TRIES = 20


@dataclass(frozen=True)
class Example:
    """A scan, where its lesion is, and what that mask means."""

    scan: np.ndarray
    """float32 [H, W], 0..255."""
    mask: np.ndarray
    """float32 [H, W], 0..1."""
    known: str
    """"clear", "mask", "box" or "label"."""
    origin: int
    """Position of the unchanged scan it is, or -1."""


class Examples:
    """Batches of examples from training scans, by the seed, the epoch and the batch's number alone.

    Args:
        samples: of one colour channel. Folders are drawn by the root of their number of scans
            (`folder_weights`), in them the subfolders by that of their number of groups, in these
            the groups equally often, however many copies.
        cells: rows and columns of the evidence map.
        size: examples of a batch.
    """

    def __init__(self, samples: Samples, cells: tuple[int, int], seed: int, size: int):
        count, truth = len(samples), samples.truth
        self._pixels, self._cells = samples.pixels[..., 0], cells
        self._boxes = [()] * count if samples.boxes is None else samples.boxes
        self._seed, self._size = seed, size
        boxed = np.array([bool(own) for own in self._boxes], bool)

        def by_source(chosen: np.ndarray) -> _BySource:
            return _BySource(np.flatnonzero(chosen), samples)

        self._tumor, self._clear = by_source(truth == 1), by_source(truth == 0)
        self._boxed = by_source(boxed & (truth == 1))
        shares = dict(SHARES)
        if not self._boxed:
            shares["painted"] += shares.pop("transplanted")
            shares["harmless"] += shares.pop("without")
        self._kinds = list(shares)
        self._shares = np.array(list(shares.values())) / sum(shares.values())

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels uint8 [size, H, W, 1], codes uint8 [size, rows, cols], origins int64 [size].

        Args:
            epoch, index: which batch of which epoch, both counted from 0.
        """
        self._random = np.random.default_rng((self._seed, epoch, index))
        seen = [self._one() for _ in range(self._size)]
        pixels, codes, origins = (np.stack(values) for values in zip(*seen, strict=True))
        return pixels[..., None], codes, origins

    def _one(self) -> tuple[np.ndarray, np.ndarray, int]:
        """A view of an example, what is known of its cells, and which scan it is (-1: changed)."""
        example = self._draw()
        for _ in range(_TRIES):
            view, mask = varied(example.scan, example.mask, self._random)
            if mask.sum() >= _SEEN * example.mask.sum():
                break
        return view, codes(mask, example.known, self._cells), example.origin

    def _draw(self) -> Example:
        kind = str(self._random.choice(self._kinds, p=self._shares))
        if kind in ("tumor", "clear"):
            i = (self._tumor if kind == "tumor" else self._clear).draw(self._random)
            if kind == "clear":
                return Example(self._scan(i), self._nothing(), "clear", i)
            if self._boxes[i]:
                return Example(self._scan(i), mask_of(self._boxes[i], self._shape), "box", i)
            return Example(self._scan(i), self._nothing(), "label", i)
        return self._changed(kind)

    def _changed(self, kind: str) -> Example:
        for _ in range(_TRIES):
            if kind == "without":
                i = self._boxed.draw(self._random)
                boxes = [self._pixel_box(box) for box in self._boxes[i]]
                scan = retouching.without_lesion(self._scan(i), boxes, self._random)
                if scan is not None:
                    return Example(scan, self._nothing(), "clear", -1)
                continue
            scan = self._scan(self._clear.draw(self._random))
            if kind == "harmless":
                break
            if kind == "painted":
                made = synthetic_lesions.paint_lesion(scan, self._random)
            else:
                i = self._boxed.draw(self._random)
                box = self._boxes[i][int(self._random.integers(len(self._boxes[i])))]
                made = synthetic_lesions.transplant(
                    scan, self._scan(i), self._pixel_box(box), self._random
                )
            if made is None or made[1].max() <= 0.5:
                continue
            if synthetic_lesions.conspicuity(scan, *made) >= CONSPICUOUS:
                return Example(*made, "mask", -1)
        else:  # scans with no room for a lesion, or none whose other side could stand in
            scan = self._scan(self._clear.draw(self._random))
        return Example(retouching.harmless(scan, self._random), self._nothing(), "clear", -1)

    @property
    def _shape(self) -> tuple[int, int]:
        return self._pixels.shape[1:]

    def _scan(self, i: int) -> np.ndarray:
        return self._pixels[i].astype(np.float32)

    def _nothing(self) -> np.ndarray:
        return np.zeros(self._shape, np.float32)

    def _pixel_box(self, box: Box) -> tuple[float, float, float, float]:
        height, width = self._shape
        return box.left * width, box.top * height, box.right * width, box.bottom * height


def codes(mask: np.ndarray, known: str, cells: tuple[int, int]) -> np.ndarray:
    """What a mask tells of each cell: uint8 [rows, cols], as `train.networks.cell_labels` names it.

    Args:
        mask: float32 [H, W], 0..1, as the view shows it.
        known: as `Example.known`.
    """
    if known == "label":
        return np.full(cells, UNKNOWN, np.uint8)
    share = cells_of_mask(mask, *cells)
    most, least = (_BOXED, _GRAZED) if known == "box" else (_COVERED, _TOUCHED)
    found = np.where(share > least, IGNORED, CLEAR)
    # A lesion smaller than a cell lies in the cell of which it covers most.
    most = min(most, 0.7 * float(share.max()))
    if most > 0:
        found[share >= most] = BAG if known == "box" else LESION
    return found.astype(np.uint8)


class _BySource:
    """Draws positions: folders as they weigh, in them each duplicate group as often as another."""

    def __init__(self, positions: np.ndarray, samples: Samples):
        tree: dict[str, dict[str, dict[int, list[int]]]] = {}
        for i in positions.tolist():
            source = "" if samples.sources is None else str(samples.sources[i])
            groups_of = tree.setdefault(folder_of(source), {}).setdefault(source, {})
            groups_of.setdefault(int(samples.groups[i]), []).append(i)
        self._folders, counts = [], []
        for parts in tree.values():
            lists = [list(members.values()) for members in parts.values()]
            weights = np.sqrt([len(own) for own in lists])
            self._folders.append((lists, np.cumsum(weights / weights.sum())))
            counts.append(sum(len(members) for own in lists for members in own))
        self._heights = np.cumsum(folder_weights(counts))

    def __bool__(self) -> bool:
        return bool(self._folders)

    def draw(self, random: np.random.Generator) -> int:
        lists, heights = _pick(self._folders, self._heights, random)
        own = _pick(lists, heights, random)
        members = own[int(random.integers(len(own)))]
        return members[int(random.integers(len(members)))]


def _pick(values: list, heights: np.ndarray, random: np.random.Generator):
    """One of them; `heights` are their probabilities, summed up."""
    return values[min(int(np.searchsorted(heights, random.random())), len(values) - 1)]
