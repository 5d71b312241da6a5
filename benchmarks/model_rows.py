"""Measure one exported model file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.latency import Latency, in_turns, measure, timed
from benchmarks.process import cold_start, peak_memory
from benchmarks.scans import Scans
from edge import Classifier
from edge.engines import version
from edge.preprocess import FILTERS
from edge.selftest import SelfTest, self_test
from train.metrics import Scores, score


@dataclass(frozen=True)
class Stages:
    """Latency of `Classifier.classify` from file to verdict, and of its parts."""

    decode: Latency
    preprocess: Latency
    inference: Latency
    """Preprocessed pixels to probability, on their own: what is compared with Keras."""
    call: Latency


@dataclass(frozen=True)
class Overhead:
    """What our convenience costs, on a generated 512x512 PNG."""

    call_ms: float
    """Median of `classify(path)`."""
    bare_ms: float
    """Sum of the medians of bare Pillow decoding, bare resizing, bare inference."""
    cold_ms: float
    """Median of a whole `edge-classify` process."""
    minimal_ms: float
    """Median of a whole process of `benchmarks/minimal.py`, taking turns with ours."""


@dataclass(frozen=True)
class Agreement:
    """Verdicts against the truth and against Keras."""

    scores: Scores | None
    rejected: int
    uncertain: int
    changed: int | None
    """Verdicts that differ from Keras; None without Keras."""
    max_changed: int | None
    """The limit set at export."""
    max_difference: float | None


@dataclass(frozen=True)
class ModelRow:
    """All that was measured of one file with one engine."""

    file: str
    format: str
    precision: str
    engine: str
    engine_version: str
    threads: int
    megabytes: float
    """10^6 bytes."""
    self_test: str
    stages: Stages
    overhead: Overhead
    peak_megabytes: float | None
    probabilities: tuple[float | None, ...]
    """Of each scan, None if rejected."""
    verdicts: tuple[str, ...]


def check(classifier: Classifier) -> SelfTest:
    """Replay the golden sample: a model that fails it is not worth timing."""
    return self_test(classifier)


def measure_model(
    classifier: Classifier, tested: SelfTest, scans: Scans, probe: Path, min_seconds: float
) -> ModelRow:
    """Classify every scan once for the record, then measure.

    Raises:
        EdgeError: a scan cannot be classified.
        BenchmarkError: a process of its own fails.
    """
    manifest, engine = classifier.manifest, classifier.engine
    predictions = [classifier.classify(file) for file in scans.files]
    return ModelRow(
        file=classifier.path,
        format=manifest.format,
        precision=manifest.precision,
        engine=engine.name,
        engine_version=version(engine.name),
        threads=engine.threads,
        megabytes=classifier.size / 1e6,
        self_test=str(tested),
        stages=_stages(classifier, scans, min_seconds),
        overhead=_overhead(classifier, probe, min_seconds),
        peak_megabytes=peak_memory(classifier.path, engine.name, probe),
        probabilities=tuple(prediction.probability for prediction in predictions),
        verdicts=tuple(prediction.verdict for prediction in predictions),
    )


def agreement(
    row: ModelRow,
    truth: np.ndarray | None,
    threshold: float,
    keras: tuple[np.ndarray, list[str]] | None,
    max_changed: int | None,
) -> Agreement:
    """Compare a row's outcomes with the truth [N] and Keras' (probabilities [N], verdicts)."""
    asked = [i for i, p in enumerate(row.probabilities) if p is not None]
    own = np.array([row.probabilities[i] for i in asked])
    changed = difference = None
    if keras is not None:
        changed = sum(row.verdicts[i] != keras[1][i] for i in asked)
        difference = float(np.abs(own - keras[0][asked]).max(initial=0.0))
    return Agreement(
        scores=None if truth is None else score(truth[asked], own, threshold),
        rejected=row.verdicts.count("rejected"),
        uncertain=row.verdicts.count("uncertain"),
        changed=changed,
        max_changed=max_changed,
        max_difference=difference,
    )


def _stages(classifier: Classifier, scans: Scans, min_seconds: float) -> Stages:
    results, whole = timed(classifier.classify, list(scans.files), min_seconds)
    tensors = [classifier.pixels(file) for file in scans.files]
    return Stages(
        decode=Latency.of([result.decode_ms for result in results]),
        preprocess=Latency.of([result.preprocess_ms for result in results]),
        inference=measure(classifier.probability, tensors, min_seconds),
        call=Latency.of(whole),
    )


def _overhead(classifier: Classifier, probe: Path, min_seconds: float) -> Overhead:
    spec = classifier.manifest.input
    size, filter = (spec.width, spec.height), FILTERS[spec.resize]

    def decode():
        image = Image.open(probe)
        image.load()
        return image

    image = decode()
    tensor = classifier.pixels(probe)
    call, *bare = in_turns(
        [
            lambda: classifier.classify(probe),
            decode,
            lambda: np.asarray(image.resize(size, filter)),
            lambda: classifier.engine.run(tensor),
        ],
        min_seconds,
    )
    cold, minimal = cold_start(classifier.path, classifier.engine.name, probe)
    return Overhead(
        call_ms=call.p50,
        bare_ms=sum(latency.p50 for latency in bare),
        cold_ms=cold,
        minimal_ms=minimal,
    )
