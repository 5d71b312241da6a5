"""Colours in another order, without an operation for it: the first convolution is turned instead.

Reversing the colours of 224x224 pixels has no fast kernel in LiteRT: it took 1.1 of the 9.2 ms of a
pruned VGG16 in int8. A convolution adds its input channels up, so their order is that of its
weights.
"""

import keras
from keras import layers

from train.networks.backbones import ReverseChannels


def without_reversal(model: keras.Model) -> keras.Model:
    """The same function of pixels, with the weights of what comes behind turned where possible.

    Returns:
        A copy of `model`, or itself where nothing reverses colours or what follows is none of
        `Rescaling` and, at last, one convolution.
    """
    found = next((one for one in model.layers if isinstance(one, ReverseChannels)), None)
    chain = _chain(model, found) if found else None
    if chain is None:
        return model
    *scalings, convolution = chain
    pairs = []

    def copy(layer):
        config = layer.get_config()
        if layer is found:
            layer_class, config = layers.Identity, {"name": layer.name, "dtype": config["dtype"]}
        else:
            layer_class = type(layer)
        if isinstance(layer, layers.Rescaling) and layer in scalings:
            config |= {key: _turned(config[key]) for key in ("scale", "offset")}
        pairs.append((layer, layer_class.from_config(config)))
        return pairs[-1][1]

    result = keras.models.clone_model(model, clone_function=copy)
    for old, new in pairs:
        new.set_weights(old.get_weights())
    kernel, *bias = convolution.get_weights()
    result.get_layer(convolution.name).set_weights([kernel[:, :, ::-1], *bias])
    return result


def _chain(model: keras.Model, start: layers.Layer) -> list[layers.Layer] | None:
    """What lies behind a layer up to the first convolution; None if that is anything else."""
    if start.input is not model.input:
        return None
    found, layer = [], start
    while not isinstance(layer, layers.Conv2D):
        users = [node.operation for node in layer._outbound_nodes if node.operation in model.layers]
        if len(users) != 1 or layer.output is model.output:
            return None
        layer = users[0]
        known = type(layer) in (layers.Rescaling, layers.ZeroPadding2D, layers.Conv2D)
        if not known or len(layer._inbound_nodes) != 1:  # one that is called twice
            return None
        found.append(layer)
    return found if layer.groups == 1 else None


def _turned(values):
    """A value for each colour, in the other order; one for all as it is."""
    return list(values)[::-1] if isinstance(values, (list, tuple)) else values
