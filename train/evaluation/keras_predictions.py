"""What the full Keras model of a run makes of scans: the reference that exports are held to."""

import keras
import numpy as np

from edge.inference.decision import probability
from edge.model_file.manifest import Decision
from train.errors import TrainError
from train.networks.log_odds import TumorLogOdds
from train.networks.registry import logits_model
from train.run.run_folder import Run, RunManifest, sha256_file


def load_keras(run: Run) -> keras.Model:
    """The run's model, proven to be the one that its manifest names.

    Raises:
        TrainError: the file was changed since the run, or Keras cannot load it.
    """
    if sha256_file(run.model_file) != run.manifest.training.model_sha256:
        raise TrainError(f"{run.model_file}: changed since the run; train again")
    try:
        return keras.saving.load_model(
            run.model_file, custom_objects={"TumorLogOdds": TumorLogOdds}, compile=False
        )
    except Exception as error:
        # What Keras raises on an archive of another version has no common type.
        wrote = run.manifest.training.versions.get("keras")
        if wrote and wrote != keras.__version__:
            raise TrainError(
                f"{run.model_file}: Keras {keras.__version__} cannot load what Keras {wrote} "
                f"wrote; run: pip install keras=={wrote}"
            ) from error
        raise TrainError(f"{run.model_file}: Keras cannot load it ({error})") from error


def tumor_probabilities(
    model: keras.Model, manifest: RunManifest, pixels: np.ndarray
) -> np.ndarray:
    """Calibrated probability of tumor, float64 [N], of uint8 [N, height, width, channels]."""
    positive = manifest.labels.index(manifest.positive)
    return calibrated(raw_outputs(model, pixels), manifest.decision, positive)


def raw_outputs(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """Logits, float32 [N, outputs], of uint8 [N, height, width, channels]."""
    return logits_model(model).predict(pixels, batch_size=32, verbose=0)


def calibrated(logits: np.ndarray, decision: Decision, positive: int) -> np.ndarray:
    """From logits [N, outputs] to probability of tumor, float64 [N], by the device's own code."""
    return np.array([probability(row, decision, positive) for row in logits])
