"""Going on with an interrupted session: only with the same options, data and software."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import keras

from edge.model_file import bounded_json
from edge.model_file.manifest import InputSpec
from train.data.scans import SplitScan
from train.errors import TrainError

REQUEST = "request.json"
_SHOWN = 3
_TABLE = "--patient-csv"
_LATER = ("--max-cleared", "--max-alarms")
"""Options that choose the band once all fits are done: of what is kept nothing depends on them."""


def check_or_record(
    kept: Path, options: dict, spec: InputSpec, scans: Sequence[SplitScan], writes: bool
) -> None:
    """Compare with what the interrupted session was asked for; write it down if there was none.

    What is only needed at the end (`_LATER`) may be another.

    Args:
        kept: folder of what is kept of a session.
        options: of the command.
        spec: how scans are made an input, which is not an option.
        scans: with their parts and groups, which patients and scikit-learn decide, too.
        writes: whether this process is the one to write.

    Raises:
        TrainError: options, scans, their parts or versions differ; names the difference.
    """
    asked = {
        "options": options,
        "input": asdict(spec),
        "scans": {f"{scan.root}/{scan.path}": scan.sha256 for scan in scans},
        "parts": _fingerprint_of_parts(scans),
        "software": {
            "Keras backend": keras.backend.backend(),
            "Keras": keras.__version__,
            keras.backend.backend(): version(keras.backend.backend()),
        },
    }
    file = kept / REQUEST
    if not file.exists():
        if writes:
            file.write_text(json.dumps(asked, indent=1) + "\n")
        return
    try:
        before = bounded_json.read(file, bounded_json.SPLIT)
        differences = (
            _options(before["options"], asked["options"])
            or _values(before.get("input", {}), asked["input"])
            or _scans(before["scans"], asked["scans"])
            # Sessions of before 2026-11-26 noted none.
            or _parts(before.get("parts", asked["parts"]), asked["parts"])
            or _values(before["software"], asked["software"])
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise TrainError(f"{file}: is damaged; train anew, with --overwrite") from error
    if differences:
        raise TrainError(
            f"cannot resume: {differences}. Give the interrupted command again, or train anew with "
            "--overwrite in place of --resume"
        )


def _options(before: dict, now: dict) -> str:
    def named(options: dict) -> dict:
        told = {f"--{key.replace('_', '-')}": value for key, value in options.items()}
        return {name: value for name, value in told.items() if name not in _LATER}

    before, now = named(before), named(now)
    table, hashed = before.get(_TABLE), now.get(_TABLE)
    if table and f"{hashed}".startswith(f"{table} (SHA-256 "):
        # Sessions of before 2026-11-26 noted its name alone; no more can be said of it.
        before = {**before, _TABLE: hashed}
    return _values(before, now)


def _parts(before: str, now: str) -> str:
    if before == now:
        return ""
    return (
        "the same scans are in other parts or groups (another version of scikit-learn, ImageHash "
        "or Pillow?)"
    )


def _fingerprint_of_parts(scans: Sequence[SplitScan]) -> str:
    """The same for the same scans in the same parts and groups: all folds follow from these."""
    rows = [[scan.root, scan.path, scan.part, scan.group] for scan in scans]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _values(before: dict, now: dict) -> str:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name} was {before.get(name)} and is {now.get(name)}" for name in names)


def _scans(before: dict[str, str], now: dict[str, str]) -> str:
    kinds = {
        "changed": [name for name in before if name in now and before[name] != now[name]],
        "missing": [name for name in before if name not in now],
        "new": [name for name in now if name not in before],
    }
    return ", ".join(
        f"{len(names)} scans {kind} ({', '.join(names[:_SHOWN])}{', ...' * (len(names) > _SHOWN)})"
        for kind, names in kinds.items()
        if names
    )
