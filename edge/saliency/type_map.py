"""What speaks for the type that a model names, and where in the scan."""

import numpy as np

from edge.inference.classifier import Classifier
from edge.inference.prediction import Prediction
from edge.saliency.heat_map import HeatMap
from edge.scan.preprocess import ModelInput


def type_map(classifier: Classifier, seen: ModelInput, prediction: Prediction) -> HeatMap | None:
    """The map of the likeliest type of a scan; None if none is told, or it has one part.

    What a part adds to that type's logit, less what it adds to the others' on average.

    Args:
        seen: what the model was shown of the scan.
    """
    spec, shares = classifier.manifest.types, prediction.type_probabilities
    if spec is None or not shares or spec.rows * spec.columns == 1:
        return None
    found = classifier.type_map(seen.pixels).astype(np.float64) / spec.temperature
    at = spec.labels.index(max(shares, key=shares.get))
    values = found[..., at] - np.delete(found, at, axis=2).mean(axis=2)
    method = f"type {spec.labels[at]}, {spec.rows}x{spec.columns} cells"
    return HeatMap(values, method, 1, seen.part)
