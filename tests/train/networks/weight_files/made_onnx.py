"""The small backbone of the tests as an ONNX file, written node by node."""

import numpy as np


def write_onnx(model, file, norm="kept", late=False):
    """Write it with a dense head.

    Args:
        norm: batch normalization is "kept", "folded" into the convolution before it, or "written
            out" as a factor and a summand a channel, as tf2onnx does in some networks.
        late: the convolution of the shortcut is written behind all others.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def convolution(given, name, kernel, bias=None, group=1, answer=None):
        size = kernel.shape[0]
        names = [given, constant(f"{name}_w", kernel.transpose(3, 2, 0, 1))]
        if bias is not None:
            names.append(constant(f"{name}_b", bias))
        pads = [size // 2] * 4
        answer = answer or f"{name}_out"
        nodes.append(helper.make_node("Conv", names, [answer], group=group, pads=pads))
        return answer

    folded = norm == "folded"

    def normalized(given, name, kernel, layer, depthwise=None):
        gamma, beta, mean, variance = layer.get_weights()
        factor = gamma / np.sqrt(variance + layer.epsilon)
        summand = beta - mean * factor
        bias = summand if folded else None
        x = given
        if depthwise is not None:
            swapped = depthwise.transpose(0, 1, 3, 2)
            x = convolution(x, f"{name}_dw", swapped, group=swapped.shape[3])
        x = convolution(x, name, kernel * factor if folded else kernel, bias)
        if norm == "written out":
            for kind, array in (("Mul", factor), ("Add", summand)):
                column = constant(f"{name}_{kind}", array.reshape(1, -1, 1, 1))
                nodes.append(helper.make_node(kind, [x, column], [f"{name}_{kind}_out"]))
                x = f"{name}_{kind}_out"
        elif not folded:
            names = [
                constant(f"{name}_{number}", array)
                for number, array in enumerate((gamma, beta, mean, variance))
            ]
            nodes.append(
                helper.make_node(
                    "BatchNormalization", [x, *names], [f"{name}_n"], epsilon=layer.epsilon
                )
            )
            x = f"{name}_n"
        return x

    weighted = [layer for layer in model.layers if layer.weights]
    named = {layer.name: layer for layer in weighted}
    shortcut, shortcut_norm = (
        layer for layer in weighted if layer.name not in ("conv1", "sep1", "sep1_bn", "conv2")
    )
    nodes.append(helper.make_node("Transpose", ["pixels"], ["first"], perm=[0, 3, 1, 2]))
    x = convolution("first", "conv1", *named["conv1"].get_weights())
    nodes.append(helper.make_node("Relu", [x], ["relu1"]))
    nodes.append(
        helper.make_node("MaxPool", ["relu1"], ["pool1"], kernel_shape=[2, 2], strides=[2, 2])
    )

    def write_shortcut():
        return normalized("pool1", "shortcut", shortcut.get_weights()[0], shortcut_norm)

    side = None if late else write_shortcut()
    depthwise, pointwise = named["sep1"].get_weights()
    x = normalized("pool1", "sep1", pointwise, named["sep1_bn"], depthwise)
    nodes.append(helper.make_node("Relu", [x], ["relu2"]))
    x = convolution("relu2", "conv2", *named["conv2"].get_weights())
    side = side or write_shortcut()
    nodes.append(helper.make_node("Add", [x, side], ["added"]))
    nodes.append(helper.make_node("GlobalAveragePool", ["added"], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(
        helper.make_node("MatMul", ["flat", constant("dense", np.ones((6, 2)))], ["answer"])
    )
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [None, 32, 32, 3])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [None, 2])],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9
    onnx.save(made, file)
