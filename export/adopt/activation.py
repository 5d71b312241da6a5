"""The last activation of a network from elsewhere: on the logits here, in a layer there."""

import numpy as np


def activated(logits: np.ndarray, activation: str) -> np.ndarray:
    """What a network with that last activation gives, float64 [N, outputs]."""
    logits = np.asarray(logits, np.float64)
    if activation == "sigmoid":
        return 0.5 * (1 + np.tanh(logits / 2))
    if activation == "softmax":
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    return logits


def tumor_log_odds(logits: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """The log-odds of tumor, float64 [N]: of all outputs together that do not mean "no tumor".

    Args:
        logits: [N, outputs]. One output is the logit of the second label.
        negative: which of the labels, in output order, mean that there is none, bool [labels].
    """
    logits = np.asarray(logits, np.float64)
    if logits.shape[1] == 1:
        return logits[:, 0] if negative[0] else -logits[:, 0]
    return np.logaddexp.reduce(logits[:, ~negative], axis=1) - np.logaddexp.reduce(
        logits[:, negative], axis=1
    )
