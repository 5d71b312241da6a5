"""Fit a network on pixels in memory: the phases, and what each of them learns from."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from train.augmentation.keras_layers import augmenting
from train.data.samples import Samples
from train.errors import TrainError
from train.fitting import checkpoint
from train.fitting.balanced_batches import Batches
from train.fitting.checkpoint import State
from train.fitting.early_stopping import EarlyStopping, assign, snapshot
from train.fitting.fit_options import Fit, FitContext, FitOptions, make_reproducible
from train.fitting.step_variables import create_step_variables
from train.hardware import mixed_precision
from train.hardware.devices import Devices
from train.hardware.out_of_memory import naming_out_of_memory
from train.networks.backbones import LOGITS
from train.networks.cost import cost
from train.networks.freezing import ALL, cut, freeze_base, unfreeze
from train.networks.pretrained_weights import NONE
from train.networks.registry import ARCHITECTURES
from train.progress import counting
from train.warm_start.start_weights import begin_with

_AGREEMENT = 1e-3
"""Of logits from cached features with those of the whole model: the same sums in batches of another
size; relative to the largest."""


@dataclass(frozen=True)
class Phase:
    """A part of a fit with a learning rate and frozen layers of its own."""

    name: str
    rate: float
    freeze: Callable[[keras.Model], None]


def phases(options: FitOptions) -> list[Phase]:
    """The phases of a fit.

    Raises:
        TrainError: an option for backbones is given to a network without one.
    """
    backbone = ARCHITECTURES[options.architecture].backbone
    if backbone is None:
        if options.weights != NONE or options.unfreeze:
            raise TrainError(
                f"--model {options.architecture} has no backbone; leave --weights and --unfreeze "
                "out"
            )
        return [Phase("all", options.learning_rate, lambda model: None)]
    head = Phase("head", options.learning_rate, freeze_base)
    if not options.unfreeze:
        return [head]
    norms = options.weights == NONE

    def thaw(model: keras.Model) -> None:
        unfreeze(model, options.unfreeze, norms)

    tuned = Phase("fine-tuning", options.fine_tune_rate, thaw)
    # Features of random weights are no start worth having if the weights are to change.
    return [tuned] if options.unfreeze == ALL and norms else [head, tuned]


def fit(options: FitOptions, train: Samples, validation: Samples, context: FitContext) -> Fit:
    """Fit `options.architecture` by Adam on cross-entropy, with early stopping, phase by phase.

    Args:
        validation: decides when to stop, and which epoch is kept.

    Raises:
        TrainError: the loss is no longer a number, the memory is too small, or weights, a prefix or
            the state to resume from cannot be used.
    """
    if ARCHITECTURES[options.architecture].evidence:
        from train.fitting.fit_evidence_map import fit_evidence

        with naming_out_of_memory(options.batch_size):
            return fit_evidence(options, train, validation, context)
    make_reproducible(options.seed)
    state = (checkpoint.load(context.checkpoint) if context.checkpoint else None) or State()
    with naming_out_of_memory(options.batch_size, ", or a smaller --copies"):
        model, own = _build(options, context.devices)
        wanted = phases(options)
        for phase in wanted:
            phase.freeze(own)  # a prefix that matches nothing is said before hours of work
        for number, phase in enumerate(wanted):
            for one in {id(model): model, id(own): own}.values():
                phase.freeze(one)
            if number >= state.phase and not state.finished:
                _run(options, number, phase, model, own, state, train, validation, context)
        if not state.finished:
            state.finished, state.variables, state.optimizer = True, [], []
            state.best = own.get_weights()
            if context.checkpoint and context.devices.first:
                checkpoint.save(state, context.checkpoint)
        own.set_weights(state.best)
        logits = _logits(own, context, options.seed)
        _check(own, logits, validation.pixels[:8])
    return Fit(own, state.history, state.best_epoch, cost(own), logits)


def _build(options: FitOptions, devices: Devices) -> tuple[keras.Model, keras.Model]:
    """The model to train, on all devices and in the precision asked for, and the one to keep.

    The one to keep is in float32 on one device; it is the same where that is no difference.
    """
    architecture = ARCHITECTURES[options.architecture]

    def build() -> keras.Model:
        keras.utils.set_random_seed(options.seed)
        if architecture.backbone is None or options.weights == NONE:
            fresh = architecture.build(architecture.input)
            if options.start:
                begin_with(fresh, options.start)
            return fresh
        return architecture.build(architecture.input, weights=options.weights)

    with devices.alone():
        own = build()
    if options.precision == mixed_precision.FLOAT32 and devices.count == 1:
        return own, own
    with devices.together(), mixed_precision.computing_in(options.precision):
        model = build()
    return model, own


def _run(
    options: FitOptions,
    number: int,
    phase: Phase,
    model: keras.Model,
    own: keras.Model,
    state: State,
    train: Samples,
    validation: Samples,
    context: FitContext,
) -> None:
    """Run a phase, or what is left of it; `model` and `own` have its best weights then."""
    architecture, devices = ARCHITECTURES[options.architecture], context.devices
    with devices.together():
        frozen, rest = cut(model)
    own_frozen, own_rest = (frozen, rest) if model is own else cut(own)
    if frozen:
        copies = options.copies if options.augment else 0
        with devices.alone():
            inputs = context.cache(
                own_frozen, train.pixels, copies, options.seed, counting, options.precision
            )
            held_out = context.cache(own_frozen, validation.pixels, 0, options.seed, counting)[0]
    else:
        inputs, held_out = train.pixels[None], validation.pixels
    with devices.together():
        # Up to the logits: a saturated probability has no gradient where a backend takes its
        # logarithm, and ImageNet features saturate a fresh head.
        _, learning = cut(model, LOGITS)
        trained = augmenting(learning, options.seed) if options.augment and not frozen else learning
        loss, accuracy = architecture.loss_of_logits()
        trained.compile(optimizer=keras.optimizers.Adam(phase.rate), loss=loss, metrics=[accuracy])
    batches = Batches(
        inputs,
        train.truth,
        options.batch_size,
        options.seed,
        balanced=options.augment,
        share=devices.process,
        divisor=devices.count,
    )
    with devices.together():
        create_step_variables(trained, batches[0][1])
    if number == state.phase and state.epoch:
        assign(trained.variables, state.variables)
        assign(trained.optimizer.variables, state.optimizer)
    else:
        state.phase, state.epoch, state.waited = number, 0, 0
        if number:
            state.best = snapshot(rest.variables)

    def validate() -> dict[str, float]:
        if own_rest is not rest:
            assign(own_rest.variables, snapshot(rest.variables))
        with devices.alone():
            return _validation_scores(own_rest, held_out, validation.truth, options.batch_size)

    file = context.checkpoint if devices.first else None
    early_stopping = EarlyStopping(state, rest, batches.begin, validate, options.patience, file)
    shown = [context.progress(phase.name, options.epochs)] if context.progress else []
    if state.waited < options.patience and state.epoch < options.epochs:
        with devices.together(), early_stopping.saving_when_stopped():
            trained.fit(
                batches,
                epochs=options.epochs,
                initial_epoch=state.epoch,
                shuffle=False,  # `batches` does, and remembers how
                verbose=0,
                callbacks=[early_stopping, *shown],
            )
    assign(rest.variables, state.best)
    if own_rest is not rest:
        assign(own_rest.variables, state.best)


def _validation_scores(
    model: keras.Model, inputs: np.ndarray, truth: np.ndarray, batch_size: int
) -> dict[str, float]:
    """Loss and accuracy on the validation part, by the logarithm that Keras' losses use."""
    probability = model.predict(inputs, batch_size=batch_size, verbose=0)
    if probability.shape[1] == 1:
        probability = np.concatenate([1 - probability, probability], axis=1)
    epsilon = keras.config.epsilon()
    right = np.clip(probability[np.arange(len(truth)), truth], epsilon, 1 - epsilon)
    hit = (probability[:, 1] >= 0.5) == truth
    return {"val_loss": float(-np.log(right).mean()), "val_accuracy": float(hit.mean())}


def _logits(
    model: keras.Model, context: FitContext, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    frozen, behind = cut(model, LOGITS)

    def logits(pixels: np.ndarray) -> np.ndarray:
        with context.devices.alone():
            inputs = context.cache(frozen, pixels, 0, seed, counting)[0] if frozen else pixels
            return behind.predict(inputs, batch_size=32, verbose=0)

    return logits


def _check(model: keras.Model, logits: Callable, pixels: np.ndarray) -> None:
    """The cached features must lead to what the saved model itself says."""
    from train.evaluation.keras_predictions import raw_outputs

    cached, whole = logits(pixels), raw_outputs(model, pixels)
    if not np.abs(cached - whole).max() <= _AGREEMENT * max(1.0, np.abs(whole).max()):
        raise TrainError(
            f"cached features lead to other logits than the model ({cached[0]}, {whole[0]}): "
            "the cache of an interrupted run is of other weights; train anew, without --resume"
        )
