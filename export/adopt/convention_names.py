"""The names of the conventions of pixels, for the command line: no Keras is loaded for them."""

SCALINGS = {
    "none": "0 to 255: the network scales by itself",
    "unit": "0 to 1",
    "symmetric": "-1 to 1, as for Xception and MobileNet",
    "imagenet-mean": "0 to 255 less ImageNet's mean, as for VGG and ResNet (blue first)",
    "imagenet-std": "0 to 1 less ImageNet's mean, by its deviation, as in PyTorch",
}
COLORS = ("rgb", "bgr", "grey")
