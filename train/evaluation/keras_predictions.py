"""What the full Keras model of a run makes of scans: the reference that exports are held to."""

import keras
import numpy as np

from edge.inference.decision import probability
from edge.model_file.manifest import Decision, TypeSpec
from train.errors import TrainError
from train.networks.gate_head import GateHead, describer
from train.networks.log_odds import TumorLogOdds
from train.networks.registry import logits_model
from train.networks.type_head import TypeHead, pooled_features
from train.run.run_folder import GATE, TYPES, Run, RunManifest, sha256_file


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


def load_type_head(run: Run) -> TypeHead | None:
    """What tells the run's types of tumor; None: nothing does.

    Raises:
        TrainError: the file is missing, damaged, or was changed since the run.
    """
    if run.manifest.types is None:
        return None
    file = run.folder / TYPES
    if not file.is_file() or sha256_file(file) != run.manifest.types_sha256:
        raise TrainError(f"{file}: is missing, or changed since the run; train again")
    return TypeHead.read(file)


def load_gate_head(run: Run) -> GateHead | None:
    """What the run's reject gate goes by; None: that is no part of the network.

    Raises:
        TrainError: the file is missing, damaged, or was changed since the run.
    """
    learned = run.manifest.reject.learned
    if learned is None or not learned.in_graph:
        return None
    file = run.folder / GATE
    if not file.is_file() or sha256_file(file) != run.manifest.gate_sha256:
        raise TrainError(f"{file}: is missing, or changed since the run; train again")
    return GateHead.read(file)


def likenesses(model: keras.Model, head: GateHead, pixels: np.ndarray) -> np.ndarray:
    """How much each looks like a head, float64 [N], of uint8 [N, height, width, C]."""
    return head.likeness(describer(model)(pixels))


def type_shares(
    model: keras.Model, head: TypeHead, spec: TypeSpec, pixels: np.ndarray
) -> np.ndarray:
    """Calibrated probability of each type, float64 [N, types], of uint8 [N, height, width, C]."""
    features = pooled_features(model).predict(pixels, batch_size=32, verbose=0)
    return softmax(head.logits(features) / spec.temperature)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row, float64 [N, types]."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


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
