"""What opening a model file of any kind gives."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np


class Opened(NamedTuple):
    """A network, and the file that it is of."""

    network: keras.Model
    """Float32 [N, height, width, channels] -> logits [N, outputs], in layers without nesting."""
    activation: str
    """Of the outputs, left out of the network: "sigmoid", "softmax" or "none"."""
    original: Callable[[np.ndarray], np.ndarray]
    """The file itself: float32 [N, height, width, channels] -> its outputs [N, outputs]."""
    whole_numbers: bool
    """Whether it takes whole numbers alone: pixels as they are, which it scales by itself."""
