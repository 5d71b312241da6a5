"""The model that comes with the package, for when none is named.

docs/model-card.md says what it was trained on, how good it is and where it fails.
"""

import os
from importlib.util import find_spec

from edge import __version__

BUNDLED = {
    "1961b5a457c977f27d18b31225cd47255bf1d07a90ad0f129e22769f4c75462d": "compact-int8.onnx",
    "0151144cfa1b7f29c0a0269734a37f1e1e1dc263af9b749701e10841580cb5a1": "compact-int8.tflite",
}
"""SHA-256 of each whole file: they are trusted as far as this code is, and by no key. A key made in
the build, its public half shipped beside the files, would say no more."""

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "models")
_TFLITE = ("ai_edge_litert", "tflite_runtime")
_ONNX = ("onnxruntime", "openvino")
"""Engines and modules at once. OpenVINO runs either file; it loads this one faster."""


def bundled_model(engine: str = "auto") -> str | None:
    """Path of the bundled model for an engine; None if the package was built without one.

    Args:
        engine: "auto" or a key of `edge.inference.engines.ENGINES`.
    """
    # Not from edge.inference.engines, which loads NumPy: this is asked before anything else is.
    onnx = engine in _ONNX or (
        engine == "auto" and not any(map(find_spec, _TFLITE)) and any(map(find_spec, _ONNX))
    )
    path = os.path.join(_FOLDER, f"compact-int8.{'onnx' if onnx else 'tflite'}")
    return path if os.path.isfile(path) else None


def bundled_as(sha256: str) -> str | None:
    """Who vouches for a file of that SHA-256, if it is a bundled one; None: it is another."""
    return f"bundled with mri-edge {__version__}" if sha256 in BUNDLED else None
