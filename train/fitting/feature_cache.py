"""What a frozen part makes of scans, computed once, however many epochs and folds want it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from train.array_archive import read_arrays
from train.augmentation.keras_layers import augmented_pixels
from train.hardware.mixed_precision import FLOAT32, in_precision

_BATCH, _STEP = 32, 8


class FeatureCache:
    """Features by the scan's pixels, the frozen weights and the copy.

    Args:
        folder: where they are kept for a resumed run; None: only in memory.
        writes: whether this process writes them there.
    """

    def __init__(self, folder: Path | None = None, writes: bool = True):
        self._folder, self._known = folder if writes else None, {}
        for file in sorted(folder.glob("features-*.npz")) if folder else []:
            try:
                stored = read_arrays(file)
                self._known.update(zip(map(bytes, stored["keys"]), stored["values"], strict=True))
            except (OSError, ValueError, TypeError, KeyError):
                continue  # cut short when power failed: these are computed again

    def __call__(
        self,
        frozen: keras.Model,
        pixels: np.ndarray,
        copies: int,
        seed: int,
        working: Callable[[str, int], Callable] | None = None,
        precision: str = FLOAT32,
    ) -> np.ndarray:
        """The output of `frozen` for scans, and for augmented copies of them.

        Args:
            pixels: uint8 [N, height, width, channels].
            copies: augmented ones of each scan, 0 or more.
            seed: of the augmentation.
            working: `train.progress.counting`, told of the scans to compute.
            precision: one of `train.hardware.mixed_precision.CHOICES` that convolutions compute in.

        Returns:
            float32 [1 + copies, N, ...]; the scans themselves first.
        """
        base = _digest(*frozen.get_weights()) + frozen.layers[-1].name.encode()
        if precision != FLOAT32:
            base += precision.encode()
        rows = [_digest(row) for row in pixels]
        keys = [
            [hashlib.blake2b(base + row + b"%d" % copy, digest_size=16).digest() for row in rows]
            for copy in range(copies + 1)
        ]
        missing = [
            (key, row, copy)
            for copy, of_copy in enumerate(keys)
            for row, key in enumerate(of_copy)
            if key not in self._known
        ]
        missing = list({key: (key, row, copy) for key, row, copy in missing}.values())
        if missing:
            self._compute(in_precision(frozen, precision), pixels, missing, seed, working)
        return np.stack([np.stack([self._known[key] for key in row]) for row in keys])

    def _compute(self, frozen, pixels, missing, seed, working) -> None:
        wanted = [key for key, _, _ in missing]
        # What is drawn depends on what is missing alone: the same in a resumed run.
        seed = int.from_bytes(_digest(b"".join(wanted), b"%d" % seed)[:4], "big") >> 1
        values = []
        with working("scans through the frozen layers", len(missing)) as tick:
            for start in range(0, len(missing), _BATCH):
                part = missing[start : start + _BATCH]
                batch = pixels[[row for _, row, _ in part]]
                copied = np.array([copy > 0 for _, _, copy in part])
                if copied.any():
                    batch[copied] = augmented_pixels(batch[copied], seed + start)
                size = len(batch)
                # Few shapes, as each is compiled: the last batch is filled up to a multiple.
                batch = np.resize(batch, (-(-size // _STEP) * _STEP, *batch.shape[1:]))
                values.append(frozen.predict_on_batch(batch)[:size].astype(np.float32))
                for _ in part:
                    tick()
        computed = np.concatenate(values)
        self._known.update(zip(wanted, computed, strict=True))
        if self._folder:
            file = self._folder / f"features-{len(list(self._folder.glob('features-*'))):04}.npz"
            temporary = file.with_suffix(".tmp")
            keys = np.array([list(key) for key in wanted], np.uint8)
            with open(temporary, "wb") as stream:
                np.savez(stream, keys=keys, values=computed)
            temporary.rename(file)


def _digest(*parts: np.ndarray | bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else np.ascontiguousarray(part))
    return digest.digest()
