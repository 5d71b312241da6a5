"""Who is called when. No test asserts a time."""

import pytest

from benchmarks.timing.interleaved_rounds import (
    ROUNDS,
    WARM_UP,
    TimedCall,
    run_interleaved,
    seconds_of,
)
from benchmarks.timing.single_stream import MIN_QUERIES
from edge.console.signals import stop_cleanly


@pytest.fixture(autouse=True)
def _no_signal_so_far():
    stop_cleanly()


def calls(seen, names="ab"):
    return [TimedCall(name, lambda q, name=name: seen.append(name), [None]) for name in names]


def test_blocks_take_turns_forwards_and_backwards():
    seen, ticks = [], []
    pair = calls(seen)
    run_interleaved(pair, 0, tick=ticks.append)
    block = MIN_QUERIES // ROUNDS + 1  # the first call of a block is not timed
    one_way = "a" * block + "b" * block
    assert "".join(seen) == (one_way + one_way[::-1]) * (ROUNDS // 2)
    assert [c.latency.queries for c in pair] == [MIN_QUERIES] * 2
    assert [len(c.latency.repeats) for c in pair] == [ROUNDS] * 2
    assert ticks[-1] == 1


def test_every_query_is_timed_in_turn_and_kept():
    kept = []
    one = TimedCall("a", str.upper, ["x", "y", "z"], keep=lambda q, r: kept.append((q, r)))
    one.warm_up()
    run_interleaved([one], 0)
    assert kept[:4] == [("x", "X"), ("y", "Y"), ("z", "Z"), ("x", "X")]
    assert len(kept) == one.latency.queries == MIN_QUERIES


def test_the_warm_up_is_not_timed():
    seen = []
    (one,) = calls(seen, "a")
    one.warm_up()
    assert len(seen) == WARM_UP
    assert one.latency is None


def test_it_goes_on_for_the_time_asked_for():
    one = TimedCall("a", lambda q: None, [None])
    run_interleaved([one], 0.05)
    assert one.latency.queries > MIN_QUERIES


def test_more_queries_if_asked():
    one = TimedCall("a", lambda q: None, [None])
    run_interleaved([one], 0, min_queries=662)
    assert one.latency.queries >= 662
    assert one.latency.p99 is not None


def test_the_time_it_will_take():
    slow, fast = TimedCall("a", str, [1]), TimedCall("b", str, [1])
    slow.estimate, fast.estimate = 0.5, 1e-6
    assert seconds_of([slow, fast], 2.0) == pytest.approx(0.5 * (MIN_QUERIES + ROUNDS) + 2.0)


def test_interrupted_it_keeps_what_was_measured():
    calls = []

    def call(query):
        calls.append(query)
        if len(calls) == 30:
            raise KeyboardInterrupt

    one = TimedCall("a", call, [None])
    with pytest.raises(KeyboardInterrupt):
        run_interleaved([one], 0)
    assert len(one.latency.repeats) == 3
