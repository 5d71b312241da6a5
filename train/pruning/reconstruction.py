"""Fit the weights of a network that lost channels, layer by layer, to what its teacher makes.

Each layer is fitted by least squares to its teacher's outputs before the activation, from what the
layers before it now give, so that it makes up for their errors, too (He, Zhang and Sun 2017,
arXiv:1707.06168). Where a ReLU follows, an output that the teacher has below zero may be anything
below zero (Zhang et al. 2016, arXiv:1505.06798).
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import layers

from train.pruning.layer_inputs import Rows
from train.pruning.statistics import Plan, Walk

_ROUNDS = 3
"""Of fitting anew with what is below zero left free."""


def reconstruct(
    model: keras.Model,
    targets: Mapping[str, np.ndarray],
    pixels: np.ndarray,
    plan: Plan,
    ridge: float,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Fit layers in place, in their order.

    Args:
        model: without its channels.
        targets: of each layer to fit, the teacher's outputs that are left, float32 [rows, outputs].
        pixels, plan: scans and places that the targets are of.
        ridge: how much a weight is held to what it is, as a share of its inputs' mean variance.
    """
    walk = Walk(model, pixels)
    for name, target in targets.items():
        layer = model.get_layer(name)
        rows = Rows(layer)
        inputs = walk.rows(name, plan)
        weights, bias = fitted(inputs, target, *rows.matrix(), ridge, _has_relu(layer))
        rows.set_matrix(weights, bias)
        tick()


def fitted(
    inputs: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray | None,
    ridge: float,
    relu: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Weights and bias of least squared error, near those given.

    Args:
        inputs: [rows, D]. target: [rows, outputs]. weights: [D, outputs]. bias: [outputs] or None.
        relu: whether a ReLU follows.
    """
    mean = inputs.mean(0, dtype=np.float64) if bias is not None else np.zeros(inputs.shape[1])
    centered = inputs - mean.astype(np.float32)
    solve = _solver(centered, ridge)
    offset = 0.0 if bias is None else bias + mean @ weights
    wanted = target
    for _ in range(_ROUNDS if relu else 1):
        missing = wanted - (centered @ weights.astype(np.float32)) - np.float32(offset)
        if bias is not None:
            offset = offset + missing.mean(0, dtype=np.float64)
            missing = missing - missing.mean(0)
        weights = weights + solve(missing)
        if relu:
            made = centered @ weights.astype(np.float32) + np.float32(offset)
            wanted = np.where(target > 0, target, np.minimum(made, 0))
    return weights, None if bias is None else offset - mean @ weights


def _solver(centered: np.ndarray, ridge: float) -> Callable[[np.ndarray], np.ndarray]:
    """From what is missing, [rows, outputs], to the change of weights, [D, outputs]."""
    count, size = centered.shape
    held = ridge * count * max(float(centered.var(dtype=np.float64)), 1e-12)
    if size > count:
        # The same by the smaller matrix.
        square = (centered @ centered.T).astype(np.float64)
        inverse = np.linalg.inv(square + held * np.eye(count))
        return lambda missing: centered.T @ (inverse @ missing)
    square = (centered.T @ centered).astype(np.float64)
    inverse = np.linalg.inv(square + held * np.eye(size))
    return lambda missing: inverse @ (centered.T @ missing)


def _has_relu(layer: layers.Layer) -> bool:
    """Whether what is fitted goes through a ReLU as it is, and is not pooled before it."""
    if isinstance(layer, layers.Dense) and Rows(layer).places > 1:
        return False
    return getattr(layer, "activation", None) is keras.activations.relu
