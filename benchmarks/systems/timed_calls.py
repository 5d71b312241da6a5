"""What is measured in interleaved rounds: our models, the bare engines, Keras, and a yardstick."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks.systems.model_files import Candidate
from benchmarks.timing.bare_engine import Call, bare
from benchmarks.timing.interleaved_rounds import TimedCall
from edge import Classifier, ImageError
from edge.inference.decision import probability, verdict
from edge.inference.prediction import Prediction
from edge.model_file.manifest import InputSpec
from edge.scan.file_format import HEAD, sniff
from edge.scan.resize import FILTERS

LATENCY_SCANS = 64
"""At most, evenly over all: latencies depend little on which, and pixels take memory."""
BARE_PRECISIONS = ("fp32", "int8")
"""Whose bare engines take part: what our convenience costs does not depend on the precision, and
a large network's bare runs take minutes."""
_YARDSTICK = 1 << 18  # numbers of 8 bytes


@dataclass(frozen=True, eq=False)
class LatencyInputs:
    """The queries of the timed calls."""

    files: tuple[Path, ...]
    """Scans that the reject gate lets pass."""
    pixels: tuple[np.ndarray, ...]
    """The same, as the models take them: uint8 [height, width, channels]."""


@dataclass(eq=False)
class CandidateTimings:
    """The timed calls of one candidate, and what they left."""

    candidate: Candidate
    inference: dict[int, TimedCall]
    """Pixels to logits, by number of threads."""
    call: TimedCall
    """`Classifier.classify`, from file to verdict."""
    bare: TimedCall | None
    """The engine alone: pixels to raw output."""
    bare_call: TimedCall | None
    """Decode, resize and the engine alone."""
    tf_lite: TimedCall | None
    predictions: dict[Path, Prediction] = field(default_factory=dict)
    """The first of each file."""
    stage_ms: list[tuple[float, float, float]] = field(default_factory=list)
    """Decode, preprocess and inference of each timed whole call."""
    prepare_ms: list[float] = field(default_factory=list)
    """Decoding and resizing of each timed bare call."""

    def every(self) -> list[TimedCall]:
        """In an order that puts those that are compared beside each other."""
        first, *others = self.inference.values()
        return [
            c for c in (self.bare, first, self.tf_lite, self.call, self.bare_call, *others) if c
        ]


def latency_inputs(classifier: Classifier, files: Sequence[Path]) -> LatencyInputs:
    """Up to `LATENCY_SCANS` of the files, those that a model is asked about, evenly spread."""
    step = max(1, -(-len(files) // LATENCY_SCANS))
    chosen, tensors = [], []
    for file in files[::step]:
        try:
            _, seen, prediction = classifier.examine(file)
        except ImageError:
            continue
        if prediction.probability is not None:
            chosen.append(file)
            tensors.append(seen.pixels)
    return LatencyInputs(tuple(chosen), tuple(tensors))


def time_candidate(
    candidate: Candidate, asked: LatencyInputs, with_tf_lite: bool
) -> CandidateTimings:
    """The timed calls of one candidate.

    Args:
        with_tf_lite: TensorFlow is loaded anyway, so its own interpreter takes part for int8.
    """
    classifier, label = candidate.classifier, candidate.label
    engine, path, threads = classifier.engine.name, classifier.path, classifier.engine.threads
    tf_lite = None
    kind = (classifier.manifest.format, classifier.manifest.precision)
    if with_tf_lite and kind == ("tflite", "int8"):
        tf_lite = TimedCall(f"{label}, tf.lite", bare("tf.lite", path, threads), asked.pixels)
    made = CandidateTimings(
        candidate=candidate,
        inference={
            n: TimedCall(f"{label}, {n} threads", one.logits, asked.pixels)
            for n, one in candidate.classifiers.items()
        },
        call=TimedCall(f"{label}, whole call", classifier.classify, asked.files),
        bare=None,
        bare_call=None,
        tf_lite=tf_lite,
    )

    def keep(file: Path, found: Prediction) -> None:
        made.predictions.setdefault(file, found)
        made.stage_ms.append((found.decode_ms, found.preprocess_ms, found.inference_ms))

    made.call.keep = keep
    if kind[1] in BARE_PRECISIONS:
        alone = bare(engine, path, threads)
        chain = _bare_call(classifier.manifest.input, alone, asked)
        made.bare = TimedCall(f"{label}, bare", alone, asked.pixels)
        made.bare_call = TimedCall(
            f"{label}, bare call", chain, asked.files, lambda _, ms: made.prepare_ms.append(ms)
        )
    return made


def decision(classifier: Classifier, asked: LatencyInputs) -> TimedCall:
    """Logits to verdict."""
    manifest = classifier.manifest
    rule, positive = manifest.decision, manifest.positive_index
    return TimedCall(
        "decision",
        lambda logits: verdict(probability(logits, rule, positive), rule),
        [classifier.logits(pixels) for pixels in asked.pixels],
    )


def _bare_call(spec: InputSpec, run: Call, asked: LatencyInputs) -> Callable[[Path], float]:
    """Less than any script around the engine can do: decode, resize, run, and nothing besides.

    The call returns the milliseconds of decoding and resizing.
    """
    size, filter = (spec.width, spec.height), FILTERS[spec.resize]
    tensors = dict(zip(asked.files, asked.pixels, strict=True))
    decoders = {file: _bare_decoder(file) for file in asked.files}

    def call(file: Path) -> float:
        start = perf_counter()
        with decoders[file](file) as image:
            np.asarray(image.resize(size, filter))
        prepared = perf_counter()
        run(tensors[file])  # grey scans as colour and the like would be the script's own work
        return (prepared - start) * 1e3

    return call


def _bare_decoder(file: Path) -> Callable[[Path], Image.Image]:
    with open(file, "rb") as stream:
        return _bare_dicom if sniff(stream.read(HEAD)) == "DICOM" else Image.open


def _bare_dicom(file: Path) -> Image.Image:
    """The first frame as a script would take it: no window, no padding, no check."""
    from edge.scan.dicom.load_pydicom import load_pydicom

    values = load_pydicom().dcmread(file).pixel_array.astype(np.float32)
    values = values if values.ndim == 2 else values[0]
    return Image.fromarray((values * (255 / max(1.0, float(values.max())))).astype(np.uint8))


def yardstick() -> TimedCall:
    """Square roots of 2 MB, which NumPy takes on one thread: how fast the machine is just now."""
    values = np.random.default_rng(0).random(_YARDSTICK)
    roots = np.empty_like(values)
    return TimedCall("yardstick", lambda _: np.sqrt(values, out=roots), [None])


def keras_timed_calls(calls: dict[str, Callable], asked: LatencyInputs) -> dict[str, TimedCall]:
    """Keras' ways of calling, on the same pixels."""
    return {name: TimedCall(f"Keras {name}", c, asked.pixels) for name, c in calls.items()}
