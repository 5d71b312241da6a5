"""The Python API: a model file in, verdicts out."""

import os
from threading import Lock
from time import perf_counter
from typing import BinaryIO

import numpy as np
from PIL.Image import Image

from edge.errors import ModelError, RejectedError
from edge.inference.decision import gated_verdict, probability
from edge.inference.engines import DEFAULT_THREADS, load
from edge.inference.prediction import Answer, Examined, Prediction
from edge.inference.tumor_type import type_probabilities, type_word
from edge.model_file.bundled import bundled_model
from edge.model_file.container import ModelFile, read_model
from edge.scan.decode import DecodedScan, from_array, read_scan
from edge.scan.max_pixels import MAX_PIXELS
from edge.scan.ood_gate import GateResult, apply_gate, with_likeness
from edge.scan.preprocess import preprocess_part
from edge.scan.read_input import Read, read_input

Scan = str | os.PathLike | bytes | BinaryIO | np.ndarray | object
"""What can be classified; an `object` is a pydicom Dataset."""


class Classifier:
    """One model, loaded and verified.

        classifier = Classifier("dist/cnn-int8.tflite")
        prediction = classifier.classify("scan.png")
        print(prediction.verdict, prediction.probability)

    Thread-safe: scans are decoded and prepared in parallel, and take turns at the engine. For
    several at a time, see `edge.classify_many`.

    Args:
        model: path of a .tflite or .onnx file that `python -m export` wrote, or one that
            `edge.model_file.container.read_model` has begun to read; None: the bundled one.
            Whose models are taken, the trust store of the system says, if it has one.
        engine: "auto" or a key of `edge.inference.engines.ENGINES`.
        threads: threads of the engine, 1 or more.
        max_pixels: scans with more pixels (width x height) are refused.
        frame: which frame to classify of files with several, from 1; None: they are refused.
        provider: "auto" or a key of `edge.inference.providers.PROVIDERS`; `engine.warning` tells
            if it could not be had.

    Raises:
        ModelError: the file is no usable model, or none that the system's trust store takes.
        EngineError: no engine for it is installed.
        ValueError: fewer than one thread.
    """

    def __init__(
        self,
        model: str | os.PathLike | ModelFile | None = None,
        *,
        engine: str = "auto",
        threads: int = DEFAULT_THREADS,
        max_pixels: int = MAX_PIXELS,
        frame: int | None = None,
        provider: str = "auto",
    ):
        if model is None:
            model = bundled_model(engine)
            if model is None:
                raise ModelError("no model is bundled with this installation; name a file")
        file = model if isinstance(model, ModelFile) else read_model(model)
        self.path, self.manifest, self.size = file.path, file.manifest, file.size
        self.engine = load(file, engine, threads, provider)
        self._file, self._max_pixels, self._frame = file, max_pixels, frame
        self._name = f"{self.manifest.name} {self.manifest.precision}"
        training = self.manifest.provenance.get("training")
        self._synthetic = isinstance(training, dict) and training.get("synthetic") is True
        self._turn = Lock()
        self._last: np.ndarray | None = None  # what the engine ran last, made by `examine`

    @property
    def max_pixels(self) -> int:
        """Scans with more (width x height) are refused."""
        return self._max_pixels

    @property
    def file_sha256(self) -> str:
        """Of the whole model file, with its manifest."""
        return self._file.sha256

    def twin(self) -> "Classifier":
        """The same model in another engine of the same kind, to work beside this one."""
        return Classifier(
            self._file,
            engine=self.engine.name,
            threads=self.engine.threads,
            max_pixels=self._max_pixels,
            frame=self._frame,
            provider=self.engine.provider,
        )

    def classify(self, scan: Scan) -> Prediction:
        """Classify a scan: a file's name, its bytes, a binary file object, a pydicom Dataset.

        The verdict is the same whichever is given. An array is taken as
        `edge.scan.decode.from_array` says; of a DICOM file's `pixel_array` the window, the
        modality and the shape of the pixels are lost.

        Raises:
            ImageError: the file cannot be read whole, or the array is no image.
            EngineError: the engine failed on it.
        """
        return self.examine(scan).prediction

    def examine(
        self, scan: Scan | DecodedScan, frame: int | None = None, whole: bool = False
    ) -> Examined:
        """`classify`, with what a picture of the result is made of.

        Args:
            frame: of a file with several, from 1; None: the classifier's own.
            whole: whether the image is wanted with all the pixels that are in the file, of which
                some models' rules ask for fewer.
        """
        start = perf_counter()
        try:
            found, seen, decoded = self._read_input(scan, frame)
        except RejectedError as error:
            decoded = perf_counter()
            refused = GateResult(refused=error.reason)
            said = self._prediction(None, refused, refused, start, decoded, decoded, decoded)
            return Examined(None, None, said)
        image, remarks = found.image, found.remarks
        gate = apply_gate(image, seen, self.manifest.reject, found.scale)
        prepared = done = perf_counter()
        answer, last = None, gate
        if gate.refused is None:
            answer = self.judge(seen.pixels, made_here=True)
            last = with_likeness(gate, answer.likeness, self.manifest.reject.learned)
            done = perf_counter()
        if whole and found.scale > 1:
            image = self.read(scan, frame).image
        said = self._prediction(answer, gate, last, start, decoded, prepared, done, remarks)
        return Examined(image, seen, said)

    def read(self, scan: Scan | DecodedScan, frame: int | None = None) -> DecodedScan:
        """The scan as an image of mode "L" or "RGB", and remarks on it.

        Args:
            scan: one that is decoded already is given back.
            frame: as `examine` takes it.

        Raises:
            ImageError: as `classify`; `RejectedError` if the file says that it is no MR image.
        """
        if isinstance(scan, DecodedScan):
            return scan
        if isinstance(scan, np.ndarray):
            return DecodedScan(from_array(scan, self._max_pixels), (), None)
        return read_scan(scan, self._max_pixels, frame or self._frame)

    def _read_input(self, scan: Scan | DecodedScan, frame: int | None = None) -> Read:
        if not isinstance(scan, DecodedScan | np.ndarray):
            return read_input(scan, self.manifest.input, self._max_pixels, frame or self._frame)
        found, decoded = self.read(scan), perf_counter()
        return Read(found, preprocess_part(found.image, self.manifest.input), decoded)

    def decode(self, scan: Scan) -> Image:
        """`read`, without the remarks."""
        return self.read(scan).image

    def pixels(self, scan: Scan) -> np.ndarray:
        """A scan as the model takes it, uint8 [height, width, C], for `probability`.

        Raises:
            ImageError: the file cannot be read whole.
        """
        return self._read_input(scan).seen.pixels

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """The model's raw output for a preprocessed tensor, uint8 [height, width, C]."""
        with self._turn:
            self._last = None
            return self.engine.run(pixels)

    def heat_map(self, pixels: np.ndarray) -> np.ndarray:
        """The model's own heat map of a preprocessed tensor, float32 [rows, columns].

        What its values are, `manifest.heat_map.method` says; None there: the model has no map.
        """
        return self.map_and_runs(pixels)[0]

    def map_and_runs(self, pixels: np.ndarray) -> tuple[np.ndarray, int]:
        """`heat_map`, and how many inferences that took.

        None, right after `examine`, for its own tensor, in an engine that computes all outputs.
        """
        with self._turn:
            if pixels is self._last and (found := self.engine.last_map()) is not None:
                return found, 0
            self._last = None
            return self.engine.heat_map(pixels), 1

    def many_logits(self, stack: np.ndarray) -> np.ndarray:
        """Raw outputs [N, outputs] for a stack [N, height, width, C], batched where possible."""
        with self._turn:
            self._last = None
            return self.engine.run_many(stack)

    def probability(self, pixels: np.ndarray) -> float:
        """Calibrated probability of tumor for a preprocessed tensor, uint8 [height, width, C]."""
        manifest = self.manifest
        return probability(self.logits(pixels), manifest.decision, manifest.positive_index)

    def judge(self, pixels: np.ndarray, made_here: bool = False) -> Answer:
        """All that the model says of a preprocessed tensor, uint8 [height, width, C].

        Args:
            made_here: whether nobody else can write to it. What a caller made may be written to
                since: only of other tensors are the engine's other outputs those of the same
                pixels later on.
        """
        manifest, found, likeness = self.manifest, None, None
        with self._turn:
            self._last = None  # should the engine fail
            logits = self.engine.run(pixels)
            if manifest.types is not None:
                found = self.engine.types()
            if manifest.graph_gate is not None:
                likeness = self.engine.likeness()
            self._last = pixels if made_here else None
        value = probability(logits, manifest.decision, manifest.positive_index)
        types = None if found is None else type_probabilities(found, manifest.types)
        return Answer(value, types, likeness)

    def type_map(self, pixels: np.ndarray) -> np.ndarray:
        """What speaks for each type, and where: float32 [rows, columns, types] of a preprocessed
        tensor. None in the manifest: the model tells no types."""
        with self._turn:
            if pixels is not self._last:
                self._last = None
                self.engine.run(pixels)
            return self.engine.types()

    def _prediction(
        self,
        answer: Answer | None,
        before: GateResult,
        gate: GateResult,
        start: float,
        decoded: float,
        prepared: float,
        done: float,
        remarks: tuple[str, ...] = (),
    ) -> Prediction:
        """From what the model and the gate said, and the clock between the steps, seconds."""
        value = None if gate.refused else answer.probability
        word = gated_verdict(gate, value, self.manifest.decision)
        # What is not called a tumor has no type, however sure the model would be of one.
        types = answer.types if word == "tumor" else None
        return Prediction(
            verdict=word,
            probability=value,
            reason=gate.refused or gate.doubt,
            model=self._name,
            model_sha256=self.manifest.payload_sha256,
            synthetic=self._synthetic,
            decode_ms=(decoded - start) * 1e3,
            preprocess_ms=(prepared - decoded) * 1e3,
            inference_ms=(done - prepared) * 1e3,
            doubtful=gate.doubt is not None,
            remarks=remarks,
            file_sha256=self._file.sha256,
            signer=self._file.signer,
            signer_key_id=self._file.key_id,
            typed=self.manifest.types is not None,
            type=types and type_word(types, self.manifest.types.limit),
            type_probabilities=types,
            before=before,
        )
