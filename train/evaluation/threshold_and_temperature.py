"""The decision, chosen on the validation part alone: temperature, threshold, uncertain band."""

import math
from dataclasses import dataclass

import numpy as np

from edge.inference.decision import probability
from edge.model_file.manifest import Decision
from train.data.folder_weights import folder_of, folder_weights

TARGET_SENSITIVITY = 0.95
COVERAGE = 0.9
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.25, 10.0
FEW = 50
"""Validation scans, duplicates counted once, below which probabilities are never sharpened: a
network that happens to separate so few perfectly would be given certainty without bound."""
_ROUNDING = 1e-9
_DIGITS = 4  # of threshold and band: they are read by people


@dataclass(frozen=True)
class Choice:
    """A decision and how it was come by."""

    decision: Decision
    target_sensitivity: float
    coverage: float
    """Share of the validation scans that the band was to leave a verdict."""
    scans: int
    tumors: int
    groups: int
    notes: tuple[str, ...]
    """What the validation part was too small for."""


def choose(
    transform: str,
    positive: int,
    logits: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
    target_sensitivity: float = TARGET_SENSITIVITY,
    coverage: float = COVERAGE,
    weights: np.ndarray | None = None,
) -> Choice:
    """Choose temperature, threshold and uncertain band on validation scans.

    The threshold is the largest, but never above 0.5, that a new tumor passes with
    `target_sensitivity` in expectation: the floor((n + 1)(1 - s))-th lowest of the n validation
    tumors, as in split conformal prediction (Papadopoulos et al. 2002). Where scans weigh
    differently, n is their effective number (Kish 1965), and the promise holds for scans that are
    drawn so. The band around it is as wide, in logits, as leaves `coverage` of the validation scans
    a verdict.

    Args:
        transform, positive: as `edge.model_file.manifest.Decision` and
        `edge.inference.decision.probability` take them. logits: float [N, outputs] of the
        validation part. truth: 0 or 1, [N]; both must occur. groups: duplicate groups, [N].
        weights: of the scans, float [N], as `balanced_weights` gives them; None: all weigh alike.
    """
    notes = []
    weights = np.ones(len(truth)) if weights is None else weights
    distinct = len(set(groups.tolist()))
    lowest = MIN_TEMPERATURE
    if distinct < FEW:
        lowest = 1.0
        notes.append(
            f"{distinct} different validation scans are fewer than {FEW}: the temperature may "
            "soften probabilities, not sharpen them"
        )
    temperature = fit_temperature(
        _margins(logits, transform, positive), truth, lowest, weights=weights
    )
    calibrated = Decision(transform, temperature)
    probabilities = np.array([probability(row, calibrated, positive) for row in logits])
    order = np.argsort(probabilities[truth == 1], kind="stable")
    tumors, weight = probabilities[truth == 1][order], weights[truth == 1][order]
    weight = weight * weight.sum() / (weight**2).sum()  # they add up to their effective number
    rank = _within(weight, (weight.sum() + 1) * (1 - target_sensitivity) - 1) + 1
    if (weight.sum() + 1) * (1 - target_sensitivity) < 1 - _ROUNDING:
        notes.append(
            f"{len(tumors)} validation tumors are too few to promise a sensitivity of "
            f"{target_sensitivity:g}: the threshold is the lowest of them"
        )
    threshold = min(0.5, _floor(float(tumors[rank - 1])))
    low, high = uncertain_band(probabilities, threshold, coverage, weights)
    return Choice(
        decision=Decision(transform, temperature, threshold, (low, high)),
        target_sensitivity=target_sensitivity,
        coverage=coverage,
        scans=len(truth),
        tumors=len(tumors),
        groups=distinct,
        notes=tuple(notes),
    )


def balanced_weights(truth: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """With these both classes weigh alike, and in each the folders as they are drawn in training.

    So a decision is neither that of the largest folder alone nor that of the smallest.

    Args:
        truth: 0 or 1, [N].
        sources: "folder/subfolder", [N].

    Returns:
        float64 [N], 1 on average.
    """
    folders = np.array([folder_of(str(source)) for source in sources])
    weights = np.zeros(len(truth))
    for label in (0, 1):
        here, counts = np.unique(folders[truth == label], return_counts=True)
        for folder, count, share in zip(here, counts, folder_weights(counts), strict=True):
            weights[(truth == label) & (folders == folder)] = len(truth) / 2 * share / count
    return weights


def even_odds(margins: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """The logit at which a tumor is as likely as none, by logistic regression (Platt 1999).

    Halfway between the classes where larger logits do not mean a tumor at all.

    Args:
        margins: logits of tumor, float [N].
        truth: 0 or 1, [N]; both must occur.
        weights: of the scans, float [N].
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(
        margins[:, None].astype(np.float64), truth, sample_weight=weights
    )
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        means = (np.average(margins[own], weights=weights[own]) for own in (truth == 1, truth == 0))
        return float(sum(means) / 2)
    return -offset / slope


def fit_temperature(
    margins: np.ndarray,
    truth: np.ndarray,
    lowest: float = MIN_TEMPERATURE,
    highest: float = MAX_TEMPERATURE,
    weights: np.ndarray | None = None,
) -> float:
    """The temperature of least cross-entropy (Guo et al. 2017), within bounds.

    Args:
        margins: logits of tumor, float [N].
        truth: 0 or 1, [N].
        weights: of the scans, float [N]; None: all weigh alike.
    """
    from scipy.optimize import minimize_scalar

    signed = np.where(truth == 1, margins, -margins).astype(np.float64)

    def loss(log_temperature: float) -> float:
        losses = np.logaddexp(0.0, -signed / math.exp(log_temperature))
        return float(np.average(losses, weights=weights))

    bounds = (math.log(lowest), math.log(highest))
    found = float(minimize_scalar(loss, bounds=bounds, method="bounded").x)
    # The search never tries the bounds themselves.
    return round(math.exp(min((*bounds, found), key=loss)), _DIGITS)


def uncertain_band(
    probabilities: np.ndarray,
    threshold: float,
    coverage: float,
    weights: np.ndarray | None = None,
) -> tuple[float, float]:
    """Bounds around `threshold`, as far from it in logits, that leave `coverage` a verdict.

    Args:
        weights: of the scans, float [N]; None: all weigh alike.
    """
    weights = np.ones(len(probabilities)) if weights is None else weights
    distances = distance(probabilities, threshold)
    order = np.argsort(distances, kind="stable")
    distances, weights = distances[order], weights[order]
    count = _within(weights, (1 - coverage) * weights.sum())
    if count < 1 or not 0 < threshold < 1:
        return threshold, threshold
    # Half-way to the next scan outside: a scan on a bound would flip with the engine.
    inside = distances[count - 1]
    half = float((inside + distances[min(count, len(distances) - 1)]) / 2)
    middle = _logit(np.array(threshold))
    low, high = (float(1 / (1 + np.exp(-(middle + side)))) for side in (-half, half))
    return min(threshold, round(low, _DIGITS)), max(threshold, round(high, _DIGITS))


def distance(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """How far from the threshold each probability is, in logits: 0 is as unsure as can be."""
    return np.abs(_logit(np.asarray(probabilities)) - _logit(np.array(threshold)))


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.log(p) - np.log1p(-p)


def _margins(logits: np.ndarray, transform: str, positive: int) -> np.ndarray:
    return logits[:, 0] if transform == "sigmoid" else logits[:, positive] - logits[:, 1 - positive]


def _within(weights: np.ndarray, limit: float) -> int:
    """How many of the first together weigh no more than a limit."""
    return int((np.cumsum(weights) <= limit + _ROUNDING).sum())


def _floor(value: float) -> float:
    return math.floor(value * 10**_DIGITS) / 10**_DIGITS
