"""Start Keras' backend without its chatter."""

import os

from edge.console.streams import silenced
from train.hardware.home_folder import keras_spared, spare_matplotlib, spare_urllib3


def start() -> None:
    """Import Keras and its backend (seconds), which `KERAS_BACKEND` names; TensorFlow if unset.

    Call it before anything that imports Keras: TensorFlow writes a page of advice on starting.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    spare_matplotlib()
    spare_urllib3()
    with silenced(), keras_spared():
        import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # Several fits in one process make it warn of retracing, which is what they need.
        tf.get_logger().setLevel("ERROR")
