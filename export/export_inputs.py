"""What exporting a run needs, read once for all of its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from edge.model_file.provenance import Provenance
from export.convert.heat_map_output import HEAT_MAP, heat_map_of, two_outputs
from export.convert.keras_conversion import Converter
from export.prove import parity
from export.quantize import representative_dataset
from train.data.read_folders import read_again
from train.data.scans import SplitScan
from train.evaluation.keras_predictions import (
    likenesses,
    load_gate_head,
    load_keras,
    load_type_head,
    tumor_probabilities,
    type_shares,
)
from train.run.run_folder import Run


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
    keras_likeness: np.ndarray | None = None
    """How much Keras finds the test files to look like heads, float64 [N]; None if the reject gate
    is no part of the network."""
    validation_likeness: np.ndarray | None = None
    """The same of the validation scans."""
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
    gate = load_gate_head(run)
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
        converter=Converter(model, positive, None if dynamic else 1, head, gate),
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
        keras_likeness=None if gate is None else likenesses(model, gate, pixels),
        validation_likeness=None if gate is None else likenesses(model, gate, validation_pixels),
        licence=licence,
    )


def _maps(model: keras.Model, positive: int, pixels: np.ndarray) -> np.ndarray | None:
    if heat_map_of(model).method is None:
        return None
    return two_outputs(model, positive).predict(pixels, batch_size=32, verbose=0)[HEAT_MAP]
