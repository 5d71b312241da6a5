import numpy as np
import pytest

from tests.train.pruning.test_channel_groups import branches
from train.errors import TrainError
from train.networks.cost import cost
from train.pruning.allocation import Budget, Costs, allocate, removed_channels
from train.pruning.channel_groups import find_channels
from train.pruning.elimination import Elimination
from train.pruning.removal import without_channels


def even(size: int, price: float) -> Elimination:
    """Every channel costs the same."""
    return Elimination(np.arange(size), price * np.arange(size + 1) / size)


def test_costs_are_those_of_the_network_that_is_left():
    model = branches()
    channels = find_channels(model)
    found = [even(group.size, 1.0) for group in channels.groups]
    kept = [group.size - 1 for group in channels.groups]
    small = without_channels(model, channels, removed_channels(channels.groups, found, kept))
    adds, size = Costs(model, channels)(np.ones(len(kept), int))
    # A separable layer's two parts shrink unlike a pair of channels does; so do biases.
    assert adds == pytest.approx(cost(small).multiply_adds, rel=0.1)
    dense = sum(small.get_layer(name).count_params() for name in ("dense", "logits"))
    assert size == pytest.approx(small.count_params() + 3 * dense, rel=0.2)


def test_channels_go_where_they_cost_least():
    model = branches()
    channels = find_channels(model)
    names = [group.name for group in channels.groups]
    found = [even(group.size, 0.0 if group.name == "last" else 1.0) for group in channels.groups]
    kept = dict(zip(names, allocate(model, channels, found, Budget(0.9, 1.0)), strict=True))
    assert kept["last"] < 6
    assert kept["two+one"] == 4
    assert kept["beside"] == 5


def test_a_budget_that_cannot_be_met_is_told():
    model = branches()
    channels = find_channels(model)
    found = [even(group.size, 1.0) for group in channels.groups]
    with pytest.raises(TrainError, match=r"cannot be pruned to 0\.001 .* Give a larger --prune-to"):
        allocate(model, channels, found, Budget(0.001, 1.0))
