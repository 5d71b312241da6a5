"""The models to measure: loaded, proven by their self-test, and grouped by training run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.hardware.multiply_adds import Layer, count
from benchmarks.results.benchmark_report import Failed, Model
from edge import Classifier, EdgeError, EngineError
from edge.console.streams import silenced
from edge.inference.engines import installed, version
from edge.inference.self_test import golden_pixels, self_test
from edge.model_file.bundled import bundled_model
from edge.model_file.container import read_model
from edge.model_file.provenance import Provenance, provenance

SUFFIXES = (".tflite", ".onnx")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model file in an engine, loaded with each number of threads."""

    classifiers: dict[int, Classifier]
    """By number of threads, in the order asked for."""
    provenance: Provenance
    self_test: str
    layers: tuple[Layer, ...] | None
    seconds: float
    """One inference with the first number of threads takes about that."""

    @property
    def classifier(self) -> Classifier:
        """With the first number of threads."""
        return next(iter(self.classifiers.values()))

    @property
    def label(self) -> str:
        """For messages."""
        return f"{Path(self.classifier.path).name} ({self.classifier.engine.name})"

    def described(self) -> Model:
        """What is known before anything is measured."""
        classifier, layers = self.classifier, self.layers
        manifest, engine = classifier.manifest, classifier.engine.name
        return Model(
            file=Path(classifier.path).name,
            format=manifest.format,
            precision=manifest.precision,
            engine=engine,
            engine_version=version(engine),
            megabytes=classifier.size / 1e6,
            sha256=manifest.payload_sha256,
            self_test=self.self_test,
            macs=sum(layer.macs for layer in layers) if layers else None,
            weight_megabytes=sum(x.weight_bytes for x in layers) / 1e6 if layers else None,
        )


def find_models(
    given: Sequence[str], folder: Path, say: Callable[[str], object] = lambda words: None
) -> list[str]:
    """The files given, else all in `folder`, else the one that comes with the package.

    Args:
        say: takes what the user should know if it is the last.

    Raises:
        BenchmarkError: there is none.
    """
    found = list(given) or sorted(str(p) for p in folder.glob("*") if p.suffix in SUFFIXES)
    if not found and (bundled := bundled_model()):
        say(f"no model in {folder}/: the bundled one is measured")
        found = [bundled]
    if not found:
        raise BenchmarkError(
            f"no model given and none in {folder}/; `python -m export` writes them"
        )
    return found


def load(path: str, engine: str, threads: Sequence[int]) -> tuple[list[Candidate], list[Failed]]:
    """A model file in every engine that runs it, or in the one named; and what failed.

    One that fails its self-test is not among the candidates: it is not worth timing.

    Args:
        engine: "all" or a key of `edge.inference.engines.ENGINES`.
    """
    try:
        with silenced():
            file = read_model(path).verify()
    except EdgeError as error:
        return [], [Failed(path, str(error))]
    kind = file.manifest.format
    engines = installed(kind) if engine == "all" else [engine]
    loaded, failed = [], []
    for name in engines or ["auto"]:
        try:
            with silenced():
                found = {n: Classifier(file, engine=name, threads=n) for n in threads}
            classifier = next(iter(found.values()))
            tested = self_test(classifier)
            if not tested.passed:
                failed.append(Failed(path, f"not measured: {tested}"))
                continue
            loaded.append(
                Candidate(
                    classifiers=found,
                    provenance=provenance(file.manifest),
                    self_test=str(tested),
                    layers=count(path, kind, name),
                    seconds=_seconds(classifier),
                )
            )
        except EngineError as error:
            # A broken engine beside a good one (tflite-runtime beside NumPy 2) is none.
            if len(engines) < 2:
                failed.append(Failed(path, str(error)))
        except EdgeError as error:
            failed.append(Failed(path, str(error)))
    if not loaded and not failed:
        failed.append(Failed(path, f"no installed engine for {kind} models works here"))
    return loaded, failed


def by_run(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Those exported from one Keras model together, in the order of their first."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.provenance.training.model_sha256, []).append(candidate)
    return list(groups.values())


def _seconds(classifier: Classifier) -> float:
    pixels: np.ndarray = golden_pixels(classifier)
    classifier.logits(pixels)
    start = perf_counter()
    classifier.logits(pixels)
    return perf_counter() - start
