"""The decision, chosen on the validation part alone: temperature, threshold, uncertain band."""

import math
from dataclasses import dataclass

import numpy as np

from edge.decide import probability
from edge.manifest import Decision

TARGET_SENSITIVITY = 0.95
COVERAGE = 0.9
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.25, 10.0
FEW = 50
"""Validation scans, duplicates counted once, below which probabilities are never sharpened: a
network that happens to separate so few perfectly would be given certainty without bound."""
_EVENED = 6000  # scans of a class that `evened` gives
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
) -> Choice:
    """Choose temperature, threshold and uncertain band on validation scans.

    The threshold is the largest, but never above 0.5, that a new tumor passes with
    `target_sensitivity` in expectation: the floor((n + 1)(1 - s))-th lowest of the n validation
    tumors, as in split conformal prediction (Papadopoulos et al. 2002). The band around it is as
    wide, in logits, as leaves `coverage` of the validation scans a verdict.

    Args:
        transform, positive: as `edge.manifest.Decision` and `edge.decide.probability` take them.
        logits: float [N, outputs] of the validation part.
        truth: 0 or 1, [N]; both must occur.
        groups: duplicate groups, [N].
    """
    notes = []
    distinct = len(set(groups.tolist()))
    lowest = MIN_TEMPERATURE
    if distinct < FEW:
        lowest = 1.0
        notes.append(
            f"{distinct} different validation scans are fewer than {FEW}: the temperature may "
            "soften probabilities, not sharpen them"
        )
    temperature = fit_temperature(_margins(logits, transform, positive), truth, lowest)
    calibrated = Decision(transform, temperature)
    probabilities = np.array([probability(row, calibrated, positive) for row in logits])
    tumors = np.sort(probabilities[truth == 1])
    rank = math.floor((len(tumors) + 1) * (1 - target_sensitivity) + 1e-9)
    if rank < 1:
        rank = 1
        notes.append(
            f"{len(tumors)} validation tumors are too few to promise a sensitivity of "
            f"{target_sensitivity:g}: the threshold is the lowest of them"
        )
    threshold = min(0.5, _floor(float(tumors[rank - 1])))
    low, high = uncertain_band(probabilities, threshold, coverage)
    return Choice(
        decision=Decision(transform, temperature, threshold, (low, high)),
        target_sensitivity=target_sensitivity,
        coverage=coverage,
        scans=len(truth),
        tumors=len(tumors),
        groups=distinct,
        notes=tuple(notes),
    )


def evened(truth: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Positions, int64 [M], in which both classes and, in each, all folders are as frequent.

    Scans of small folders are repeated, so a decision is not that of the largest folder alone.

    Args:
        truth: 0 or 1, [N].
        sources: "folder/subfolder", [N].
    """
    folders = np.array([str(source).partition("/")[0] for source in sources])
    chosen = []
    for label in (0, 1):
        own = [np.flatnonzero((truth == label) & (folders == one)) for one in np.unique(folders)]
        own = [some for some in own if len(some)]
        chosen += [np.resize(some, _EVENED // len(own)) for some in own]
    return np.concatenate(chosen)


def even_odds(margins: np.ndarray, truth: np.ndarray) -> float:
    """The logit at which a tumor is as likely as none, by logistic regression (Platt 1999).

    Halfway between the classes where larger logits do not mean a tumor at all.

    Args:
        margins: logits of tumor, float [N].
        truth: 0 or 1, [N]; both must occur.
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(margins[:, None].astype(np.float64), truth)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        return float((margins[truth == 1].mean() + margins[truth == 0].mean()) / 2)
    return -offset / slope


def fit_temperature(
    margins: np.ndarray,
    truth: np.ndarray,
    lowest: float = MIN_TEMPERATURE,
    highest: float = MAX_TEMPERATURE,
) -> float:
    """The temperature of least cross-entropy (Guo et al. 2017), within bounds.

    Args:
        margins: logits of tumor, float [N].
        truth: 0 or 1, [N].
    """
    from scipy.optimize import minimize_scalar

    signed = np.where(truth == 1, margins, -margins).astype(np.float64)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signed / math.exp(log_temperature)).mean())

    bounds = (math.log(lowest), math.log(highest))
    found = float(minimize_scalar(loss, bounds=bounds, method="bounded").x)
    # The search never tries the bounds themselves.
    return round(math.exp(min((*bounds, found), key=loss)), _DIGITS)


def uncertain_band(
    probabilities: np.ndarray, threshold: float, coverage: float
) -> tuple[float, float]:
    """Bounds around `threshold`, as far from it in logits, that leave `coverage` a verdict."""
    count = math.floor((1 - coverage) * len(probabilities) + 1e-9)
    if count < 1 or not 0 < threshold < 1:
        return threshold, threshold
    distances = np.sort(distance(probabilities, threshold))
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


def _floor(value: float) -> float:
    return math.floor(value * 10**_DIGITS) / 10**_DIGITS
