"""Fit a `train.networks.type_head.TypeHead`: logistic regression on what a fitted network sees.

The network is not touched. Scans of all types weigh so that each type weighs alike, however many
there are. How strongly the weights are held back is chosen on the validation part.
"""

from collections.abc import Callable

import keras
import numpy as np

from train.augmentation.keras_layers import augmented_pixels
from train.evaluation.keras_predictions import softmax
from train.networks.type_head import TypeHead, pooled_features

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Of squared weights on standardised features, beside the mean cross-entropy of a scan."""
_BATCH = 32
_STEPS = 200


def features_of(
    model: keras.Model, pixels: np.ndarray, tick: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Pooled features, float32 [N, features]; `tick` is called once a batch."""
    network, found = pooled_features(model), []
    for start in range(0, len(pixels), _BATCH):
        found.append(network.predict_on_batch(pixels[start : start + _BATCH]))
        tick()
    return np.concatenate(found).astype(np.float32)


def changed_copies(pixels: np.ndarray, seed: int) -> np.ndarray:
    """One copy of each scan, changed at random as in training."""
    return np.concatenate(
        [
            augmented_pixels(pixels[start : start + _BATCH], seed + start)
            for start in range(0, len(pixels), _BATCH)
        ]
    )


def fit_head(
    features: np.ndarray,
    types: np.ndarray,
    count: int,
    held_out: np.ndarray,
    held_out_types: np.ndarray,
) -> tuple[TypeHead, float]:
    """The head with the least cross-entropy on the validation part, and its penalty.

    Args:
        features: float [N, features] of training scans with a tumor.
        types: their types, int64 [N], 0 to `count` - 1; each occurs.
        held_out, held_out_types: of the validation part; each type occurs.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # What hardly changes gets no large weight: it would tell little, and its weight would set the
    # step of all others in int8.
    scale = np.maximum(spread, np.sqrt((spread**2).mean()) + 1e-6)
    standard = ((features - mean) / scale).astype(np.float32)
    best, best_loss, best_penalty, start = None, np.inf, 0.0, None
    for penalty in sorted(PENALTIES, reverse=True):
        kernel, bias = start = _fitted(standard, types, count, penalty, start)
        folded = kernel / scale[:, None]
        head = TypeHead(folded.astype(np.float32), (bias - mean @ folded).astype(np.float32))
        loss = cross_entropy(softmax(head.logits(held_out)), held_out_types, count)
        if loss < best_loss:
            best, best_loss, best_penalty = head, loss, penalty
    return best, best_penalty


def even(types: np.ndarray, count: int) -> np.ndarray:
    """Weights of scans with which each type weighs alike, float64 [N], adding up to 1."""
    return 1 / (count * np.bincount(types, minlength=count)[types])


def cross_entropy(shares: np.ndarray, types: np.ndarray, count: int) -> float:
    """Mean over the types of the mean over their scans."""
    right = np.clip(shares[np.arange(len(types)), types], 1e-12, 1)
    return float(-(even(types, count) * np.log(right)).sum())


def _fitted(
    features: np.ndarray,
    types: np.ndarray,
    count: int,
    penalty: float,
    start: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.optimize import minimize

    size, weights = features.shape[1], even(types, count)
    wanted = np.eye(count)[types]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        kernel, bias = flat[:-count].reshape(size, count), flat[-count:]
        shares = softmax((features @ kernel.astype(np.float32)).astype(np.float64) + bias)
        right = np.clip(shares[np.arange(len(types)), types], 1e-300, 1)
        wrong = (shares - wanted) * weights[:, None]
        slope = features.T @ wrong.astype(np.float32) + penalty * kernel
        value = -(weights * np.log(right)).sum() + penalty / 2 * (kernel**2).sum()
        return float(value), np.concatenate([slope.ravel(), wrong.sum(axis=0)])

    begin = np.zeros((size + 1) * count)
    if start is not None:
        begin = np.concatenate([start[0].ravel(), start[1]])
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return found.x[:-count].reshape(size, count), found.x[-count:]
