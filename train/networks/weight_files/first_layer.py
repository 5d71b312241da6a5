"""What the first layer expects of pixels: the order of their colours, and their scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_ALIKE = 0.9
"""Mean cosine of the filters below with those of a file. Fine-tuning hardly changes them (0.99 and
more); filters of another training are near 0."""
_TIMES = 3.0
"""A first layer with weights so much larger or smaller expects pixels of another scale."""
_COLOURS = np.array([[0, 0, 0], [200, 0, 0], [0, 150, 0], [0, 0, 100], [90, 90, 90]], float)


@dataclass(frozen=True)
class _Filters:
    """Some filters of Keras' ImageNet weights: the eight that tell red from blue best."""

    which: tuple[int, ...]
    sums: np.ndarray
    """Of each filter over rows and columns, [colours, filters]; in the order that the network is
    given colours in, and at the scale of Keras' `preprocess_input`."""


IMAGENET = {
    "VGG16": _Filters(
        (1, 5, 19, 22, 25, 29, 36, 59),
        np.array(
            [
                [1.367, 2.163, -0.762, 1.556, 1.007, -1.538, 0.631, -2.087],
                [0.382, -1.856, -1.384, -0.148, 1.179, -0.290, 0.417, 1.347],
                [-1.527, -0.583, 1.500, -1.398, -1.493, 1.529, -1.727, 1.169],
            ]
        ),
    ),
    "Xception": _Filters(
        (0, 4, 5, 9, 13, 18, 24, 31),
        np.array(
            [
                [-3.487, -0.911, -4.382, 5.666, -2.794, -0.825, -3.845, -6.284],
                [2.695, -3.300, 4.328, 0.992, 2.728, -3.819, 0.509, 0.486],
                [1.257, 3.777, 0.070, -6.578, 1.626, 4.538, 3.378, 5.744],
            ]
        ),
    ),
}
"""Only of networks whose weights could be had when this was written."""


def filters_expect(kernel: np.ndarray, title: str, folded: bool) -> str | None:
    """What speaks against a first layer: the order or the scale of its colours.

    Args:
        kernel: of the first convolution, [rows, columns, colours, filters].
        folded: whether batch normalization is folded into it, so that its size says nothing.

    Returns:
        A sentence without a subject; None: nothing.
    """
    cosine, turned, times = _compare(kernel, title)
    if max(cosine, turned) < _ALIKE:
        return None
    if turned > cosine:
        return (
            "takes its colours in the other order than Keras' ImageNet weights; turn its first "
            "kernel round: kernel[:, :, ::-1, :]"
        )
    if not folded and not 1 / _TIMES < times < _TIMES:
        return (
            f"has a first layer {times:.3g} times as large as Keras' ImageNet weights: it expects "
            "pixels of another scale; divide its first kernel by that"
        )
    return None


def is_from_imagenet(kernel: np.ndarray, title: str) -> bool | None:
    """Whether a first layer is that of Keras' ImageNet weights, or fine-tuned from it.

    Returns:
        None: it is not known for this network.
    """
    if title not in IMAGENET:
        return None
    cosine, turned, _ = _compare(kernel, title)
    return max(cosine, turned) >= _ALIKE


def _compare(kernel: np.ndarray, title: str) -> tuple[float, float, float]:
    """Cosines with the known filters, as they are and with colours turned; how much larger."""
    known = IMAGENET.get(title)
    if known is None or kernel.shape[2] != 3 or kernel.shape[3] <= max(known.which):
        return 0.0, 0.0, 1.0
    sums = kernel.sum((0, 1))[:, list(known.which)].astype(float)
    return (
        _cosine(sums, known.sums),
        _cosine(sums[::-1], known.sums),
        float(np.linalg.norm(sums) / np.linalg.norm(known.sums)),
    )


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    return float(((one * other).sum(0) / np.maximum(lengths, 1e-12)).mean())


def colours_differ(
    theirs: Callable[[np.ndarray], np.ndarray], ours: Callable[[np.ndarray], np.ndarray]
) -> str | None:
    """How a graph gives pixels to its first layer, if that is not as here.

    Args:
        theirs, ours: from plain colours, 0 to 255, red first, [N, 3], to what reaches the layer.

    Returns:
        In words: "RGB, times 0.00392, where here it is BGR, minus ..."; None: it is the same.
    """
    there, here = theirs(_COLOURS), ours(_COLOURS)
    if there.shape == here.shape and np.abs(there - here).max() <= 1e-2 * np.abs(here).max():
        return None
    return f"{_words(there)}, where here it is {_words(here)}"


def scales_nothing(theirs: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a graph takes pixels as they are, so that any scaling happens before it."""
    there = theirs(_COLOURS)
    return there.shape == _COLOURS.shape and np.allclose(there, _COLOURS)


def _words(answers: np.ndarray) -> str:
    """Which colours a layer is given, by what factor, and plus what."""
    offset = answers[0]
    change = answers[1:4] - offset
    order = change.T.__abs__().argmax(axis=1) if answers.shape[1] == 3 else []
    if sorted(order) != [0, 1, 2]:
        return "a mixture of colours"
    factors = [
        change[colour, place] / _COLOURS[1 + colour, colour] for place, colour in enumerate(order)
    ]
    names = "".join("RGB"[colour] for colour in order)
    return f"{names} times {_numbers(factors)} plus {_numbers(offset)}"


def _numbers(values) -> str:
    values = [float(value) for value in values]
    alike = max(values) - min(values) <= 1e-3 * max(map(abs, values), default=0)
    shown = values[:1] if alike else values
    return ", ".join(f"{value:.4g}" for value in shown)
