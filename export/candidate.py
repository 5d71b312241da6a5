"""A model file that is yet to be proven: written and loaded as a device would have it."""

from dataclasses import replace
from pathlib import Path

from edge import Classifier, EngineError, ModelError
from edge.console.messages import printable
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
    Provenance,
    Trial,
)
from export.errors import ExportError
from export.export_inputs import ExportInputs
from export.package.write_container import pack, write_atomically
from export.quantize import representative_dataset
from export.targets import Target


def load_everywhere(file: Path, target: Target) -> tuple[list[Classifier], tuple[str, ...]]:
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


def write_candidate(
    path: Path, payload: bytes, manifest: Manifest, provenance: Provenance
) -> Manifest:
    """Write a model file, and return its manifest as written: with the model's digest."""
    write_atomically(path, payload)
    manifest = replace(
        manifest, payload_sha256=payload_sha256(path), provenance=to_json(provenance)
    )
    write_atomically(path, pack(payload, manifest))
    return manifest


def manifest_of(inputs: ExportInputs, target: Target) -> Manifest:
    """What a file says of itself, but for its digest and provenance.

    Raises:
        ExportError: the run's words cannot stand in a manifest.
    """
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
            manifest_version=version_for(trained.types, trained.reject.learned),
        )
    except ValueError as error:  # as of labels that no terminal can show
        raise ExportError(f"{inputs.run.folder}: cannot be exported ({error})") from None


def provenance_of(
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
    return Provenance(
        *(trained.architecture, trained.training, golden, used),
        licence=inputs.licence,
        gate=trained.later_gate,
    )
