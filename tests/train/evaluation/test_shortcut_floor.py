"""The shortcut floor where facts of files tell all: its interval is none of no width."""

import numpy as np

from train.data.scans import FileFacts
from train.evaluation.shortcut_floor import shortcut_floor


def test_a_perfect_floor_on_few_clusters():
    truth = np.arange(20) % 2
    facts = [FileFacts(200 + 100 * label, 200, "L", "PNG", 999) for label in truth.tolist()]
    found = shortcut_floor(facts, truth, np.arange(20))
    assert found.estimates["auc"].value == found.estimates["accuracy"].value == 1
    # Wilson's, of 10 clusters of either class and of 20.
    assert 0.7 < found.estimates["auc"].low < found.estimates["accuracy"].low < 0.9
