"""`Converter` makes what the table of targets lists, and nothing else under another name."""

import pytest

pytest.importorskip("tensorflow")

from edge.model_file.manifest import InputSpec
from export.convert.keras_conversion import Converter
from train.networks.registry import ARCHITECTURES


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_a_precision_that_it_does_not_know_is_no_other_one(format):
    """It became float32 in ONNX and float16 in TFLite, and passed their proofs."""
    model = ARCHITECTURES["cnn"].build(InputSpec(32, 32, "grey"), width=0.1)
    with pytest.raises(KeyError, match="int4"):
        Converter(model, positive=1, batch=1).convert(format, "int4", None)
