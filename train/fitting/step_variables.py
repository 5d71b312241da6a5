"""Variables that Keras would create in the first step of a fit, created before it."""

import keras
import numpy as np


def create_step_variables(model: keras.Model, targets) -> None:
    """Create what a compiled model's optimizer, losses and metrics keep.

    TensorFlow traces the step of a fit a second time if variables came to be in it, which costs
    seconds a fit. Changes no result: the metrics begin anew with each epoch.

    Args:
        targets: of one batch, in the form in which the fit gets them, [N, ...] each.
    """
    model.optimizer.build(model.trainable_variables)
    asked = keras.tree.map_structure(lambda values: np.zeros_like(values[:1]), targets)
    predicted = keras.tree.map_structure(
        lambda output: np.zeros((1, *output.shape[1:]), np.float32), model.output
    )
    model.compute_loss(y=asked, y_pred=predicted, training=False)
    model.compute_metrics(None, asked, predicted)
    model.reset_metrics()
