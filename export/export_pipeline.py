"""From a run to proven model files."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from edge import Classifier, EdgeError, EngineError, ModelError
from edge.console.messages import printable
from edge.console.signals import was_stopped
from edge.console.streams import silenced
from edge.inference.engines import installed, version
from edge.model_file.container import read_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.manifest import MAX_NAME, Manifest, version_for
from edge.model_file.payload import payload_sha256
from edge.model_file.provenance import (
    SCAN_DIGITS,
    Calibration,
    GoldenSample,
    Parity,
    Provenance,
    Trial,
)
from export.convert.heat_map_output import HEAT_MAP, heat_map_of, two_outputs
from export.convert.keras_conversion import Converter
from export.errors import ExportError
from export.package.write_container import pack, write_atomically
from export.prove import parity
from export.prove.advice import Again, advice, command
from export.prove.golden_sample import golden_pixels, golden_sample
from export.prove.validation import judge_validation
from export.quantize import layer_search, representative_dataset
from export.targets import Target
from train.data.read_folders import read_again
from train.data.scans import SplitScan
from train.evaluation.keras_predictions import (
    load_keras,
    load_type_head,
    tumor_probabilities,
    type_shares,
)
from train.run.run_folder import Run, sha256_file


@dataclass(frozen=True)
class Outcome:
    """What became of one target."""

    file: str
    published: bool
    problems: tuple[str, ...]
    """Why it was not published."""
    bytes: int
    """Of the model without its manifest; 0 if there is none."""
    parity: tuple[Parity, ...] = ()
    """A proof for each engine that loads the file."""
    fails_to_load: tuple[str, ...] = ()
    """Installed engines, with versions, that do not."""
    trials: tuple[Trial, ...] = ()
    """How int8 was sought on the validation part."""
    kept: tuple[str, ...] = ()
    """What each layer costs that stays in float, in words."""
    advice: tuple[str, ...] = ()
    """What may help, if it was not published."""
    sha256: str | None = None
    """Of the published file; None: there is none."""
    left_in_float: tuple[str, ...] = ()
    """Kinds of operations that an int8 file has in float though nothing asked for it."""


@dataclass(frozen=True)
class Limits:
    """Limits of the proof in place of the targets' own; None keeps those."""

    max_changed: int | None = None
    max_difference: float | None = None

    def of(self, target: Target, scans: int) -> tuple[int, float]:
        """How many verdicts on so many scans may change, and a probability by how much."""
        changed = target.max_changed(scans) if self.max_changed is None else self.max_changed
        return (
            changed,
            target.max_difference if self.max_difference is None else self.max_difference,
        )


@dataclass(frozen=True)
class Search:
    """How int8 is sought."""

    methods: tuple[str, ...] = ("min-max",)
    """Of calibration, keys of `export.quantize.calibration_methods.METHODS`."""
    growth: float = layer_search.DEFAULT_GROWTH
    """That layers in float may add to a file, as a share of it."""


@dataclass(frozen=True)
class ExportInputs:
    """All that exporting a run needs, read once for all targets."""

    run: Run
    converter: Converter
    dynamic: bool
    """Whether files are to take batches of any size."""
    calibration_scans: Sequence[SplitScan]
    calibration_pixels: np.ndarray
    """uint8 [N, H, W, C], of the training part."""
    validation_pixels: np.ndarray
    """uint8 [N, H, W, C]."""
    validation_probabilities: np.ndarray
    """What Keras makes of them, float64 [N]."""
    test_files: Sequence[Path]
    test_truth: np.ndarray
    """1 with a tumor, 0 without, [N]."""
    keras_probabilities: np.ndarray
    """float64 [N], of the test files."""
    keras_maps: np.ndarray | None
    """Heat maps of the test files, float32 [N, rows, columns]; None if the model has none."""
    validation_types: np.ndarray | None = None
    """Keras' probabilities of types, float64 [N, types]; None if the run tells none."""
    keras_types: np.ndarray | None = None
    """The same of the test files."""
    licence: str = Provenance.licence
    """In words: under which files may be used."""


def read_inputs(
    run: Run,
    data: Path | None,
    calibration_scans: int,
    dynamic: bool = False,
    licence: str = Provenance.licence,
) -> ExportInputs:
    """Load the run's model and scans, and let Keras judge the held-out ones.

    Raises:
        ExportError: no scans to calibrate with.
        TrainError: the model or scans are missing or changed.
    """
    model, head, spec = load_keras(run), load_type_head(run), run.manifest.input
    chosen = representative_dataset.choose(run.split, calibration_scans, run.manifest.training.seed)
    _, calibration_pixels = read_again(chosen, spec, data)
    validation = [scan for scan in run.split if scan.part == "validation"]
    # Without any, int8 is judged by the test part alone, and nothing is sought.
    validation_pixels, validation_probabilities = calibration_pixels[:0], np.zeros(0)
    types = run.manifest.types
    validation_types = None if types is None else np.zeros((0, len(types.labels)))
    if validation:
        _, validation_pixels = read_again(validation, spec, data)
        validation_probabilities = tumor_probabilities(model, run.manifest, validation_pixels)
        if types:
            validation_types = type_shares(model, head, types, validation_pixels)
    held_out = parity.held_out(run.split)
    positive = run.manifest.labels.index(run.manifest.positive)
    files, pixels = read_again(held_out, spec, data)
    return ExportInputs(
        run=run,
        converter=Converter(model, positive, None if dynamic else 1, head),
        dynamic=dynamic,
        calibration_scans=chosen,
        calibration_pixels=calibration_pixels,
        validation_pixels=validation_pixels,
        validation_probabilities=validation_probabilities,
        test_files=files,
        test_truth=np.array([scan.positive for scan in held_out], np.int64),
        keras_probabilities=tumor_probabilities(model, run.manifest, pixels),
        keras_maps=_maps(model, positive, pixels),
        validation_types=validation_types,
        keras_types=type_shares(model, head, types, pixels) if types else None,
        licence=licence,
    )


def _maps(model: keras.Model, positive: int, pixels: np.ndarray) -> np.ndarray | None:
    if heat_map_of(model).method is None:
        return None
    return two_outputs(model, positive).predict(pixels, batch_size=32, verbose=0)[HEAT_MAP]


def export_target(
    inputs: ExportInputs,
    target: Target,
    out: Path,
    limits: Limits,
    seek: Search,
    say: Callable[[str], None],
    again: Again | None = None,
) -> Outcome:
    """Convert, prove and, if it holds, publish one file in `out`.

    The candidate lives in a hidden file until it is proven; if it is not, an earlier file of the
    same name stays as it was.

    Args:
        again: the command that was given, for what to try if the file does not hold; None: one
            with the run alone.
    """
    run = inputs.run
    name = target.filename(run.name, inputs.dynamic)
    say(f"{name}: converting")
    # Of this process alone: another may be exporting to the same folder.
    candidate = out / f".candidate-{os.urandom(8).hex()}-{name}"
    trials, chosen, digest, left = (), None, None, ()
    try:
        if target.calibrated:
            quantizer = inputs.converter.int8(target.format, inputs.calibration_pixels)
            payload, chosen, trials = layer_search.find(
                quantizer,
                seek.methods,
                seek.growth,
                lambda *found: _judge(inputs, target, candidate, limits, *found),
                lambda message: say(f"{name}: {message}"),
            )
            left = tuple(quantizer.left_in_float(payload, chosen.kept))
        else:
            payload = inputs.converter.convert(target.format, target.precision, None)
    except OSError:
        raise  # a full disk: no fault of the conversion
    except Exception as error:
        # Converters raise anything. The other targets are still worth doing, unless somebody
        # pressed Ctrl-C, which TensorFlow's converter turns into an error of its own.
        if was_stopped():
            raise KeyboardInterrupt from None
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return Outcome(name, False, (f"conversion failed: {reason[0]}",), 0)
    finally:
        candidate.unlink(missing_ok=True)
    try:
        manifest = _manifest(inputs, target)
        draft = _provenance(inputs, chosen, trials)
        manifest = _write(candidate, payload, manifest, draft)
        say(f"{name}: proving on {len(inputs.test_files)} held-out scans")
        classifiers, unable = _load_everywhere(candidate, target)
        proofs = [
            parity.prove(
                classifier,
                target,
                inputs.test_files,
                inputs.test_truth,
                inputs.keras_probabilities,
                inputs.keras_maps,
                limits.max_changed,
                limits.max_difference,
                inputs.keras_types,
            )
            for classifier in classifiers
        ]
        problems = [f"In {p.engine}: {one}" for p in proofs for one in parity.failures(p)]
        if not proofs:
            problems.append(f"no installed engine loads it ({', '.join(unable) or 'none at all'})")
        if not problems:
            spec = run.manifest.input
            expected, types = classifiers[0].judge(golden_pixels(spec))
            golden = golden_sample(
                *(spec, expected, target.golden_tolerance, run.manifest.decision),
                *(run.manifest.types, types),
            )
            proven = replace(draft, golden=golden, parity=tuple(proofs), fails_to_load=unable)
            _write(candidate, payload, manifest, proven)
            digest = sha256_file(candidate)
            candidate.replace(out / name)
    except EdgeError as error:
        return Outcome(name, False, (str(error),), len(payload))
    finally:
        candidate.unlink(missing_ok=True)
    kept = tuple(layer_search.saved(trials, chosen)) if chosen else ()
    tips: tuple[str, ...] = ()
    if problems:
        used, again = len(inputs.calibration_scans), again or command(run.folder, {})
        seed = run.manifest.training.seed
        available = len(representative_dataset.choose(run.split, 2 * len(run.split) + 2, seed))
        figures = len(seek.methods), seek.growth, used, available
        tips = tuple(advice(target, *figures, chosen, proofs, again))
    return Outcome(
        *(name, not problems, tuple(problems), len(payload), tuple(proofs), unable),
        *(trials, kept, tips, digest, left),
    )


def _judge(
    inputs: ExportInputs,
    target: Target,
    candidate: Path,
    limits: Limits,
    payload: bytes,
    method: str,
    kept: tuple[str, ...],
) -> Trial:
    """What an int8 file makes of the validation scans, in the engine that does worst.

    The proof asks every engine. A file that one of them reads otherwise must not end the search.
    """
    _write(candidate, payload, _manifest(inputs, target), _provenance(inputs))
    classifiers, unable = _load_everywhere(candidate, target)
    if not classifiers:
        raise ExportError(f"no installed engine loads it ({', '.join(unable) or 'none at all'})")
    trials = [
        judge_validation(
            classifier,
            Trial(method, kept, len(payload), len(inputs.validation_pixels), 0, 0.0, 0.0, False),
            inputs.validation_pixels,
            inputs.validation_probabilities,
            inputs.validation_types,
            limits.of(target, len(inputs.validation_pixels)),
        )
        for classifier in classifiers
    ]
    return max(trials, key=layer_search.rank)


def _load_everywhere(file: Path, target: Target) -> tuple[list[Classifier], tuple[str, ...]]:
    """A classifier for each engine that loads the file, and the engines that cannot.

    An engine that is installed but broken (tflite-runtime beside NumPy 2) counts as not installed.
    """
    classifiers, unable = [], []
    for engine in installed(target.format):
        try:
            with silenced():
                # Unsigned as yet, whatever the trust store of this system wants.
                classifiers.append(Classifier(read_model(file, trust=None), engine=engine))
        except EngineError:
            continue
        except ModelError:
            unable.append(f"{engine} {version(engine)}")
    return classifiers, tuple(unable)


def _write(path: Path, payload: bytes, manifest: Manifest, provenance: Provenance) -> Manifest:
    write_atomically(path, payload)
    manifest = replace(
        manifest, payload_sha256=payload_sha256(path), provenance=to_json(provenance)
    )
    write_atomically(path, pack(payload, manifest))
    return manifest


def _manifest(inputs: ExportInputs, target: Target) -> Manifest:
    trained = inputs.run.manifest
    try:
        return Manifest(
            name=printable(inputs.run.name)[:MAX_NAME],
            format=target.format,
            precision=target.precision,
            labels=trained.labels,
            positive=trained.positive,
            input=trained.input,
            decision=trained.decision,
            reject=trained.reject,
            payload_sha256="",
            provenance={},
            heat_map=inputs.converter.heat_map,
            types=trained.types,
            manifest_version=version_for(trained.types),
        )
    except ValueError as error:  # as of labels that no terminal can show
        raise ExportError(f"{inputs.run.folder}: cannot be exported ({error})") from None


def _provenance(
    inputs: ExportInputs, chosen: Trial | None = None, trials: tuple[Trial, ...] = ()
) -> Provenance:
    """All but the proof and the golden sample."""
    trained = inputs.run.manifest
    used = None
    if chosen:
        used = Calibration(
            method=chosen.method,
            part=representative_dataset.PART,
            counts={
                label: sum(scan.positive is bool(i) for scan in inputs.calibration_scans)
                for i, label in enumerate(trained.labels)
            },
            sha256=tuple(scan.sha256[:SCAN_DIGITS] for scan in inputs.calibration_scans),
            kept=chosen.kept,
            trials=trials,
            older_quantizer=chosen.older_quantizer,
        )
    golden = GoldenSample("", "", 0.0, 0.0)
    return Provenance(trained.architecture, trained.training, golden, used, licence=inputs.licence)
