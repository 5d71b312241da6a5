"""From a network to a smaller one that says the same: choose channels, remove, refit, distil."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from train.array_archive import read_arrays
from train.augmentation.keras_layers import augmented_pixels
from train.data.samples import Samples
from train.errors import TrainError
from train.evaluation.keras_predictions import raw_outputs
from train.fitting.fit_options import Fit, FitContext, make_reproducible
from train.hardware import mixed_precision
from train.networks.cost import cost
from train.progress import counting, say
from train.pruning import distil
from train.pruning.allocation import Budget, allocate, removed_channels
from train.pruning.channel_groups import Channels, find_channels, is_mixing
from train.pruning.elimination import Moments, eliminate, refitted
from train.pruning.layer_inputs import Rows
from train.pruning.reconstruction import reconstruct
from train.pruning.removal import without_channels
from train.pruning.statistics import BATCH, Observed, Plan, moments, observe
from train.run.run_folder import PrunedFrom, Run

RIDGE, RIDGE_OF_FEW = 1e-3, 0.1
"""Of the least squares, as a share of the inputs' mean variance; the second where a layer gives a
row a scan, which are fewer than its weights."""
COPIES = 1
"""Augmented copies of each scan, beside itself, that layers are fitted to."""
PLACES = 64
"""Of a layer's output, of each scan: 26,000 rows for 200 scans and a copy, for 4,608 weights."""
MOST_SCANS = 400
"""Of a larger training part channels are chosen by as many; more would add time and little else."""
SIZE = 1.5
"""Share of the int8 file's size that may stay, as a multiple of that of multiply-adds: late layers
have most of the weights and cost the least time."""
VIEWS, MOST_VIEWS = 40, 8000
"""Changed copies of each scan that the distillation draws from, and pictures at most, unless there
are more scans: the teacher must see each once."""
EPOCH = 1000
"""Scans and copies of an epoch at least: a small training part is seen changed more often."""
RATE = 1.5e-4
"""Of the distillation's Adam at most."""


@dataclass(frozen=True)
class PruneOptions:
    """How far a network is pruned."""

    to: float
    """Share of multiply-adds that may stay, above 0 and below 1; of the size half as much again."""
    epochs: int
    """Of the distillation; 0: none."""
    max_changed: float
    """Share of the validation scans whose verdict may change."""
    parent: Run
    """The run that is pruned."""
    precision: str = mixed_precision.FLOAT32
    """That the distillation computes in."""

    @property
    def origin(self) -> PrunedFrom:
        """For the manifest."""
        return PrunedFrom(self.parent.name, self.parent.manifest.training.model_sha256, self.to)


def prune(
    teacher: keras.Model,
    train: Samples,
    validation: Samples,
    options: PruneOptions,
    seed: int,
    context: FitContext,
) -> Fit:
    """A pruned network with the teacher's layers, names and, nearly, outputs.

    Args:
        train: what is chosen by and fitted to; its labels take no part.
        validation: tells which epoch of the distillation to keep, by the distance to the teacher.
        context: its `checkpoint` is where the distillation's state is kept.

    Raises:
        TrainError: the budget cannot be met, or the state to resume from cannot be used.
    """
    make_reproducible(seed)
    channels = find_channels(teacher)
    file = context.checkpoint
    chosen = train
    if len(train) > MOST_SCANS:
        chosen = train[np.random.default_rng(seed).permutation(len(train))[:MOST_SCANS]]
    student, removed = _kept(file) or _refitted(teacher, channels, chosen.pixels, options, seed)
    if file and context.devices.first:
        _keep(student, removed, file)
    # Without distillation nothing learns from the other scans.
    shown = train if options.epochs else chosen
    copies = max(0, min(VIEWS, MOST_VIEWS // len(shown) - 1)) if options.epochs else 0
    views = _with_copies(shown.pixels, copies, seed)
    features = ~np.isin(channels.inputs[distil.first_dense(teacher)], removed)
    lessons = [
        distil.taught_by(teacher, *seen, context.cache, precision).with_features(features)
        for *seen, precision in (
            (views, np.repeat(shown.truth, copies + 1), options.precision),
            (validation.pixels, validation.truth, mixed_precision.FLOAT32),
        )
    ]
    learned = distil.distil(
        student,
        *lessons,
        rate=RATE,
        epochs=options.epochs,
        size=max(len(shown), EPOCH),
        seed=seed,
        precision=options.precision,
        file=context.checkpoint,
        progress=context.progress,
    )
    return Fit(
        student,
        learned.history,
        learned.best_epoch,
        cost(student),
        lambda found: raw_outputs(student, found),
    )


def _with_copies(pixels: np.ndarray, copies: int, seed: int) -> np.ndarray:
    """Each scan and changed copies of it, which depend on nothing else: other folds have the same.

    uint8 [N, ...] -> uint8 [N * (copies + 1), ...].
    """
    if not copies:
        return pixels
    found = np.repeat(pixels, copies + 1, axis=0)
    for scan, row in zip(pixels, range(0, len(found), copies + 1), strict=True):
        own = hashlib.blake2b(scan.tobytes() + b"%d" % seed, digest_size=4).digest()
        same = found[row + 1 : row + 1 + copies]
        same[:] = augmented_pixels(same, int.from_bytes(own, "big") >> 1)
    return found


def _refitted(
    teacher: keras.Model,
    channels: Channels,
    pixels: np.ndarray,
    options: PruneOptions,
    seed: int,
) -> tuple[keras.Model, np.ndarray]:
    """The pruned network with its layers fitted one after the other, and which channels went."""
    scans = np.concatenate([pixels, *(augmented_pixels(pixels, seed + i) for i in range(COPIES))])
    names = [layer.name for layer in teacher.layers if is_mixing(layer)]
    plan = Plan.of(teacher, names, len(scans), PLACES, seed)
    with counting("batches of scans to choose channels by", -(-len(scans) // BATCH)) as tick:
        seen = observe(teacher, names, scans, plan, tick)
    found = []
    with counting("groups of channels", len(channels.groups)) as tick:
        for group in channels.groups:
            consumers = {
                name: moments(seen[name], Rows(teacher.get_layer(name)), own)
                for name, own in group.consumers.items()
            }
            ridge = max(_ridge(plan, name) for name in consumers)
            found.append(eliminate(list(consumers.values()), ridge))
            tick()
    kept = allocate(teacher, channels, found, Budget(options.to, SIZE * options.to))
    for group, count in zip(channels.groups, kept, strict=True):
        say(f"  {group.name}: {count} of {group.size} channels stay")
    removed = removed_channels(channels.groups, found, kept)
    student = without_channels(teacher, channels, removed)
    changed = [name for name in names if np.isin(channels.inputs[name], removed).any()]
    for name in changed:
        _make_up(teacher, student, channels, seen[name], name, removed, _ridge(plan, name))
    if options.epochs:
        # Distillation makes up for the errors of earlier layers, too, and in all layers at once.
        return student, removed
    targets = {
        name: seen[name].targets[:, ~np.isin(channels.outputs[name], removed)]
        for name in changed
        if plan.places[name] is not None
    }
    with counting("layers to fit", len(targets)) as tick:
        reconstruct(student, targets, scans, plan, RIDGE, tick)
    return student, removed


def _ridge(plan: Plan, name: str) -> float:
    return RIDGE_OF_FEW if plan.places[name] is None else RIDGE


def _make_up(
    teacher: keras.Model,
    student: keras.Model,
    channels: Channels,
    seen: Observed,
    name: str,
    removed: np.ndarray,
    ridge: float,
) -> None:
    """Let the inputs that a layer has kept make up for the others, as seen in the teacher."""
    rows = Rows(teacher.get_layer(name))
    if seen.covariance is None:
        return
    stay = np.flatnonzero(~np.isin(channels.inputs[name], removed))
    outputs = ~np.isin(channels.outputs[name], removed)
    kept = np.sort(rows.members(stay[:, None]).ravel())
    whole, bias = rows.matrix()
    whole = whole.astype(np.float64)
    everything = rows.members(np.arange(len(channels.inputs[name]))[:, None])
    weights = refitted(Moments(seen.covariance, whole, everything), kept, ridge)
    if bias is not None:
        bias = (bias + seen.mean @ whole - seen.mean[kept] @ weights)[outputs]
    Rows(student.get_layer(name)).set_matrix(weights[:, outputs], bias)


def _keep(student: keras.Model, removed: np.ndarray, file: Path) -> None:
    """Write what the layers were fitted to, so that an interrupted distillation goes on from it."""
    student.save(_network(file))
    temporary = file.with_suffix(".tmp")
    with open(temporary, "wb") as stream:
        np.savez(stream, removed=removed)
    temporary.replace(_removed(file))


def _kept(file: Path | None) -> tuple[keras.Model, np.ndarray] | None:
    """What `_keep` wrote; None if there is nothing whole."""
    if file is None or not _removed(file).exists():
        return None
    try:
        removed = read_arrays(_removed(file))["removed"]
        return keras.saving.load_model(_network(file), compile=False), removed
    except (OSError, ValueError, KeyError) as error:
        raise TrainError(
            f"{file.parent}: is damaged ({error!s:.200}); prune anew, with --overwrite in place of "
            "--resume"
        ) from error


def _network(file: Path) -> Path:
    return file.with_suffix(".pruned.keras")


def _removed(file: Path) -> Path:
    return file.with_name(f"{file.stem}-removed.npz")
