"""How latencies and ratios are summed up."""

import numpy as np
import pytest

from benchmarks.timing.single_stream import (
    CURVE,
    MIN_QUERIES,
    P99_QUERIES,
    Latency,
    paired_ratio,
    unpaired_ratio,
)


def test_percentiles_leave_nothing_out():
    found = Latency.of([[float(ms) for ms in range(1, 51)], [float(ms) for ms in range(51, 102)]])
    assert (found.p50, found.mean, found.queries) == (51.0, 51.0, 101)
    assert found.p90 == 91.0
    assert found.repeats == (25.5, 76.0)
    assert (found.curve[0], found.curve[-1]) == (1.0, 101.0)
    assert len(found.curve) == len(CURVE)


def test_p99_is_told_only_where_it_is_known():
    assert Latency.of([[1.0] * (P99_QUERIES - 1)]).p99 is None
    assert Latency.of([[1.0] * P99_QUERIES]).p99 == 1.0


@pytest.mark.parametrize(("least", "share"), [(MIN_QUERIES, 0.1), (P99_QUERIES, 0.01)])
def test_the_least_queries_are_those_of_the_rule(least, share):
    def doubt(n):
        return (1 - share) ** n + n * share * (1 - share) ** (n - 1)

    assert doubt(least) <= 0.01 < doubt(least - 1)


def test_a_noisy_row_is_marked():
    assert not Latency.of([[1.0], [1.1]]).noisy
    noisy = Latency.of([[1.0], [1.3]])
    assert noisy.noisy
    assert noisy.spread == pytest.approx(0.3 / 1.15)


def test_a_drift_that_strikes_both_leaves_the_ratio():
    drift = np.linspace(1, 4, 8)
    found = paired_ratio(60 * drift, 1.0 * drift)
    assert (found.value, found.low, found.high) == pytest.approx((60, 60, 60))


def test_an_unpaired_ratio_is_as_unsure_as_its_repeats():
    steady, wild = [1.0] * 8, [0.5, 0.7, 0.9, 1.0, 1.0, 1.2, 1.5, 2.0]
    assert unpaired_ratio(steady, steady) == paired_ratio(steady, steady)
    found = unpaired_ratio(wild, steady)
    assert found.low < found.value == 1.0 < found.high


def test_an_interrupted_partner_has_fewer_repeats():
    assert paired_ratio([4.0, 4.0, 9.0], [2.0, 2.0]).value == 2.0
