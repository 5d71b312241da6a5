"""What quantizing has in common, whatever the format: calibration methods and errors by channel."""

from collections.abc import Iterable

import numpy as np

METHODS = {
    "min-max": "the whole range seen",
    "percentile": "all but 0.001 % of what was seen",
    "entropy": "the range that loses the least information (Migacz 2017, 8-bit Inference with "
    "TensorRT)",
}
"""How a tensor's range is chosen from what the calibration scans make of it."""
AUTO = "auto"
PERCENTILE = 99.999
BINS, QUANTIZED_BINS = 2048, 128
"""Of the entropy method, as Migacz has them. With ONNX Runtime's own 128 it is min-max."""
DEBUG_SCANS = 4
"""That the errors of layers are measured on; all activations of all of them are in memory."""


def histograms(method: str, extremes: dict[str, tuple[float, float]]):
    """ONNX Runtime's collector of histograms, told at the start how far each tensor reaches.

    It keeps the width of the first scan's bins: one that begins near 0 would get millions of them.
    """
    from onnxruntime.quantization.calibrate import HistogramCollector

    collector = HistogramCollector(method, False, BINS, QUANTIZED_BINS, PERCENTILE, "same")
    collector.collect({name: [np.float32(pair)] for name, pair in extremes.items()})
    return collector


def channel_error(found: Iterable[np.ndarray], wanted: Iterable[np.ndarray]) -> float:
    """What quantizing loses of a tensor: 0 nothing, 1 as much as there is.

    The mean over channels of the root mean squared error, relative to the channel. By tensor, a
    channel of small numbers that is lost altogether would not show.

    Args:
        found, wanted: the tensor of one scan after another, [channels, ...].
    """
    squares = [
        (((f - w) ** 2).reshape(len(w), -1).sum(1), (w**2).reshape(len(w), -1).sum(1))
        for f, w in zip(found, wanted, strict=True)
    ]
    lost, whole = np.sum(squares, axis=0, dtype=np.float64)
    live = whole > 0
    return float(np.sqrt(lost[live] / whole[live]).clip(0, 1).mean()) if live.any() else 0.0
