"""mri-edge runtime: classify brain-MRI scans on a small device.

Needs NumPy, Pillow and one engine (LiteRT, tflite-runtime, ONNX Runtime or OpenVINO); never
TensorFlow.

    from edge import Classifier
    prediction = Classifier("cnn-int8.tflite").classify("scan.png")

Research software, not a medical device.
"""

import os

# ONNX Runtime from 1.29 on keeps a device id and a database of events in the home folder, and looks
# for a server to send them to. Nothing leaves a device unasked: set before anything can import it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.2.0"

NOTICE = "Research software, not a medical device: not for diagnosis or treatment."

_HOME = {
    "Classifier": "inference.classifier",
    "Prediction": "inference.prediction",
    "EdgeError": "errors",
    "EngineError": "errors",
    "ImageError": "errors",
    "ModelError": "errors",
    "Outcome": "parallel.pipeline",
    "classify_many": "parallel.pipeline",
    "classify_series": "series.classify",
}
__all__ = ["NOTICE", "__version__", *_HOME]


def __getattr__(name: str):
    # Loaded on first use (PEP 562): `edge-classify --version` must not pay for NumPy.
    if name not in _HOME:
        raise AttributeError(f"module 'edge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"edge.{_HOME[name]}"), name)
