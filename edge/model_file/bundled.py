"""The model that comes with the package, for when none is named.

docs/model-card.md says what it was trained on, how good it is and where it fails.
"""

import os
from importlib.util import find_spec

from edge import __version__

BUNDLED = {
    "01d5e4efb66326b1ed2de473849a0beacd8aae5b65e0c8e1b30f1911832773cf": "compact-int8.onnx",
    "d9f9422c1a127ffb1313ded2667aa97ff864c895756ccd7e9ba29cd63927c8ae": "compact-int8.tflite",
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
