"""The full Keras model, measured in the same run: the yardstick of every ratio."""

from dataclasses import dataclass

import numpy as np

from benchmarks.latency import Latency, measure
from train.run import Run


@dataclass(frozen=True)
class KerasRow:
    """One way of calling the Keras model at batch 1, on preprocessed scans."""

    call: str
    latency: Latency


@dataclass(frozen=True)
class KerasReference:
    """The Keras model of a run on the scans of the benchmark."""

    rows: tuple[KerasRow, ...]
    probabilities: np.ndarray
    """Calibrated probability of tumor, float64 [N]."""


def measure_keras(run: Run, pixels: np.ndarray, min_seconds: float) -> KerasReference:
    """Latency of `predict` and of `model(x)`, and the outcomes; pixels uint8 [N, H, W, C].

    Raises:
        TrainError: the run's model was changed or cannot be loaded.
    """
    from train.judge import judge, load_keras  # Keras is not on a device, these rows are

    model = load_keras(run)
    calls = {
        "predict": lambda x: model.predict(x, verbose=0),
        "model(x)": lambda x: np.asarray(model(x)),
    }
    batches = [one[None] for one in pixels]
    return KerasReference(
        rows=tuple(
            KerasRow(name, measure(call, batches, min_seconds)) for name, call in calls.items()
        ),
        probabilities=judge(model, run.manifest, pixels),
    )
