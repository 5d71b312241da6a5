"""What caching frozen features saves: `python -m benchmarks.transfer_learning`.

The same scans (phantoms), batches, epochs and initial weights twice: once with `model.fit` through
the whole network with a frozen backbone, once as `python -m train` does it, on features computed
once. Exit status 1 if the speed-up is below what the project promises, or the heads differ; 2 wrong
usage.
"""

import argparse
import sys
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from edge import NOTICE

WANTED = {5: 4.0, 20: 15.0}
"""Epochs, and how many times faster the cache must make them."""
LOSS_TOLERANCE = 2e-3
"""Relative difference between the validation losses of the two heads, in every epoch: the features
are the same sums in batches of another size."""


@dataclass(frozen=True)
class Timed:
    """One way of fitting."""

    seconds: list[float]
    """From the beginning to the end of each epoch."""
    losses: list[float]
    """On the validation part, an epoch."""


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks.transfer_learning` and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.transfer_learning",
        description=f"{__doc__.split(':')[0]}. {NOTICE}",
    )
    parser.add_argument("--model", default="vgg16", help="with a backbone (default: vgg16)")
    parser.add_argument(
        "--scans",
        type=int,
        default=253,
        help="a third of them validates (default: 253, the articles')",
    )
    args = parser.parse_args(argv)

    from train.hardware import backend

    backend.start()
    from train.networks.registry import ARCHITECTURES

    known = [name for name, one in ARCHITECTURES.items() if one.backbone]
    if args.model not in known:
        parser.error(f"--model {args.model}: has no backbone to freeze; use {', '.join(known)}")
    epochs = max(WANTED)
    case, train, validation = _prepared(args.model, args.scans, epochs)
    cached = _cached(case, train, validation)
    plain = _plain(case, train, validation)
    ours, theirs = np.array(cached.losses), np.array(plain.losses)
    difference = float(np.max(np.abs(ours - theirs) / theirs))  # NaN if any loss is: no agreement
    print(f"{args.model}, {len(train)} scans to train with and {len(validation)} to validate")
    held = difference <= LOSS_TOLERANCE
    for count, wanted in WANTED.items():
        ours, theirs = cached.seconds[count - 1], plain.seconds[count - 1]
        held = held and theirs / ours >= wanted
        print(
            f"{count:3} epochs: {theirs:7.1f} s through the whole network, {ours:6.1f} s on cached "
            f"features: {theirs / ours:.1f} times faster (wanted: {wanted:g})"
        )
    print(
        f"validation losses differ by {difference:.1e} of their value at most "
        f"(allowed: {LOSS_TOLERANCE:g})"
    )
    return 0 if held else 1


def _prepared(model: str, scans: int, epochs: int):
    from edge.scan.decode import from_array
    from edge.scan.preprocess import preprocess
    from train.data.samples import Samples
    from train.fitting.fit_options import FitOptions
    from train.networks.registry import ARCHITECTURES
    from train.phantom.make import make_phantom

    spec, truth = ARCHITECTURES[model].input, np.arange(scans) % 2
    pixels = np.stack(
        [preprocess(from_array(make_phantom(i, bool(t)).pixels), spec) for i, t in enumerate(truth)]
    )
    samples = Samples(pixels, truth, np.arange(scans))
    held_out = np.arange(scans) % 3 == 0
    case = FitOptions(model, epochs, 8, 1e-4, epochs, augment=False, seed=0)
    return case, samples[~held_out], samples[held_out]


def _cached(case, train, validation) -> Timed:
    import keras

    from train.fitting.fit import fit
    from train.fitting.fit_options import FitContext

    seconds, start = [], perf_counter()

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seconds.append(perf_counter() - start)

    fitted = fit(case, train, validation, FitContext(progress=lambda phase, epochs: Clock()))
    return Timed(seconds, fitted.history["val_loss"])


def _plain(case, train, validation) -> Timed:
    """As one would without a cache; by `keras.Model.fit`, its validation included."""
    import keras

    from train.fitting.balanced_batches import Batches
    from train.fitting.fit_options import make_reproducible
    from train.networks.freezing import freeze_base
    from train.networks.registry import ARCHITECTURES

    make_reproducible(case.seed)
    seconds, start = [], perf_counter()
    architecture = ARCHITECTURES[case.architecture]
    model = architecture.build(architecture.input)
    freeze_base(model)
    model.compile(keras.optimizers.Adam(case.learning_rate), architecture.loss)
    batches = Batches(train.pixels[None], train.truth, case.batch_size, case.seed, balanced=False)
    log = model.fit(
        batches,
        validation_data=(validation.pixels, validation.truth),
        validation_batch_size=case.batch_size,
        epochs=case.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: batches.begin(epoch),
                on_epoch_end=lambda epoch, logs: seconds.append(perf_counter() - start),
            )
        ],
    )
    return Timed(seconds, log.history["val_loss"])


if __name__ == "__main__":
    sys.exit(main())
