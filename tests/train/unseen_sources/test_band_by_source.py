"""The band is counted by sources: each weighs alike, however many scans it has."""

import numpy as np
import pytest

from train.unseen_sources.band_by_source import band_by_source, cleared_by_limit, promised


def test_a_small_source_weighs_as_much_as_a_large_one():
    # Of the large one none is low, of the small one half are.
    large, small = np.linspace(0.5, 0.9, 1000), np.array([0.1, 0.2, 0.7, 0.8])
    tumors = [np.ones(len(large), int), np.ones(4, int)]
    quarter = band_by_source([large, small], tumors, 0.5, 0.25, 0.1)
    assert quarter.low == pytest.approx((0.2 + 0.5) / 2, abs=1e-3)
    assert (quarter.cleared, quarter.with_tumors, quarter.without) == (0.25, 2, 0)
    eighth = band_by_source([large, small], tumors, 0.5, 0.125, 0.1)
    assert eighth.low == pytest.approx(0.15)
    assert band_by_source([large, small], tumors, 0.5, 0.1, 0.1).low == pytest.approx(0.05)


def test_it_begins_at_the_threshold_where_that_is_enough():
    found = band_by_source([np.array([0.6, 0.9, 0.1])], [np.array([1, 1, 0])], 0.5, 0.1, 0.1)
    assert (found.low, found.high) == (0.5, 0.5)
    assert (found.cleared, found.alarms) == (0.0, 0.0)


def test_no_more_than_was_asked_for():
    random = np.random.default_rng(0)
    for _ in range(50):
        truth = [random.integers(0, 2, n) for n in random.integers(2, 60, 7)]
        said = [np.clip(random.normal(0.4 + 0.2 * one, 0.2), 0, 1).round(2) for one in truth]
        found = band_by_source(said, truth, 0.45, 0.1, 0.05)
        assert found.cleared <= 0.1 + 1e-9
        assert found.alarms <= 0.05 + 1e-9
        assert 0 <= found.low <= 0.45 <= found.high <= 1
        # It is not wider than it must be: up to the next value more would be cleared.
        tumors = [p[t == 1] for p, t in zip(said, truth, strict=True) if (t == 1).any()]
        if found.low < 0.45:
            later = [p.min() for p in (one[one > found.low] for one in tumors) if len(p)]
            next_value = min(later)
            if next_value < 0.45:
                assert cleared_by_limit(tumors, np.array([next_value])).mean() > 0.1


def test_the_other_end_counts_scans_without_a_tumor():
    said, truth = np.array([0.2, 0.7, 0.8, 0.95, 0.99]), np.array([0, 0, 0, 0, 1])
    found = band_by_source([said], [truth], 0.5, 0.1, 0.25)
    assert found.high == pytest.approx((0.8 + 0.95) / 2, abs=1e-3)
    assert found.alarms == 0.25


def test_equal_probabilities_are_all_below_a_limit_or_none():
    found = band_by_source([np.array([0.2, 0.2, 0.2, 0.9])], [np.ones(4, int)], 0.5, 0.5, 0.1)
    assert found.low == pytest.approx(0.1)
    assert found.cleared == 0


def test_few_sources_promise_little():
    assert promised(0.0, 9) == pytest.approx(0.1)
    assert promised(0.1, 9) == pytest.approx(0.19)
    assert promised(float("nan"), 0) == 1
