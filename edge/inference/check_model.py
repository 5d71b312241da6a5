"""What `--self-test` tells of a model file, in every installed engine.

Its hash, its golden sample, and the engines compared with one another on more than that sample.
"""

import os
from dataclasses import dataclass

import numpy as np

from edge import NOTICE
from edge.console.messages import printable
from edge.errors import EdgeError, EngineError, ModelError
from edge.inference.classifier import Classifier
from edge.inference.decision import verdict_of_outputs
from edge.inference.decision_replay import replay_decision, replay_gate, replay_types
from edge.inference.engines import ENGINES, import_problem, installed, version
from edge.inference.prediction import Answer
from edge.inference.self_test import (
    difference_words,
    golden_pixels,
    likeness_apart,
    self_test,
    types_apart,
)
from edge.model_file.container import ModelFile, read_model
from edge.model_file.provenance import provenance
from edge.scan.ood_gate import GateResult


@dataclass(frozen=True)
class Check:
    """One line of a check."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class ModelCheck:
    """Everything `--self-test` found."""

    model: str
    path: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        return {
            "passed": self.passed,
            "model": self.model,
            "path": self.path,
            "checks": [vars(check) for check in self.checks],
            "notice": NOTICE,
        }

    def __str__(self) -> str:
        word = "passed" if self.passed else "FAILED"
        lines = [f"self-test {word} ({self.model}, {self.path})"]
        for check in self.checks:
            lines.append(
                f"  {'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.detail}"
            )
        return "\n".join(map(printable, lines))  # names come from the file


def check_model(model: ModelFile, engine: str = "auto") -> ModelCheck:
    """Check a model file here: its hash, the golden sample, the engines against one another, and
    that verdicts and the gate are what its manifest says.

    Who vouches for the file is told; whether it may be used at all, `ModelFile.verify` decides.

    Where the same model lies beside it in the other format (`cnn-int8.onnx` beside
    `cnn-int8.tflite`), it is checked and compared as well, in the engines that can load it.

    Args:
        engine: "auto": every installed engine of the format; or the only one to ask.

    Raises:
        ModelError: the payload or the golden sample is damaged, or no engine can load the model.
        EngineError: no engine for it is installed, or the one asked for is not.
    """
    model.verify()
    manifest = model.manifest
    checks = [
        Check("payload", True, f"sha256 {manifest.payload_sha256[:16]}... as exported"),
        Check("signature", True, f"file sha256 {model.sha256[:16]}...; {model.vouched()}"),
    ]
    classifiers = _classifiers(model, engine, checks)
    sibling = _sibling(model) if engine == "auto" else None
    if sibling:
        found, unusable = _loaded(sibling, installed(sibling.manifest.format))
        classifiers += found
        for name, error in unusable.items():
            # The model that was asked about does not need it.
            checks.append(Check(f"{os.path.basename(sibling.path)} on {name}", True,
                                f"not compared ({error})"))  # fmt: skip
    for classifier in classifiers:
        result = self_test(classifier)
        where = f"golden sample on {_engine(classifier)}"
        checks.append(Check(where, result.passed, str(result).split(": ", 1)[1]))
    golden = provenance(manifest).golden
    checks.append(Check("decision", *replay_decision(manifest, golden)))
    if manifest.types:
        checks.append(Check("types", *replay_types(manifest.types, golden)))
    checks.append(Check("gate", *replay_gate(manifest.input, manifest.reject)))
    checks += [
        _compare(one, other) for i, one in enumerate(classifiers) for other in classifiers[i + 1 :]
    ]
    return ModelCheck(f"{manifest.name} {manifest.precision}", model.path, tuple(checks))


def run_self_test(model: ModelFile, engine: str, format: str) -> int:
    """Print `check_model` as "text" or "json"; returns the exit status.

    Raises:
        ModelError, EngineError: as `check_model`.
    """
    from edge.console.messages import results
    from edge.console.streams import silenced

    with silenced():
        result = check_model(model, engine)
    if format == "json":
        import json

        print(json.dumps(result.to_dict(), indent=1), file=results())
    else:
        print(result, NOTICE, sep="\n", file=results())
    return 0 if result.passed else 1


def _classifiers(model: ModelFile, engine: str, checks: list[Check]) -> list[Classifier]:
    """The model in every engine that loads it; one that does not becomes a failed check."""
    names = installed(model.manifest.format) if engine == "auto" else [engine]
    if len(names) < 2:
        if names and names[0] in installed() and (problem := import_problem(names[0])):
            raise EngineError(f"{names[0]}: {problem}")
        return [Classifier(model, engine=names[0] if names else engine)]
    found, unusable = _loaded(model, names)
    for name, error in unusable.items():
        checks.append(Check(f"{os.path.basename(model.path)} on {name}", False, error))
    if not found:
        raise ModelError(f"{model.path}: none of {', '.join(names)} can load it")
    return found


def _loaded(model: ModelFile, names: list[str]) -> tuple[list[Classifier], dict[str, str]]:
    """The model in each engine that loads it, and by engine why another does not."""
    found, unusable = [], {}
    for name in names:
        if problem := import_problem(name):
            unusable[name] = problem
            continue
        try:
            found.append(Classifier(model, engine=name))
        except EdgeError as error:
            unusable[name] = str(error)
    return found, unusable


def _sibling(model: ModelFile) -> ModelFile | None:
    """The same model in the other format, if it lies beside this one and can be run."""
    stem, suffix = os.path.splitext(model.path)
    other = {".tflite": "onnx", ".onnx": "tflite"}.get(suffix.lower())
    if not other or not installed(other) or not os.path.isfile(f"{stem}.{other}"):
        return None
    try:
        found = read_model(f"{stem}.{other}", model.trust).verify()
        same = provenance(found.manifest).training == provenance(model.manifest).training
    except ModelError:
        return None  # its own self-test says what is wrong with it
    same = same and found.manifest.precision == model.manifest.precision
    return found if same else None


def _compare(one: Classifier, other: Classifier) -> Check:
    """Two engines on the golden sample turned, mirrored and darkened: eight tensors."""
    tolerance = sum(provenance(c.manifest).golden.tolerance for c in (one, other))
    off, changed = [], 0
    for pixels in _variants(golden_pixels(one)):
        first, second = one.judge(pixels), other.judge(pixels)
        off.append(
            (
                abs(first.probability - second.probability),
                types_apart((first.types or {}).values(), (second.types or {}).values()),
                likeness_apart(first.likeness, second.likeness),
            )
        )
        changed += _decided(one, first) != _decided(other, second)
    # Of NumPy, as Python's own may pass over what is no number.
    largest, types, likeness = np.max(off, axis=0).tolist()
    manifests = one.manifest, other.manifest
    told = any(m.types for m in manifests)
    gated = any(m.graph_gate for m in manifests)
    # A verdict may change where the two lie on either side of a threshold, within tolerance.
    return Check(
        f"{_engine(one)} against {_engine(other)}",
        all(one <= tolerance for one in (largest, types, likeness)),
        f"probabilities of 8 tensors differ by {largest:.2g} at most"
        + difference_words("types differ", types if told else None)
        + difference_words("likeness differs", likeness if gated else None)
        + f"; tolerance {tolerance:g}; {changed} verdicts differ",
    )


def _decided(classifier: Classifier, answer: Answer) -> str:
    return verdict_of_outputs(
        GateResult(), answer.probability, answer.likeness, classifier.manifest
    )


def _variants(pixels: np.ndarray) -> list[np.ndarray]:
    flips = [pixels, pixels[::-1], pixels[:, ::-1], pixels[::-1, ::-1]]
    return [np.ascontiguousarray(p) for p in (*flips, *(p // 2 for p in flips))]


def _engine(classifier: Classifier) -> str:
    name = classifier.engine.name
    # One that runs both formats may be asked twice.
    file = f" (.{classifier.manifest.format})" if len(ENGINES[name][0]) > 1 else ""
    return f"{name} {version(name)}{file}"
