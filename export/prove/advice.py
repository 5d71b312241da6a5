"""What may help a file that does not hold, each as a command that can be given as it stands."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.model_file.provenance import Trial
from export.targets import Target

Again = Callable[[dict[str, str | None]], str]
"""The export's own command, for one file, with some options (long, with their dashes) in place of
those given; None: without that option."""
_INT8_ONLY = dict.fromkeys(("--calibration", "--calibration-scans", "--max-growth"))
"""Refused without int8."""
_MORE_SCANS = 2  # times as many to calibrate with


def command(run: Path, given: dict[str, str]) -> Again:
    """The command that exports a run folder, with the options given (quoted; "": a switch)."""
    start = f"python -m export {shlex.quote(str(run))}"

    def again(changes: dict[str, str | None]) -> str:
        options = (given | changes).items()
        return " ".join([start, *(f"{k} {v}".strip() for k, v in options if v is not None)])

    return again


def advice(
    target: Target,
    methods: int,
    growth: float,
    used: int,
    available: int,
    chosen: Trial | None,
    again: Again,
) -> Iterator[str]:
    """Lines "what it does: command".

    Args:
        methods: how many methods of calibration were tried.
        growth: that layers in float might add to the file, as a share of it.
        used: scans with which int8 was calibrated.
        available: scans that it could have been calibrated with.
        chosen: the int8 file that was best on validation scans.
    """
    own = {"--format": target.format, "--precision": target.precision}
    if target.calibrated:
        if methods == 1:
            command = again(own | {"--calibration": "auto"})
            yield f"Let it try other ranges for the activations: {command}"
        if chosen and not chosen.holds:
            command = again(own | {"--max-growth": f"{min(10, growth + 0.5):g}"})
            yield f"Let more layers stay in float, in a larger file: {command}"
        if used < available:
            command = again(own | {"--calibration-scans": str(min(_MORE_SCANS * used, available))})
            yield f"Calibrate with more scans: {command}"
    other = own | _INT8_ONLY
    if target.precision in ("int8", "dynamic"):
        half = again(other | {"--precision": "fp16"})
        yield f"Keep nearly every number, in a larger file: {half}"
    if target.precision != "fp32":
        whole = again(other | {"--precision": "fp32"})
        yield f"Keep every number, in the largest file: {whole}"
    yield (
        "If your use can bear more, say how much: add --max-changed N (verdicts) or "
        "--max-difference X (in a probability, 0 to 1)."
    )
