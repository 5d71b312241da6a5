"""Going on with an interrupted session: only with the same options, data and software."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import keras

from edge.manifest import InputSpec
from train.data import Scan
from train.errors import TrainError

REQUEST = "request.json"
_SHOWN = 3


def check_or_record(
    kept: Path, options: dict, spec: InputSpec, scans: Sequence[Scan], writes: bool
) -> None:
    """Compare with what the interrupted session was asked for; write it down if there was none.

    Args:
        kept: folder of what is kept of a session.
        options: of the command.
        spec: how scans are made an input, which is not an option.
        writes: whether this process is the one to write.

    Raises:
        TrainError: options, scans or versions differ; names the difference.
    """
    asked = {
        "options": options,
        "input": asdict(spec),
        "scans": {f"{scan.root}/{scan.path}": scan.sha256 for scan in scans},
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
        before = json.loads(file.read_text())
        differences = (
            _options(before["options"], asked["options"])
            or _values(before.get("input", {}), asked["input"])
            or _scans(before["scans"], asked["scans"])
            or _values(before["software"], asked["software"])
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise TrainError(f"{file}: is damaged; train anew, with --overwrite") from error
    if differences:
        raise TrainError(
            f"cannot resume: {differences}. Give the interrupted command again, or train anew with "
            "--overwrite in place of --resume"
        )


def _options(before: dict, now: dict) -> str:
    def named(options: dict) -> dict:
        return {f"--{key.replace('_', '-')}": value for key, value in options.items()}

    return _values(named(before), named(now))


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
