"""What is counted of each source, and that the band of the decision only grows."""

import json

import numpy as np
import pytest

from edge.model_file.manifest import Decision
from train.prepare_data import UnseenOptions
from train.unseen_sources.judge import POOLED, Said, judge

OPTIONS = UnseenOptions(epochs=3, max_cleared=0.25, max_alarms=0.0)


def said(name, truth, probability):
    numbers = np.arange(len(truth)) + 100 * len(name)
    return Said(f"/data/{name}", np.array(truth), np.array(probability), numbers)


@pytest.fixture
def found():
    sources = [
        said("one", [1, 1, 1, 1, 0, 0], [0.1, 0.35, 0.6, 0.9, 0.05, 0.7]),
        said("healthy", [0, 0, 0, 0], [0.05, 0.05, 0.1, 0.55]),
    ]
    return judge(sources, Decision("sigmoid", 1.0, 0.5, (0.45, 0.6)), OPTIONS, ["x: no"], 0)


def test_the_band_holds_on_them(found):
    low, high = found.decision.uncertain
    assert 0.1 < low < 0.35
    assert high > 0.7  # not a single alarm was allowed
    assert found.decision.threshold == 0.5
    assert found.before == (0.45, 0.6)
    assert found.band.cleared == 0.25
    assert found.band.alarms == 0
    assert (found.band.with_tumors, found.band.without) == (1, 2)


def test_figures_of_each_source_and_of_all(found):
    one, healthy, pooled = found.rows
    assert (one.name, one.tumors, one.others, one.groups) == ("one", 4, 2, 6)
    assert one.estimates["cleared"].value == 0.25
    assert one.estimates["found"].value == 0.25  # 0.9 alone is beyond the band
    assert one.estimates["passed"].value == 0.5
    assert one.estimates["alarms"].value == 0
    assert one.estimates["alarms"].high > 0.1, "none of so few says little"
    assert one.estimates["auc"].value == pytest.approx(5 / 8)
    assert set(healthy.estimates) == {"alarms", "passed"}
    assert healthy.estimates["passed"].value == 0.75
    assert (pooled.name, pooled.tumors, pooled.others) == (POOLED, 4, 6)


def test_a_band_that_is_wide_enough_stays():
    sources = [said("one", [1, 0], [0.9, 0.1]), said("other", [1, 0], [0.8, 0.2])]
    found = judge(sources, Decision("sigmoid", 1.0, 0.5, (0.3, 0.7)), OPTIONS, [], 0)
    assert found.decision.uncertain == (0.3, 0.7)


def test_it_is_written_as_json(found):
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [row["source"] for row in written["sources"]] == ["one", "healthy", POOLED]
    assert written["band"]["cleared"] == {"mean": 0.25, "of_sources": 1, "promised": 0.625}
    assert written["not_judged"] == ["x: no"]
    assert "auc" not in written["sources"][1]
