"""The Python API: a model file in, verdicts out."""

import os
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from PIL import Image

from edge import NOTICE
from edge.container import ModelFile, read_model
from edge.decide import probability, verdict
from edge.decode import MAX_PIXELS, decode, from_array
from edge.engines import DEFAULT_THREADS, load
from edge.errors import RejectedError
from edge.gate import reject_reason
from edge.preprocess import preprocess


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is known about one scan. Research software, not a medical device."""

    verdict: str
    """One of `edge.manifest.VERDICTS`."""
    probability: float | None
    """Calibrated probability of tumor, 0..1; None if rejected."""
    reason: str | None
    """Why the scan was rejected; None otherwise."""
    model: str
    """Name and precision of the model."""
    model_sha256: str
    """Of the model's payload."""
    decode_ms: float
    preprocess_ms: float
    inference_ms: float
    """0.0 if rejected: the model was not asked."""

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        return {
            "verdict": self.verdict,
            "probability": self.probability,
            "reason": self.reason,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "timings_ms": {
                "decode": round(self.decode_ms, 3),
                "preprocess": round(self.preprocess_ms, 3),
                "inference": round(self.inference_ms, 3),
            },
            "notice": NOTICE,
        }


class Classifier:
    """One model, loaded and verified. Not thread-safe: use one for each thread.

        classifier = Classifier("dist/cnn-int8.tflite")
        prediction = classifier.classify("scan.png")
        print(prediction.verdict, prediction.probability)

    Args:
        model: path of a .tflite or .onnx file that `python -m export` wrote, or one that
            `edge.container.read_model` has begun to read.
        engine: "auto" or a key of `edge.engines.ENGINES`.
        threads: threads of the engine, 1 or more.
        max_pixels: scans with more pixels (width x height) are refused.
        frame: which frame to classify of files with several, from 1; None: they are refused.

    Raises:
        ModelError: the file is no usable model.
        EngineError: no engine for it is installed.
    """

    def __init__(
        self,
        model: str | os.PathLike | ModelFile,
        *,
        engine: str = "auto",
        threads: int = DEFAULT_THREADS,
        max_pixels: int = MAX_PIXELS,
        frame: int | None = None,
    ):
        file = model if isinstance(model, ModelFile) else read_model(model)
        self.path, self.manifest, self.size = file.path, file.manifest, file.size
        self.engine = load(file, engine, threads)
        self._max_pixels, self._frame = max_pixels, frame
        self._name = f"{self.manifest.name} {self.manifest.precision}"

    def classify(self, scan: str | os.PathLike | np.ndarray) -> Prediction:
        """Classify an image file, or an array as `edge.decode.from_array` takes it.

        Raises:
            ImageError: the file cannot be read whole, or the array is no image.
            EngineError: the engine failed on it.
        """
        start = perf_counter()
        from_memory = isinstance(scan, np.ndarray)
        try:
            image = from_array(scan) if from_memory else self._decode(scan)
        except RejectedError as error:
            decoded = prepared = perf_counter()
            reason = error.reason
        else:
            decoded = perf_counter()
            pixels = preprocess(image, self.manifest.input)
            reason = reject_reason(image, pixels, self.manifest.reject)
            prepared = perf_counter()
        value, word = None, "rejected"
        if reason is None:
            value = self.probability(pixels)
            word = verdict(value, self.manifest.decision)
        done = perf_counter()
        return Prediction(
            verdict=word,
            probability=value,
            reason=reason,
            model=self._name,
            model_sha256=self.manifest.payload_sha256,
            decode_ms=(decoded - start) * 1e3,
            preprocess_ms=(prepared - decoded) * 1e3,
            inference_ms=0.0 if reason else (done - prepared) * 1e3,
        )

    def pixels(self, scan: str | os.PathLike) -> np.ndarray:
        """An image file as the model takes it, uint8 [height, width, C], for `probability`.

        Raises:
            ImageError: the file cannot be read whole.
        """
        return preprocess(self._decode(scan), self.manifest.input)

    def _decode(self, scan: str | os.PathLike) -> Image.Image:
        return decode(scan, self._max_pixels, self._frame)

    def probability(self, pixels: np.ndarray) -> float:
        """Calibrated probability of tumor for a preprocessed tensor, uint8 [height, width, C]."""
        logits = self.engine.run(pixels)
        return probability(logits, self.manifest.decision, self.manifest.positive_index)
