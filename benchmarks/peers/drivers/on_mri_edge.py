"""How `drive.py` asks mri-edge: the bundled model, or the file that is named."""


def load(model=None):
    """A tumor is what the device calls one; the score is the network's, whatever the gate says."""
    from edge import Classifier

    classifier = Classifier(model)

    def judge(file):
        return classifier.classify(file).verdict

    def score(file):
        return classifier.probability(classifier.pixels(file))

    return judge, score
