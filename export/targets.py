"""The table of what can be exported: formats, precisions and how far each may stray from Keras.

The command line, its help, the documentation and the tests read this table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.console.suggestions import did_you_mean
from export.errors import ExportError
from export.proof_limits import EXACT, HALF, QUANTIZED


@dataclass(frozen=True)
class Target:
    """One kind of file that `export` can write."""

    format: str
    precision: str
    summary: str
    default: bool
    """Written when nothing is chosen."""
    max_changed_share: float
    """Verdicts on the held-out scans that may differ from Keras, of all; at least one may, unless
    this is 0."""
    max_difference: float
    """Largest difference allowed in the probability of tumor on any held-out scan."""
    golden_tolerance: float
    """What another engine or processor may add to the golden sample's probability."""
    max_map_difference: float | None
    """Largest difference allowed in a heat map, as a share of the largest value; None: any. Where
    weights are rounded, units near 0 switch, and a map changes at once; it is reported."""

    @property
    def calibrated(self) -> bool:
        """Whether it needs representative scans."""
        return self.precision == "int8"

    def filename(self, name: str, dynamic: bool = False) -> str:
        """`cnn-int8.tflite`, for example; `cnn-int8-batch.onnx` for batches of any size."""
        return f"{name}-{self.precision}{'-batch' * dynamic}.{self.format}"

    def max_changed(self, scans: int) -> int:
        """How many of `scans` verdicts may differ."""
        return max(1, int(scans * self.max_changed_share)) if self.max_changed_share else 0


TARGETS = (
    Target("tflite", "fp32", "float32: the reference on any board", True, *EXACT),
    Target("tflite", "fp16", "float16 weights: half the size, the speed of fp32", False, *HALF),
    Target("tflite", "dynamic", "int8 weights, float activations", False, *QUANTIZED),
    Target("tflite", "int8", "int8 throughout: smallest and fastest on a Pi", True, *QUANTIZED),
    Target("onnx", "fp32", "float32: the reference for servers and Jetson", True, *EXACT),
    Target("onnx", "fp16", "float16: half the size, for GPUs", False, *HALF),
    Target("onnx", "int8", "int8 (QDQ, per channel)", True, *QUANTIZED),
)
FORMATS = tuple(dict.fromkeys(target.format for target in TARGETS))
PRECISIONS = tuple(dict.fromkeys(target.precision for target in TARGETS))


def select(formats: Sequence[str], precisions: Sequence[str]) -> list[Target]:
    """The targets of the given formats and precisions; empty means any, both empty the defaults.

    Raises:
        ExportError: an unknown name, with the nearest known one; or a combination that does not
            exist, with those that do.
    """
    _known("format", formats, FORMATS)
    _known("precision", precisions, PRECISIONS)
    if not formats and not precisions:
        return [target for target in TARGETS if target.default]
    legal = {(target.format, target.precision): target for target in TARGETS}
    chosen = []
    for format in formats or FORMATS:
        for precision in precisions or PRECISIONS:
            if (format, precision) in legal:
                chosen.append(legal[format, precision])
            elif formats and precisions:
                raise ExportError(
                    f"there is no {precision} for {format}; there is "
                    + ", ".join(f"{f} {p}" for f, p in legal)
                )
    return chosen


def table() -> str:
    """The table in words, for `--help`."""
    return "\n".join(
        f"  {t.format:7} {t.precision:8} {t.summary}{' (default)' * t.default}; "
        f"{t.max_changed_share:.0%} of verdicts may change, a probability by {t.max_difference:g}"
        for t in TARGETS
    )


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ExportError(f"unknown {what} {name!r}{hint} (known: {', '.join(known)})")
