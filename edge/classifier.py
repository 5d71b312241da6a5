"""The Python API: a model file in, verdicts out."""

import os
from dataclasses import dataclass
from threading import Lock
from time import perf_counter

import numpy as np
from PIL.Image import Image

from edge import NOTICE
from edge.container import ModelFile, read_model
from edge.decide import probability, reject_reason, verdict
from edge.decode import MAX_PIXELS, decode, from_array
from edge.engines import DEFAULT_THREADS, load
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
    """One model, loaded and verified.

        classifier = Classifier("dist/cnn-int8.tflite")
        prediction = classifier.classify("scan.png")
        print(prediction.verdict, prediction.probability)

    Thread-safe: scans are decoded and prepared in parallel, and take turns at the engine. For
    several at a time, see `edge.classify_many`.

    Args:
        model: path of a .tflite or .onnx file that `python -m export` wrote, or one that
            `edge.container.read_model` has begun to read.
        engine: "auto" or a key of `edge.engines.ENGINES`.
        threads: threads of the engine, 1 or more.
        max_pixels: scans with more pixels (width x height) are refused.
        provider: "auto" or a key of `edge.engines.PROVIDERS`; `engine.warning` tells if it could
            not be had.

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
        provider: str = "auto",
    ):
        file = model if isinstance(model, ModelFile) else read_model(model)
        self.path, self.manifest, self.size = file.path, file.manifest, file.size
        self.engine = load(file, engine, threads, provider)
        self._file, self._max_pixels = file, max_pixels
        self._name = f"{self.manifest.name} {self.manifest.precision}"
        self._turn = Lock()

    def twin(self) -> "Classifier":
        """The same model in another engine of the same kind, to work beside this one."""
        return Classifier(
            self._file,
            engine=self.engine.name,
            threads=self.engine.threads,
            max_pixels=self._max_pixels,
            provider=self.engine.provider,
        )

    def classify(self, scan: str | os.PathLike | np.ndarray) -> Prediction:
        """Classify an image file, or an array as `edge.decode.from_array` takes it.

        Raises:
            ImageError: the file cannot be read whole, or the array is no image.
            EngineError: the engine failed on it.
        """
        start = perf_counter()
        image = self.decode(scan)
        return self.classify_image(image, (perf_counter() - start) * 1e3)

    def decode(self, scan: str | os.PathLike | np.ndarray) -> Image:
        """The scan as an image of mode "L" or "RGB"; raises `ImageError` as `classify` does."""
        if isinstance(scan, np.ndarray):
            return from_array(scan)
        return decode(scan, self._max_pixels)

    def classify_image(self, image: Image, decode_ms: float = 0.0) -> Prediction:
        """Classify what `decode` returned; `decode_ms` is what it took, for the record."""
        start = perf_counter()
        pixels = preprocess(image, self.manifest.input)
        reason = reject_reason(image.size, pixels, self.manifest.reject)
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
            decode_ms=decode_ms,
            preprocess_ms=(prepared - start) * 1e3,
            inference_ms=0.0 if reason else (done - prepared) * 1e3,
        )

    def pixels(self, scan: str | os.PathLike) -> np.ndarray:
        """An image file as the model takes it, uint8 [height, width, C], for `probability`.

        Raises:
            ImageError: the file cannot be read whole.
        """
        return preprocess(self.decode(scan), self.manifest.input)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """The model's raw output for a preprocessed tensor, uint8 [height, width, C]."""
        with self._turn:
            return self.engine.run(pixels)

    def many_logits(self, stack: np.ndarray) -> np.ndarray:
        """Raw outputs [N, outputs] for a stack [N, height, width, C], batched where possible."""
        with self._turn:
            return self.engine.run_many(stack)

    def probability(self, pixels: np.ndarray) -> float:
        """Calibrated probability of tumor for a preprocessed tensor, uint8 [height, width, C]."""
        manifest = self.manifest
        return probability(self.logits(pixels), manifest.decision, manifest.positive_index)
