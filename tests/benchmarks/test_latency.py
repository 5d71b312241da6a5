"""How latencies are taken. No test asserts a time."""

from benchmarks.latency import MIN_QUERIES, WARM_UP, Latency, in_turns, measure, timed


def test_percentiles_leave_nothing_out():
    latency = Latency.of([float(ms) for ms in range(1, 102)])
    assert (latency.p50, latency.mean, latency.queries) == (51.0, 51.0, 101)
    assert latency.p90 == 91.0


def test_queries_take_turns_and_the_warm_up_is_not_counted():
    seen = []
    results, milliseconds = timed(lambda q: seen.append(q) or q, ["a", "b", "c"], 0)
    assert len(results) == len(milliseconds) == MIN_QUERIES
    assert len(seen) == MIN_QUERIES + WARM_UP
    assert results == seen[WARM_UP:]
    assert seen[:4] == ["a", "b", "c", "a"]


def test_it_goes_on_for_the_time_asked_for():
    assert measure(lambda _: None, [None], 0.05).queries > MIN_QUERIES


def test_calls_take_turns():
    seen = []
    a, b = in_turns([lambda: seen.append("a"), lambda: seen.append("b")], 0)
    assert "".join(seen) == "ab" * (MIN_QUERIES + WARM_UP)
    assert a.queries == b.queries == MIN_QUERIES
