"""Colours and scaling that the first layer of a file expects."""

import numpy as np
import pytest

pytest.importorskip("keras")

import keras
from keras import layers

from train.errors import TrainError
from train.networks.backbones import ReverseChannels
from train.networks.weight_files import first_layer
from train.networks.weight_files.read_file import read_for


def first_kernel(title="VGG16", times=1.0, turned=False):
    known = first_layer.IMAGENET[title]
    kernel = np.random.default_rng(0).normal(0, 1e-3, (3, 3, 3, 64))
    kernel[1, 1, :, list(known.which)] = known.sums.T[:, ::-1] if turned else known.sums.T
    return times * kernel


def caffe(pixels):
    return layers.Rescaling(1.0, [-100, -110, -120])(ReverseChannels()(pixels))


def unit(pixels):
    return layers.Rescaling(1 / 255)(pixels)


def coloured(stem):
    pixels = keras.Input((16, 16, 3))
    return keras.Model(pixels, layers.Conv2D(64, 3, name="block1_conv1")(stem(pixels)))


def saved(kernel, stem, file):
    model = coloured(stem)
    model.get_layer("block1_conv1").set_weights([kernel, np.zeros(64)])
    model.save(file)
    return file


@pytest.mark.parametrize(
    ("change", "says"),
    [({"turned": True}, "in the other order"), ({"times": 255}, "255 times as large")],
)
def test_colours_that_the_first_layer_expects_otherwise(change, says, tmp_path):
    file = saved(first_kernel(**change), caffe, tmp_path / "m.keras")
    with pytest.raises(TrainError, match=says):
        read_for(coloured(caffe), file, "VGG16")


def test_another_scaling_is_named(tmp_path):
    file = saved(first_kernel(), unit, tmp_path / "m.keras")
    remarks = read_for(coloured(caffe), file, "VGG16").remarks
    assert any(
        "RGB times 0.003922 plus 0, where here it is BGR times 1 plus -1" in one for one in remarks
    )


def test_weights_of_another_training_with_another_scaling_are_refused(tmp_path):
    other = np.random.default_rng(3).normal(0, 1, (3, 3, 3, 64))
    file = saved(other, unit, tmp_path / "m.keras")
    with pytest.raises(TrainError, match=r"trained on other colours: .* RGB times 0\.003922"):
        read_for(coloured(caffe), file, "VGG16")
    file = saved(other, caffe, tmp_path / "same.keras")
    assert "is not made from" in " ".join(read_for(coloured(caffe), file, "VGG16").remarks)
