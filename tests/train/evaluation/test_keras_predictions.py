"""Loading the Keras model of a run."""

from types import SimpleNamespace

import pytest

pytest.importorskip("keras")

import keras

from train.errors import TrainError
from train.evaluation.keras_predictions import load_keras
from train.run.run_folder import sha256_file


@pytest.fixture
def damaged(tmp_path):
    """A run whose model Keras cannot load, written by a version of Keras."""

    def run(version):
        file = tmp_path / "model.keras"
        file.write_bytes(b"no archive")
        training = SimpleNamespace(model_sha256=sha256_file(file), versions={"keras": version})
        return SimpleNamespace(model_file=file, manifest=SimpleNamespace(training=training))

    return run


def test_another_version_of_keras_is_named(damaged):
    words = rf"Keras {keras.__version__} cannot load what Keras 99\.1 wrote; .*keras==99\.1"
    with pytest.raises(TrainError, match=words):
        load_keras(damaged("99.1"))


def test_a_damaged_model_of_this_version_is_no_question_of_versions(damaged):
    with pytest.raises(TrainError, match=r"Keras cannot load it \("):
        load_keras(damaged(keras.__version__))
