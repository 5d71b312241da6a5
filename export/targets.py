"""The table of what can be exported: formats, precisions and how far each may stray from Keras."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One kind of file that `export` can write."""

    format: str
    precision: str
    max_changed_share: float
    """Verdicts on the held-out scans that may differ from Keras, of all; at least one may, unless
    this is 0."""
    max_difference: float
    """Largest difference allowed in the probability of tumor on any held-out scan."""
    golden_tolerance: float
    """What another engine or processor may add to the golden sample's probability."""

    @property
    def calibrated(self) -> bool:
        """Whether it needs representative scans."""
        return self.precision == "int8"

    def filename(self, name: str) -> str:
        """`cnn-int8.tflite`, for example."""
        return f"{name}-{self.precision}.{self.format}"

    def max_changed(self, scans: int) -> int:
        """How many of `scans` verdicts may differ."""
        return max(1, int(scans * self.max_changed_share)) if self.max_changed_share else 0


# fp32 computes the same sums in another order. int8 rounds each activation to one of 256 steps:
# MLPerf's quality floor for a quantized model is 99 % of fp32 (MLPerf Inference rules, 3.1).
TARGETS = tuple(
    Target(format, precision, *limits)
    for format in ("tflite", "onnx")
    for precision, limits in {"fp32": (0.0, 1e-3, 1e-3), "int8": (0.01, 0.15, 0.05)}.items()
)
FORMATS = tuple(dict.fromkeys(target.format for target in TARGETS))
PRECISIONS = tuple(dict.fromkeys(target.precision for target in TARGETS))
