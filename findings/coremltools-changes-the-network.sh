#!/usr/bin/env bash
# coremltools 9.0 (`convert`, to Core ML): the passes that it runs by default return another network for seven kinds
# of valid programs, without a word:
#   conv_transpose with groups, then mul or batch_norm   the factors go to other channels than their own
#   constant / conv           becomes conv / constant (known upstream: pull 2776, open)
#   floor_div by 1            is taken out: nothing is rounded any more (issue 2761, mended upstream in July 2026)
#   reduce_sum, then mul      becomes reduce_mean where the factor is less than 0.000001 off 1 / count. Of a picture of
#                             512 x 512, 0.0000028 and 0.0000048 are taken for 1 / 262144 = 0.0000038
#   one_hot along axis 1, then matmul   becomes a gather, as if it was along the last axis
#   scatter_along_axis, "add" of constants: the last update for a place is kept, and not the sum
#   a norm over 2 x 2 pixels, with a factor for each column, becomes instance_norm, with one for each channel (pull
#                             2807, open, speaks of an error; where there are as many of both there is none)
# One would expect the answers of the program that was given, which is what an optimization keeps. No Mac is needed: the
# program before and the one that `convert` returns are computed by the same few lines of NumPy below.
# The causes, in converters/mil/mil/passes/defs: a reshape of [Cout / groups, Cin] weights to [Cout, Cin / groups],
# which are not in the order of channels (fuse_conv_scale, fuse_conv_batchnorm); an absolute tolerance of 1e-6
# (fuse_reduce_mean); an axis counted by the rank of the indices (fuse_onehot_matmul_to_gather). Of the scatter:
# value_inference, which does not look at `mode`.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):            given                         returned
#   conv_transpose, 2 groups, times 1 10 100 1000      1 10 100 1000                 1 100 10 1000
#   the same, batch_norm                               1 10 100 1000                 1 100 10 1000
#   6 / conv, of 1 2 3                                 6 3 2                         0.167 0.333 0.5
#   floor_div by 1, plus x, of -1.5 0.5 2.5            -3.5 0.5 4.5                  -3 1 5
#   sum of 512 x 512 ones, times 0.0000045             1.18                          1
#   one_hot along axis 1 of 0 0 1, matmul 1 2 4        3 4 0                         1 1 2
#   scatter_along_axis of 1 and 3 to one place         4 0                           3 0
#   norm, columns times 1 and 10, 2 equal channels     -1.34 -4.47 0.447 13.4 twice  -1.34 -0.447 0.447 1.34, -13.4 ..
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check coremltools==9.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import coremltools
import numpy as np
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types


def floats(*values):
    return np.array(values, np.float32)


def pixels(x, weight, groups, transposed):
    """A convolution whose kernels have one pixel."""
    answer = []
    for part, kernel in zip(np.split(x, groups, 1), np.split(weight, groups, 0), strict=True):
        kernel = kernel[..., 0, 0]
        answer.append(np.einsum("bihw,io->bohw" if transposed else "bihw,oi->bohw", part, kernel))
    return np.concatenate(answer, 1)


def by_channel(values, x):
    return np.reshape(values, (-1,) + (1,) * (x.ndim - 2))


def instance_norm(x, gamma, beta, epsilon):
    mean, variance = (f(x, axis=(2, 3), keepdims=True) for f in (np.mean, np.var))
    return (x - mean) / np.sqrt(variance + epsilon) * by_channel(gamma, x) + by_channel(beta, x)


def one_hot(indices, size, axis):
    place = np.arange(size).reshape([-1] + [1] * (indices.ndim - axis if axis >= 0 else 0))
    return (np.expand_dims(indices, axis) == place).astype(np.float32)


def scatter(data, indices, updates, axis, mode):
    assert axis == 0 and mode == "add"
    data = data.copy()
    np.add.at(data, (indices, np.arange(data.shape[1])), updates)
    return data


MEANING = {
    "add": lambda i: i["x"] + i["y"],
    "sub": lambda i: i["x"] - i["y"],
    "mul": lambda i: i["x"] * i["y"],
    "real_div": lambda i: i["x"] / i["y"],
    "floor_div": lambda i: np.floor(i["x"] / i["y"]),
    "square": lambda i: i["x"] ** 2,
    "rsqrt": lambda i: (i["x"] + i.get("epsilon", 0)) ** -0.5,
    "matmul": lambda i: i["x"] @ i["y"],
    "gather": lambda i: np.take(i["x"], i["indices"], i["axis"]),
    "reduce_sum": lambda i: i["x"].sum(axis=tuple(i["axes"]), keepdims=i["keep_dims"]),
    "reduce_mean": lambda i: i["x"].mean(axis=tuple(i["axes"]), keepdims=i["keep_dims"]),
    "one_hot": lambda i: one_hot(i["indices"], i["one_hot_vector_size"], i["axis"]),
    "scatter_along_axis": lambda i: scatter(i["data"], i["indices"], i["updates"], i["axis"], i["mode"]),
    "conv": lambda i: pixels(i["x"], i["weight"], i["groups"], False) + by_channel(i.get("bias", 0), i["x"]),
    "conv_transpose": lambda i: pixels(i["x"], i["weight"], i["groups"], True) + by_channel(i.get("bias", 0), i["x"]),
    "batch_norm": lambda i: (
        (i["x"] - by_channel(i["mean"], i["x"]))
        / np.sqrt(by_channel(i["variance"], i["x"]) + i["epsilon"])
        * by_channel(i["gamma"], i["x"])
        + by_channel(i["beta"], i["x"])
    ),
    "instance_norm": lambda i: instance_norm(i["x"], i["gamma"], i["beta"], i["epsilon"]),
    "identity": lambda i: i["x"],
}


def answer(program, x):
    main = program.functions["main"]
    known = dict.fromkeys(main.inputs, x)
    for operation in main.operations:
        if operation.op_type == "const":
            known[operation.outputs[0].name] = operation.outputs[0].val
            continue
        inputs = {name: known[value.name] for name, value in operation.inputs.items() if value is not None}
        known[operation.outputs[0].name] = MEANING[operation.op_type](inputs)
    return known[main.outputs[0].name]


def normalized(x, factors):
    axes = [-2, -1]
    mean = mb.reduce_mean(x=x, axes=axes, keep_dims=True)
    variance = mb.reduce_mean(x=mb.square(x=mb.sub(x=x, y=mean)), axes=axes, keep_dims=True)
    scale = mb.mul(x=mb.rsqrt(x=mb.add(x=variance, y=np.float32(1e-5))), y=factors)
    shift = mb.sub(x=np.zeros_like(factors), y=mb.mul(x=mean, y=scale))
    return mb.add(x=mb.mul(x=x, y=scale), y=shift)


FOUR = floats(1, 10, 100, 1000)
ONES = np.ones((4, 2, 1, 1), np.float32)
ONES[[1, 3]] = 0  # of each group the first channel is taken, twice
ONE = np.ones((1, 1, 1, 1), np.float32)
FOLDED = {"data": np.zeros((2, 1), np.float32), "indices": np.zeros((2, 1), np.int32)}
SQUARE = floats(0, 1, 2, 3, 0, 1, 2, 3).reshape(1, 2, 2, 2)
PLAIN = (SQUARE[0, 0] - 1.5) / np.sqrt(1.25)
CASES = {  # x, program, right, returned
    "conv_transpose with groups, mul": (
        np.ones((1, 4, 1, 1), np.float32),
        lambda x: mb.mul(x=mb.conv_transpose(x=x, weight=ONES, groups=2), y=FOUR.reshape(1, 4, 1, 1)),
        [1, 10, 100, 1000],
        [1, 100, 10, 1000],
    ),
    "conv_transpose with groups, batch_norm": (
        np.ones((1, 4, 1, 1), np.float32),
        lambda x: mb.batch_norm(
            x=mb.conv_transpose(x=x, weight=ONES, groups=2),
            mean=np.zeros(4, np.float32),
            variance=np.ones(4, np.float32),
            gamma=FOUR,
            beta=np.zeros(4, np.float32),
        ),
        [1, 10, 100, 1000],
        [1, 100, 10, 1000],
    ),
    "6 / conv": (
        floats(1, 2, 3).reshape(1, 1, 1, 3),
        lambda x: mb.real_div(x=np.float32(6), y=mb.conv(x=x, weight=ONE)),
        [6, 3, 2],
        [1 / 6, 1 / 3, 1 / 2],
    ),
    "floor_div by 1": (
        floats(-1.5, 0.5, 2.5),
        lambda x: mb.add(x=mb.floor_div(x=x, y=np.float32(1)), y=x),
        [-3.5, 0.5, 4.5],
        [-3, 1, 5],
    ),
    "reduce_sum, mul": (
        np.ones((1, 1, 512, 512), np.float32),
        lambda x: mb.mul(x=mb.reduce_sum(x=x, axes=[-2, -1], keep_dims=True), y=np.float32(4.5e-6)),
        [512 * 512 * 4.5e-6],
        [1],
    ),
    "one_hot along axis 1, matmul": (
        np.array([[0, 0, 1]], np.int32),
        lambda x: mb.matmul(
            x=mb.one_hot(
                indices=x, one_hot_vector_size=3, axis=1, on_value=np.float32(1), off_value=np.float32(0)
            ),
            y=floats(1, 2, 4).reshape(3, 1),
        ),
        [3, 4, 0],
        [1, 1, 2],
    ),
    "scatter_along_axis": (
        np.zeros((2, 1), np.float32),
        lambda x: mb.add(
            x=x, y=mb.scatter_along_axis(**FOLDED, updates=floats(1, 3).reshape(2, 1), axis=0, mode="add")
        ),
        [4, 0],
        [3, 0],
    ),
    "norm, a factor for each column": (
        SQUARE,
        lambda x: normalized(x, floats(1, 10).reshape(1, 2)),
        [PLAIN * [1, 10]] * 2,
        [PLAIN, PLAIN * 10],
    ),
}
same = True
for name, (x, build, right, wrong) in CASES.items():
    kind = types.int32 if x.dtype == np.int32 else types.fp32
    program = mb.program(input_specs=[mb.TensorSpec(shape=x.shape, dtype=kind)])(build)
    before = answer(program, x)
    after = answer(
        coremltools.convert(
            program, convert_to="milinternal", compute_precision=coremltools.precision.FLOAT32
        ),
        x,
    )
    print(f"{name}: given", *before.ravel().round(3), "| returned", *after.ravel().round(3))
    same &= np.allclose(before.ravel(), np.ravel(right), rtol=1e-3)
    same &= np.allclose(after.ravel(), np.ravel(wrong), rtol=1e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore try.py 2> said || { cat said; exit 1; }
