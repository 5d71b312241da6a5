"""State of an unfinished fit on disk: written after each epoch, read by `--resume`."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.model_file import bounded_json
from edge.model_file.dataclass_json import from_json
from train.array_archive import read_arrays
from train.errors import TrainError


@dataclass
class _Facts:
    """Where a fit has got to."""

    phase: int = 0
    epoch: int = 0
    """Epochs of this phase that are done."""
    finished: bool = False
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Of all phases, one value an epoch."""
    best_loss: float = float("inf")
    best_epoch: int = 0
    """Of all phases, counted from 1."""
    waited: int = 0
    """Epochs since the best."""


@dataclass
class State(_Facts):
    """All that a fit needs to go on as if it had never stopped."""

    history: dict[str, list[float]] = field(default_factory=dict)
    variables: list[np.ndarray] = field(default_factory=list)
    """Of the model, the random states of its layers included."""
    optimizer: list[np.ndarray] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)
    """The model's variables after its best epoch."""
    located: list[np.ndarray] = field(default_factory=list)
    """One float64 [M, 5] where `train.fitting.fit_evidence_map` found places: position, box."""


_ARRAYS = ("variables", "optimizer", "best", "located")


def save(state: State, file: Path) -> None:
    """Write so that power may fail at any moment: the file is the old state or the new one."""
    facts = {key: value for key, value in vars(state).items() if key not in _ARRAYS}
    arrays = {f"{kind}/{i}": a for kind in _ARRAYS for i, a in enumerate(getattr(state, kind))}
    temporary = file.with_suffix(".tmp")
    with open(temporary, "wb") as stream:
        np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def load(file: Path) -> State | None:
    """The state that `save` wrote, or None if there is none.

    Raises:
        TrainError: the file is damaged.
    """
    try:
        arrays = read_arrays(file)
        facts = bounded_json.loads(
            str(arrays.pop("facts")),
            bounded_json.OWN._replace(finite=False),  # the best loss, before there is one
        )
        found = from_json(_Facts, facts)
        lists = {kind: [] for kind in _ARRAYS}
        for name, array in arrays.items():
            kind, _, _ = name.partition("/")
            if kind in lists:
                lists[kind].append(array)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise TrainError(
            f"{file}: is damaged ({error!s:.300}); train anew, with --overwrite in place of "
            "--resume"
        ) from error
    history = {name: list(values) for name, values in found.history.items()}
    return State(**{**vars(found), "history": history}, **lists)
