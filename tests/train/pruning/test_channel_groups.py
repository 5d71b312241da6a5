import keras
import numpy as np
import pytest
from keras import layers

from tests.train.small import SPEC, backbone, narrow_networks
from train.errors import TrainError
from train.networks.registry import ARCHITECTURES, LOGITS
from train.pruning.channel_groups import find_channels
from train.pruning.removal import without_channels


def branches() -> keras.Model:
    """Two convolutions added, one more beside them, and all that goes channel by channel."""
    pixels = keras.Input((8, 8, 3), dtype="uint8")
    x = layers.Rescaling(1 / 255)(pixels)
    one = layers.Conv2D(4, 3, padding="same", name="one")(x)
    two = layers.Conv2D(4, 1, use_bias=False, name="two")(x)
    x = layers.Add()([one, layers.BatchNormalization(name="norm")(two)])
    x = layers.ReLU()(x)
    beside = layers.SeparableConv2D(5, 3, padding="same", name="beside")(x)
    x = layers.Concatenate()([x, beside])
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.Conv2D(6, 3, strides=2, name="last", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(7, activation="relu", name="dense")(x)
    x = layers.Dense(2, name=LOGITS)(x)
    model = keras.Model(pixels, layers.Activation("softmax")(x), name="branches")
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=w.shape) ** 2 for w in model.get_weights()])
    return model


def test_channels_that_are_added_are_one_channel():
    names = {group.name: group for group in find_channels(branches()).groups}
    assert set(names) == {"two+one", "beside", "last", "dense"}
    assert set(names["two+one"].consumers) == {"beside", "last"}
    assert names["two+one"].size == 4


def test_channels_behind_a_flatten_have_an_input_for_each_place():
    last = next(group for group in find_channels(branches()).groups if group.name == "last")
    assert last.consumers["dense"].shape == (6, 9)
    assert last.consumers["dense"][1].tolist() == list(range(1, 54, 6))


@pytest.mark.parametrize("group", range(4))
def test_channels_that_are_always_zero_change_nothing_when_they_go(group):
    model = branches()
    channels = find_channels(model)
    chosen = channels.groups[group]
    gone = chosen.numbers[[0, 2]]
    for name, outputs in channels.outputs.items():
        layer = model.get_layer(name)
        if name in chosen.producers or name == "norm":
            own = np.isin(outputs, gone)
            layer.set_weights(
                [np.where(own, 0, w) if w.shape[-1] == len(own) else w for w in layer.get_weights()]
            )
    pixels = np.random.default_rng(1).integers(0, 255, (3, 8, 8, 3), np.uint8)
    before = model.predict(pixels, verbose=0)
    after = without_channels(model, channels, gone)
    assert after.count_params() < model.count_params()
    np.testing.assert_allclose(after.predict(pixels, verbose=0), before, atol=1e-5)


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "xception", "inception_v3"])
def test_every_backbone_loses_channels_and_still_computes(name):
    model = backbone(name)
    channels = find_channels(model)
    gone = np.concatenate([g.numbers[: g.size // 2] for g in channels.groups])
    small = without_channels(model, channels, gone)
    assert small.count_params() < 0.6 * model.count_params()
    assert [one.name for one in small.layers] == [one.name for one in model.layers]
    pixels = np.zeros((1, *model.input.shape[1:]), np.uint8)
    assert small.predict(pixels, verbose=0).shape == (1, 2)


def test_all_layers_of_the_cnn_but_the_last_can_lose_channels():
    with narrow_networks():
        model = ARCHITECTURES["cnn"].build(SPEC)
    assert [group.name for group in find_channels(model).groups] == [
        "conv1", "conv2", "conv3", "dense",
    ]  # fmt: skip


def test_a_network_of_unknown_layers_alone_is_refused():
    pixels = keras.Input((4, 4, 3), dtype="uint8")
    x = layers.Conv2D(3, 3, name="only")(layers.Rescaling(1.0)(pixels))
    x = layers.LayerNormalization()(x)
    x = layers.Dense(2, name=LOGITS)(layers.GlobalAveragePooling2D()(x))
    with pytest.raises(TrainError, match="no channel that can be removed"):
        find_channels(keras.Model(pixels, x, name="odd"))
