"""Freezing, unfreezing, and cutting a network where its frozen part ends."""

import numpy as np
import pytest

pytest.importorskip("keras")


from edge.model_file.manifest import InputSpec
from tests.train.small import BACKBONE_SPEC as SPEC
from tests.train.small import backbone
from train.errors import TrainError
from train.networks.backbones import BACKBONES, FEATURES, LOGITS
from train.networks.freezing import cut, freeze_base, unfreeze
from train.networks.registry import build_cnn

LATE = {
    "vgg16": "block5",
    "vgg19": "block5",
    "inception_v3": "mixed9",
    "xception": "block14",
    "resnet50": "conv5",
}


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("part", ["head", "late"])
def test_the_parts_together_are_the_whole(name, part):
    model = backbone(name)
    if part == "head":
        freeze_base(model)
    else:
        unfreeze(model, LATE[name], norms=False)
    pixels = np.random.default_rng(0).integers(0, 256, (2, *SPEC.shape), np.uint8)
    frozen, rest = cut(model)
    np.testing.assert_allclose(rest(frozen(pixels)), model(pixels), atol=1e-5)
    assert not frozen.trainable_variables
    assert len(rest.trainable_variables) == len(model.trainable_variables) > 0
    _, behind = cut(model, LOGITS)
    assert behind.output.shape == (None, 2)
    if part == "head":
        assert frozen.layers[-1].name == FEATURES


def test_a_network_that_learns_throughout_is_not_cut():
    frozen, rest = cut(build_cnn(InputSpec(32, 32, "rgb"), width=0.2))
    assert frozen is None
    assert rest.input.shape == (None, 32, 32, 3)
    model = backbone("vgg16")
    unfreeze(model, "all", norms=True)
    assert cut(model)[0] is None


def test_a_prefix_that_matches_nothing_names_those_that_do():
    model = backbone("vgg16")
    with pytest.raises(TrainError, match="block1, block2, block3, block4, block5, or all"):
        unfreeze(model, "blok5", norms=False)
    with pytest.raises(TrainError, match="no layer of vgg16 starts so"):
        unfreeze(model, "dense", norms=False)  # the head is no part of the backbone


def test_from_the_prefix_on_all_learn_but_the_norms():
    model = backbone("resnet50")
    unfreeze(model, "conv5", norms=False)
    learning = {layer.name for layer in model.layers if layer.trainable_variables}
    assert not any(name.startswith(("conv1", "conv2", "conv3", "conv4")) for name in learning)
    assert "conv5_block1_1_conv" in learning
    assert "conv5_block1_1_bn" not in learning
    unfreeze(model, "conv5", norms=True)
    assert model.get_layer("conv5_block1_1_bn").trainable
