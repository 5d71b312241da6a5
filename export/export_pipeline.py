"""From a run to proven model files."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edge import Classifier, EdgeError
from edge.console.signals import was_stopped
from edge.inference.self_test import replay
from edge.model_file.provenance import GoldenSample, Parity, Trial
from export.candidate import load_everywhere, manifest_of, provenance_of, write_candidate
from export.errors import ExportError
from export.export_inputs import ExportInputs
from export.prove import parity
from export.prove.advice import Again, advice, command
from export.prove.golden_sample import golden_pixels, golden_sample
from export.prove.validation import judge_validation
from export.quantize import layer_search, representative_dataset
from export.targets import Target
from train.run.run_folder import sha256_file


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
class _Converted:
    """A model, and how its int8 was found."""

    payload: bytes
    chosen: Trial | None = None
    trials: tuple[Trial, ...] = ()
    left_in_float: tuple[str, ...] = ()


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
    name = target.filename(inputs.run.name, inputs.dynamic)
    say(f"{name}: converting")
    # Of this process alone: another may be exporting to the same folder.
    candidate = out / f".candidate-{os.urandom(8).hex()}-{name}"
    try:
        made = _convert(
            inputs, target, candidate, limits, seek, lambda text: say(f"{name}: {text}")
        )
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
    digest = None
    try:
        draft = provenance_of(inputs, made.chosen, made.trials)
        manifest = write_candidate(candidate, made.payload, manifest_of(inputs, target), draft)
        say(f"{name}: proving on {len(inputs.test_files)} held-out scans")
        classifiers, unable = load_everywhere(candidate, target)
        proofs = [_prove(inputs, target, limits, classifier) for classifier in classifiers]
        problems = [f"In {p.engine}: {one}" for p in proofs for one in parity.failures(p)]
        if not proofs:
            problems.append(f"no installed engine loads it ({', '.join(unable) or 'none at all'})")
        if not problems:
            draft = replace(draft, parity=tuple(proofs), fails_to_load=unable)
            pixels = golden_pixels(inputs.run.manifest.input)
            golden = _golden_sample(inputs, target, classifiers[0], pixels)
            replays = [replay(classifier, golden, pixels) for classifier in classifiers]
            problems = [f"On a device: {one}" for one in replays if not one.passed]
        if not problems:
            write_candidate(candidate, made.payload, manifest, replace(draft, golden=golden))
            digest = sha256_file(candidate)
            candidate.replace(out / name)
    except EdgeError as error:
        return Outcome(name, False, (str(error),), len(made.payload))
    finally:
        candidate.unlink(missing_ok=True)
    return Outcome(
        file=name,
        published=not problems,
        problems=tuple(problems),
        bytes=len(made.payload),
        parity=tuple(proofs),
        fails_to_load=unable,
        trials=made.trials,
        kept=tuple(layer_search.saved(made.trials, made.chosen)) if made.chosen else (),
        advice=_advice(inputs, target, seek, made.chosen, proofs, again) if problems else (),
        sha256=digest,
        left_in_float=made.left_in_float,
    )


def _convert(
    inputs: ExportInputs,
    target: Target,
    candidate: Path,
    limits: Limits,
    seek: Search,
    say: Callable[[str], None],
) -> _Converted:
    """The model in the target's format and precision. Raises whatever a converter raises."""
    if not target.calibrated:
        return _Converted(inputs.converter.convert(target.format, target.precision, None))
    quantizer = inputs.converter.int8(target.format, inputs.calibration_pixels)
    payload, chosen, trials = layer_search.find(
        quantizer,
        seek.methods,
        seek.growth,
        lambda *found: _judge(inputs, target, candidate, limits, *found),
        say,
    )
    return _Converted(payload, chosen, trials, tuple(quantizer.left_in_float(payload, chosen.kept)))


def _prove(inputs: ExportInputs, target: Target, limits: Limits, classifier: Classifier) -> Parity:
    return parity.prove(
        classifier,
        target,
        inputs.test_files,
        inputs.test_truth,
        inputs.keras_probabilities,
        inputs.keras_maps,
        limits.max_changed,
        limits.max_difference,
        inputs.keras_types,
        inputs.keras_likeness,
    )


def _golden_sample(
    inputs: ExportInputs, target: Target, classifier: Classifier, pixels: np.ndarray
) -> GoldenSample:
    """What the file makes of a generated picture, for the device to compare itself with."""
    run = inputs.run.manifest
    expected, types, likeness = classifier.judge(pixels)
    return golden_sample(
        *(run.input, expected, target.golden_tolerance, run.decision),
        *(run.types, types, likeness),
    )


def _advice(
    inputs: ExportInputs,
    target: Target,
    seek: Search,
    chosen: Trial | None,
    proofs: list[Parity],
    again: Again | None,
) -> tuple[str, ...]:
    """What may help a file that does not hold."""
    run = inputs.run
    available = representative_dataset.most(run.split)
    figures = len(seek.methods), seek.growth, len(inputs.calibration_scans), available
    return tuple(advice(target, *figures, chosen, proofs, again or command(run.folder, {})))


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
    write_candidate(candidate, payload, manifest_of(inputs, target), provenance_of(inputs))
    classifiers, unable = load_everywhere(candidate, target)
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
            inputs.validation_likeness,
        )
        for classifier in classifiers
    ]
    return max(trials, key=layer_search.rank)
