"""How `drive.py` asks detect-tumor: as its README does."""

import math


def load():
    """A tumor is what it puts into another class than `notumor`, the most likely of its four.

    `predict` rounds its percentages, so many scans would tie: the score is from what its session
    last gave.
    """
    from detect_tumor import TumorDetector

    detector = TumorDetector()
    detector._session = session = _Recorded(detector._ensure_session()[0])
    none = {name: index for index, name in detector._class_labels.items()}["notumor"]

    def judge(file):
        return "no_tumor" if detector.predict(file).predicted_class == "notumor" else "tumor"

    def score(_):
        shares = [float(share) for share in session.last[0][0]]
        others = sum(share for index, share in enumerate(shares) if index != none)
        return math.log(others + 1e-30) - math.log(shares[none] + 1e-30)

    return judge, score


class _Recorded:
    """A session of ONNX Runtime that keeps what it said last."""

    def __init__(self, session):
        self._session, self.last = session, None

    def run(self, *arguments):
        self.last = self._session.run(*arguments)
        return self.last

    def __getattr__(self, name):
        return getattr(self._session, name)
