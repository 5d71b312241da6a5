"""Measure how often the interval of the calibration error holds the true one; prints Markdown.

    python docs/scripts/calibration_coverage.py [--draws 400]

Probabilities are drawn from a symmetric Beta distribution, and the truth by them after their logits
were multiplied and moved, so the true error over the bins is known. Each interval is drawn by the
code of `train.evaluation`. What stood there before, the basic bootstrap, is shown beside it.
"""

import argparse

import numpy as np

from train.evaluation import metrics
from train.evaluation.calibration_error_interval import calibration_interval
from train.evaluation.evaluate import RESAMPLES

SIZES = (50, 250, 800)
CASES = (
    ("well calibrated, mostly sure", 0.5, 1.0, 0.0),
    ("well calibrated, mostly unsure", 2.0, 1.0, 0.0),
    ("a little too sure", 0.5, 0.8, 0.0),
    ("too sure", 0.5, 0.6, 0.0),
    ("much too sure", 0.5, 0.4, 0.0),
    ("too low, mostly sure", 0.5, 1.0, 1.0),
    ("too low, mostly unsure", 2.0, 1.0, 0.5),
)
"""Words; Beta's two parameters; what the logits are multiplied by, and moved by, for the truth."""
_MANY = 4_000_000  # scans that the true error is taken from


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=400, help="test sets a row (default: 400)")
    draws = parser.parse_args().draws
    print("| probabilities | scans | true error | mean measured | test inversion | basic |")
    print("|---|---|---|---|---|---|")
    for words, shape, factor, offset in CASES:
        random = np.random.default_rng(0)
        wanted, _ = _drawn(random, _MANY, shape, factor, offset)
        true = float(metrics.calibration_error(_chance(wanted, factor, offset), wanted))
        true = 0.0 if (factor, offset) == (1, 0) else true
        for size in SIZES:
            held = np.zeros(2)
            values = []
            for _ in range(draws):
                value, intervals = _intervals(random, size, shape, factor, offset)
                held += [low <= true <= high for low, high in intervals]
                values.append(value)
            shares = " | ".join(f"{share:.1%}" for share in held / draws)
            print(
                f"| {words} | {size} | {true:.3f} | {np.mean(values):.3f} | {shares} |", flush=True
            )


def _intervals(random, size: int, shape: float, factor: float, offset: float):
    probability, truth = _drawn(random, size, shape, factor, offset)
    weights = random.multinomial(size, np.full(size, 1 / size), RESAMPLES).astype(np.float64)
    gaps = metrics.calibration_gaps(truth, probability)
    resampled = metrics.calibration_gaps(truth, probability, weights)
    value = float(metrics.calibration_error(truth, probability))
    low, high = np.percentile(np.abs(resampled).sum(-1), [2.5, 97.5])
    basic = max(0.0, 2 * value - high), max(0.0, 2 * value - low)
    return value, (calibration_interval(value, gaps, resampled), basic)


def _drawn(random, size: int, shape: float, factor: float, offset: float):
    probability = np.clip(random.beta(shape, shape, size), 1e-4, 1 - 1e-4)
    return probability, (random.random(size) < _chance(probability, factor, offset)).astype(int)


def _chance(probability: np.ndarray, factor: float, offset: float) -> np.ndarray:
    logit = np.log(probability) - np.log1p(-probability)
    return 1 / (1 + np.exp(-(factor * logit + offset)))


if __name__ == "__main__":
    main()
