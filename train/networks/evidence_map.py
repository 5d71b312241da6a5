"""The loss and the pooling of an evidence map: a logit a cell of a coarse grid over the scan.

What is known of each cell travels as a code (`train.networks.cell_labels`), so that masks, boxes
and bare image labels train one network together.
"""

import keras
from keras import layers, ops

from train.networks.cell_labels import BAG, CLEAR, LESION, UNKNOWN

STRONGEST = 4
"""Cells that decide: a lesion of 16x16 pixels in a scan of 128x128 covers four of 8x8."""
WEAKEST = 0.65
"""Share of the cells of a scan known only as a tumor that are taken to be free of it."""
HARD_WEIGHT = 0.5
"""Of the strongest clear cells, beside all of them."""
_FAR = 1e4  # beyond any logit


@keras.saving.register_keras_serializable(package="mri_edge")
class StandingOut(layers.Layer):
    """What each cell says more than the scan's mean cell: float [N, rows, cols, 1] -> the same.

    Of a scan unlike those trained on, all cells may look suspicious; a tumor is what stands out.
    `shift`, a weight that no gradient reaches, says by how much it must: it is set after a fit, so
    that 0 means even odds.
    """

    def build(self, shape):
        self.shift = self.add_weight(shape=(1,), initializer="zeros", trainable=False, name="shift")

    def call(self, evidence):
        return evidence - ops.mean(evidence, axis=(1, 2, 3), keepdims=True) + self.shift


@keras.saving.register_keras_serializable(package="mri_edge")
class StrongestCells(layers.Layer):
    """The mean of the strongest cells: float [N, rows, cols, 1] -> logits, float [N, 1]."""

    def __init__(self, cells: int = STRONGEST, **kwargs):
        super().__init__(**kwargs)
        self.cells = cells

    def call(self, evidence):
        rows, cols = evidence.shape[1:3]
        flat = ops.reshape(evidence, (-1, rows * cols))
        return ops.mean(ops.top_k(flat, self.cells, sorted=False)[0], axis=1, keepdims=True)

    def get_config(self):
        return {**super().get_config(), "cells": self.cells}


def evidence_loss(known, evidence):
    """Cross-entropy of the cells of which something is known, one value a scan.

    A lesion's mask counts cell by cell. Of a box or a bare label only the strongest cells must
    show the tumor, for which of the others do is not known; of a bare label the weakest must not.

    Args:
        known: codes, [N, rows, cols].
        evidence: logits, float [N, rows, cols, 1].

    Returns:
        float [N].
    """
    rows, cols = evidence.shape[1:3]
    logits = ops.cast(ops.reshape(evidence, (-1, rows * cols)), "float32")
    known = ops.reshape(ops.cast(known, "float32"), (-1, rows * cols))

    def are(code):
        return ops.cast(ops.equal(known, code), "float32")

    unknown = are(UNKNOWN)
    candidates = are(BAG) + unknown
    inside = ops.top_k(ops.where(candidates > 0, logits, -_FAR), STRONGEST, sorted=True)[0]
    # A small box has fewer candidates than `STRONGEST`.
    chosen = candidates * ops.cast(logits >= inside[:, -1:], "float32")
    lowest = ops.sort(logits, axis=1)[:, int(WEAKEST * rows * cols)]
    weak = unknown * ops.cast(logits < lowest[:, None], "float32")
    positive = are(LESION) + ops.stop_gradient(chosen)
    negative = are(CLEAR) + ops.stop_gradient(weak)
    missed, alarmed = ops.softplus(-logits), ops.softplus(logits)
    # Few of a tumor scan's clear cells are hard, and those are what a neighbour without it shows.
    clear = are(CLEAR)
    hardest = ops.top_k(ops.where(clear > 0, logits, -_FAR), STRONGEST, sorted=True)[0]
    hard = clear * ops.cast(logits >= hardest[:, -1:], "float32")
    beside = HARD_WEIGHT * _mean(alarmed, ops.stop_gradient(hard))
    return _mean(missed, positive) + _mean(alarmed, negative) + beside


def _mean(values, weights):
    return ops.sum(values * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)
