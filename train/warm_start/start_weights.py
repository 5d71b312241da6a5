"""The weights of a finished run, as another fit of the same network begins with them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from edge.model_file.manifest import InputSpec
from train.errors import TrainError
from train.evaluation.keras_predictions import load_keras
from train.networks.compact import EVIDENCE
from train.networks.registry import ARCHITECTURES
from train.run.run_folder import Run, read_run
from train.run.same_labels import tells_the_same


def read_start(folder: Path, architecture: str) -> Run:
    """The run to go on from.

    Raises:
        TrainError: it is none, it is of another network, or one that cannot go on.
    """
    run = read_run(folder)
    own = run.manifest.architecture
    if own != architecture:
        raise TrainError(f"--warm-start {folder}: is of the network {own}; give --model {own}")
    if ARCHITECTURES[architecture].backbone:
        raise TrainError(
            f"--warm-start {folder}: {own} has a backbone, and starts from that: give --weights "
            f"{run.model_file} in place of --warm-start"
        )
    if run.manifest.pruned_from:
        raise TrainError(
            f"--warm-start {folder}: was pruned, and has other shapes than a fresh {own}; give the "
            f"run that it was pruned from ({run.manifest.pruned_from.run})"
        )
    return run


def check_start(folder: Path, architecture: str) -> None:
    """See that a fit can begin with a run's weights before minutes go into reading scans.

    Raises:
        TrainError: as `read_start` and `begin_with`.
    """
    read_start(folder, architecture)
    known = ARCHITECTURES[architecture]
    begin_with(known.build(known.input), folder)


def check_labels(run: Run, positive: Sequence[str], negative: Sequence[str]) -> None:
    """Raises `TrainError` unless the run tells the same apart as these class folders do."""
    if not tells_the_same(run, positive, negative):
        raise TrainError(
            f"--warm-start {run.folder}: has the labels {' / '.join(run.manifest.labels)}, not "
            f"{'+'.join(negative)} / {'+'.join(positive)}; it must tell the same apart"
        )


def other_input(run: Run, spec: InputSpec) -> str:
    """What of a scan's way to the network was another in the run, in words; "" if nothing was."""
    before, now = asdict(run.manifest.input), asdict(spec)
    names = [name for name in now if before[name] != now[name]]
    return ", ".join(f"{name} was {before[name]} and is {now[name]}" for name in names)


def begin_with(model: keras.Model, start: Path) -> None:
    """Give a fresh model the weights of a run.

    Raises:
        TrainError: its model cannot be read, or is of other shapes.
    """
    weights = load_keras(read_run(start)).get_weights()
    if [tuple(one.shape) for one in model.weights] != [one.shape for one in weights]:
        raise TrainError(
            f"--warm-start {start}: its weights are of other shapes than this network's; was it "
            "trained by another version of mri-edge?"
        )
    model.set_weights(weights)
    for layer in model.layers:
        if layer.name == EVIDENCE:  # where 0 lies is found anew at the end of a fit
            layer.shift.assign([0.0])
