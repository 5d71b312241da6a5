"""The least time that a model can take here: the roofline model, layer by layer.

Each layer takes at least its multiply-adds over the machine's peak, and at least its weights over
the bandwidth of reading as many bytes as all weights are (Williams et al. 2009, Roofline, CACM 52).
Layers run one after the other, so the floors add up. Activations are taken to cost nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.hardware.multiply_adds import Layer
from benchmarks.hardware.peaks import Peak

_FAR = 3.0
"""From this many times the floor on, neither limit explains the time."""


@dataclass(frozen=True)
class Floor:
    """How close a row is to what the machine can do."""

    ms: float
    """The least time."""
    compute_share: float
    """Share of `ms`, 0..1, spent in layers that arithmetic limits; weights limit the others."""
    ratio: float
    """Measured median over `ms`."""

    @property
    def bound(self) -> str:
        """What bounds the model, in words; in brackets what sets the floor, where it is far."""
        limit = "arithmetic" if self.compute_share >= 0.5 else "reading weights"
        if self.ratio >= _FAR:
            return f"overhead ({limit})"
        return limit


def floor(layers: Sequence[Layer], precision: str, peak: Peak, measured_ms: float) -> Floor | None:
    """The floor of a model with one number of threads; None if its peak was not measured."""
    speed = peak.macs_per_second(precision)
    if speed is None or not layers:
        return None
    reading = peak.bytes_per_second(sum(layer.weight_bytes for layer in layers))
    total = computing = 0.0
    for layer in layers:
        compute, weights = layer.macs / speed, layer.weight_bytes / reading
        total += max(compute, weights)
        computing += compute if compute >= weights else 0.0
    return Floor(ms=total * 1e3, compute_share=computing / total, ratio=measured_ms / total / 1e3)
