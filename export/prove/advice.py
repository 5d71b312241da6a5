"""What may help a file that does not hold, each as a command that can be given as it stands."""

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from edge.console.messages import counted
from edge.model_file.provenance import Parity, Trial
from export.prove.parity import failures
from export.targets import Target

Again = Callable[[dict[str, str | None]], str]
"""The export's own command, for one file, with some options (long, with their dashes) in place of
those given; None: without that option."""
_INT8_ONLY = dict.fromkeys(("--calibration", "--calibration-scans", "--max-growth"))
"""Refused without int8."""
_MOST_GROWTH = 10  # that the option takes
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
    proofs: Sequence[Parity],
    again: Again,
) -> Iterator[str]:
    """Lines "what it does: command".

    Args:
        methods: how many methods of calibration were tried.
        growth: that layers in float might add to the file, as a share of it.
        used: scans with which int8 was calibrated.
        available: scans that it could have been calibrated with.
        chosen: the int8 file that was best on validation scans.
        proofs: of the file, one an engine.
    """
    own = {"--format": target.format, "--precision": target.precision}
    if target.calibrated:
        if methods == 1:
            command = again(own | {"--calibration": "auto"})
            yield f"Let it try other ranges for the activations: {command}"
        if chosen and not chosen.holds and growth < _MOST_GROWTH:
            command = again(own | {"--max-growth": f"{min(_MOST_GROWTH, growth + 0.5):g}"})
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
    if borne := _bearable(proofs):
        words = " and ".join(words for words, _ in borne.values())
        more = again(own | {option: value for option, (_, value) in borne.items()})
        yield f"Allow {words}, if your use can bear it: {more}"


def _bearable(proofs: Sequence[Parity]) -> dict[str, tuple[str, str]]:
    """Options that would let these proofs hold: what each allows, in words, and its value.

    None where something else fails, such as a heat map, for which there is no option.
    """
    if any(failures(replace(p, max_changed=p.changed, max_allowed_difference=1.0)) for p in proofs):
        return {}
    found = {}
    changed = max((one.changed for one in proofs if one.changed > one.max_changed), default=0)
    if changed:
        found["--max-changed"] = counted(changed, "changed verdict"), str(changed)
    off, what = max(
        (
            (difference, what)
            for one in proofs
            for difference, what in (
                (one.max_difference, "of tumor"),
                (one.types.max_difference if one.types else 0.0, "of a type"),
            )
            if difference > one.max_allowed_difference
        ),
        default=(0.0, ""),
    )
    if off:
        least = f"{math.ceil(off * 1000) / 1000:g}"
        found["--max-difference"] = f"a probability {what} that is off by {least}", least
    return found
