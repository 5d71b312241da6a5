"""From the logits of any number of labels to one: the log-odds of tumor, whichever it is."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="mri_edge")
class TumorLogOdds(layers.Layer):
    """Logits of labels, float [N, labels], or of the second of two, [N, 1] -> float [N, 1].

    Softmax gives "no tumor" a probability p; this is the logit of 1 - p. It is computed from the
    logits, so that a probability that rounds to 1 loses nothing.
    """

    def __init__(self, negative: tuple[int, ...], **kwargs):
        """Take the positions of the labels without a tumor; of a single output 0 or 1."""
        super().__init__(**kwargs)
        self.negative = sorted(negative)

    def call(self, logits):
        labels = logits.shape[1]
        if labels == 1:
            return logits if self.negative == [0] else -logits
        positive = [i for i in range(labels) if i not in self.negative]
        return _together(logits, positive) - _together(logits, self.negative)

    def get_config(self):
        return {**super().get_config(), "negative": self.negative}


def _together(logits, at: list[int]):
    """The logit of all labels at some positions, [N, 1]."""
    chosen = [logits[:, i : i + 1] for i in at]
    if len(chosen) == 1:
        return chosen[0]
    # Not `ops.logsumexp`, of which converters make operators that devices lack.
    joined = ops.concatenate(chosen, axis=1)
    largest = ops.max(joined, axis=1, keepdims=True)
    return largest + ops.log(ops.sum(ops.exp(joined - largest), axis=1, keepdims=True))
