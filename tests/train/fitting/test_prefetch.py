"""Examples prepared by other processes: the same ones, in time, and nobody left behind."""

import os
import signal
import time

import numpy as np
import pytest

from tests.train.small_examples import samples
from train.augmentation.training_examples import Examples
from train.errors import TrainError
from train.fitting.prefetch import PrefetchedBatches

CELLS, SIZE, STEPS = (16, 16), 2, 7


@pytest.fixture(scope="module")
def given():
    return samples()


@pytest.fixture
def prefetched(given):
    made = PrefetchedBatches(given, CELLS, 5, SIZE, STEPS, workers=2)
    yield made
    made.close()


def test_any_number_of_processes_gives_the_same_batches(given, prefetched):
    alone = Examples(given, CELLS, 5, SIZE)
    for epoch in (0, 3):
        prefetched.begin(epoch)
        for index in range(STEPS):
            for one, other in zip(prefetched.batch(index), alone.batch(epoch, index), strict=True):
                np.testing.assert_array_equal(one, other)


def test_an_epoch_left_halfway_leaves_nothing_in_the_next(given, prefetched):
    alone = Examples(given, CELLS, 5, SIZE)
    prefetched.begin(0)
    prefetched.batch(0)
    prefetched.begin(1)
    for index in range(STEPS):
        np.testing.assert_array_equal(prefetched.batch(index)[0], alone.batch(1, index)[0])


def test_out_of_order_and_before_the_beginning(given, prefetched):
    """Keras looks at the first batches before the first epoch, to learn their shapes."""
    alone = Examples(given, CELLS, 5, SIZE)
    np.testing.assert_array_equal(prefetched.batch(1)[0], alone.batch(0, 1)[0])
    prefetched.begin(0)
    for index in (4, 0, 1):
        np.testing.assert_array_equal(prefetched.batch(index)[0], alone.batch(0, index)[0])


def test_what_is_known_later_is_drawn_from(given, prefetched):
    fewer = given[given.groups < 8]
    prefetched.know(fewer)
    prefetched.begin(2)
    expected = Examples(fewer, CELLS, 5, SIZE).batch(2, 0)
    np.testing.assert_array_equal(prefetched.batch(0)[0], expected[0])


def test_a_process_that_is_killed_is_told(prefetched):
    prefetched.begin(0)
    for helper in prefetched._helpers:
        os.kill(helper._process.pid, signal.SIGKILL)
    with pytest.raises(TrainError, match="--workers 0"), prefetched.telling():
        list(map(prefetched.batch, range(STEPS)))


def test_processes_end_with_the_supply(given):
    made = PrefetchedBatches(given, CELLS, 5, SIZE, STEPS, workers=1)
    assert not made._helpers, "none before there is something to do"
    with made.telling():
        made.begin(0)
        process = made._helpers[0]._process
        assert process.is_alive()
    until = time.monotonic() + 20
    while process.is_alive() and time.monotonic() < until:
        time.sleep(0.05)
    assert not process.is_alive()
