import numpy as np
import pytest

from train.pruning.elimination import Moments, eliminate, refitted


def moments(random, channels=6, each=3, outputs=4, rows=400):
    inputs = random.normal(size=(rows, channels * each)) @ random.normal(
        size=(channels * each,) * 2
    )
    weights = random.normal(size=(channels * each, outputs))
    members = np.arange(channels * each).reshape(channels, each)
    return inputs, Moments(np.cov(inputs.T, bias=True), weights, members)


def lost(inputs, found, gone):
    """By least squares on the rows themselves."""
    inputs = inputs - inputs.mean(0)
    wanted = inputs @ found.weights
    kept = np.delete(np.arange(inputs.shape[1]), found.members[gone].ravel())
    fit = np.linalg.lstsq(inputs[:, kept], wanted, rcond=None)[0]
    return ((wanted - inputs[:, kept] @ fit) ** 2).sum() / (wanted**2).sum()


def test_the_loss_is_what_least_squares_leaves():
    inputs, found = moments(np.random.default_rng(0))
    made = eliminate([found], 1e-12)
    for count in (1, 3, 5):
        assert made.loss[count] == pytest.approx(lost(inputs, found, made.order[:count]), rel=1e-6)


def test_the_first_to_go_is_the_one_that_others_replace_best():
    inputs, found = moments(np.random.default_rng(1))
    singles = [lost(inputs, found, [channel]) for channel in range(6)]
    assert eliminate([found], 1e-12).order[0] == np.argmin(singles)


def test_a_channel_that_is_a_sum_of_others_costs_nothing():
    random = np.random.default_rng(2)
    inputs = random.normal(size=(300, 5))
    inputs[:, 2] = inputs[:, 0] - 2 * inputs[:, 4]
    weights = random.normal(size=(5, 3))
    found = Moments(np.cov(inputs.T, bias=True), weights, np.arange(5)[:, None])
    made = eliminate([found], 1e-6)
    assert made.order[0] in (0, 2, 4)
    assert made.loss[1] < 1e-4 < made.loss[2]


def test_all_layers_that_take_the_channels_have_a_say():
    one = Moments(np.eye(3), np.array([[3.0], [1], [0.1]]), np.arange(3)[:, None])
    other = Moments(np.eye(3), np.array([[0.1], [1], [3.0]]), np.arange(3)[:, None])
    assert eliminate([one], 0).order[0] == 2
    assert eliminate([one, other], 0).order[0] == 1


def test_refitted_weights_are_those_of_least_squares():
    inputs, found = moments(np.random.default_rng(3))
    kept = np.arange(6, 18)
    centered = inputs - inputs.mean(0)
    wanted = np.linalg.lstsq(centered[:, kept], centered @ found.weights, rcond=None)[0]
    np.testing.assert_allclose(refitted(found, kept, 1e-13), wanted, rtol=1e-5)
