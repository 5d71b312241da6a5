"""The model that comes with the package, for when none is named.

docs/model-card.md says what it was trained on, how good it is and where it fails.
"""

import os
from importlib.util import find_spec

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "models")
_TFLITE = ("ai_edge_litert", "tflite_runtime")


def bundled_model(engine: str = "auto") -> str | None:
    """Path of the bundled model for an engine; None if the package was built without one.

    Args:
        engine: "auto" or a key of `edge.inference.engines.ENGINES`.
    """
    # Not from edge.inference.engines, which loads NumPy: this is asked before anything else is.
    onnx = engine == "onnxruntime" or (
        engine == "auto" and not any(map(find_spec, _TFLITE)) and find_spec("onnxruntime")
    )
    path = os.path.join(_FOLDER, f"compact-int8.{'onnx' if onnx else 'tflite'}")
    return path if os.path.isfile(path) else None
