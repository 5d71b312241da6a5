"""How `drive.py` asks braintumor-model-package: by its function for a single picture."""

import math
import os


def load():
    """A tumor is what it puts into another class than `notumor`, the most likely of its four.

    It gives a class only: the score is from the logits that its network gave last.
    """
    from braintumor_model_package import predict

    predict.cnn_model = network = _Recorded(predict.cnn_model)
    none = int(predict.config.modelConfig.class_names["notumor"])

    def judge(file):
        folder, name = os.path.split(file)
        (found,) = predict.make_single_img_prediction(folder, name)["image_class"]
        return "no_tumor" if found == "notumor" else "tumor"

    def score(_):
        logits = [float(value) for value in network.last[0]]
        others = [value for index, value in enumerate(logits) if index != none]
        most = max(others)
        return most + math.log(sum(math.exp(value - most) for value in others)) - logits[none]

    return judge, score


class _Recorded:
    """A Keras model that keeps what it said last."""

    def __init__(self, model):
        self._model, self.last = model, None

    def predict(self, *arguments, **options):
        self.last = self._model.predict(*arguments, **options)
        return self.last

    def __getattr__(self, name):
        return getattr(self._model, name)
