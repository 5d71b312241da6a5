#!/usr/bin/env bash
# jax2onnx 0.17.1 (JAX and Flax to ONNX) returns another network for nine layers and functions, without a word:
#
#   nnx.max_pool              without `strides` it goes on by the window's size. Flax goes on by one, as avg_pool's file does
#   nnx.max_pool, avg_pool    a `padding` in numbers is dropped: the padding is "VALID"
#   nnx.BatchNorm(axis=1)     the statistics are those of the last axis, where it is as long
#   nnx.RMSNorm               `reduction_axes` is dropped: the mean is that of the last axis
#   jax.image.resize          "nearest", to half the size: the other pixel of each pair. Of 8 to 3 one place is one off
#   jax.lax.round             halves go to the even number. JAX takes them away from zero, unless told otherwise
#   jax.nn.one_hot            of -1 is a row of zeros in JAX, and the last class in the file
#   lax.dynamic_slice         a start too near the end is moved back by JAX, so the size holds. The file gives a shorter piece
#   jnp.abs of an rfft        not the amplitudes, but the real and imaginary parts without their signs, in one axis more
#
# One would expect the answers of the function that was given, or an error: of padding modes, dilations and much else
# there is one. The causes, in its plugins: _normalize_stride(None) returns the window; str(padding), compared with
# "SAME"; moveaxis(x, -1, 1); axis = params.get("axis", -1); nearest_mode="round_prefer_floor", where JAX takes the floor
# of (i + 0.5) * scale; Round, of which ONNX says that halves go to the even; OneHot, in which -1 is the last class;
# Slice; Abs of the two numbers that a complex one is kept as. Of the last two ONNX Runtime says when run that a shape
# is not as declared.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):               JAX 0.10.2, Flax 0.12.8      the file, ONNX Runtime 1.32.0
#   max_pool of 5 places, window 3                        3 places                     1 place
#   max_pool of 5, window 3, strides 2, padding 1         3 places                     2 places
#   avg_pool, the same                                    3 places                     2 places
#   BatchNorm(axis=1) of ones 1 x 2 x 2, means 0 1        1 1 0 0                      1 0 1 0
#   RMSNorm over axis 1 of (1 2) (3 4)                    0.45 0.63 1.34 1.26          0.63 1.26 0.85 1.13
#   resize, nearest, of 0 to 7 to 4 places                1 3 5 7                      0 2 4 6
#   the same to 3 places                                  1 4 6                        1 3 6
#   round of -2.5 0.5 2.5                                 -3 1 3                       -2 0 2
#   one_hot of -1, 3 classes                              0 0 0                        0 0 1
#   dynamic_slice of 0 to 5 from 5, 3 places              3 4 5                        5
#   abs(rfft) of 1 2 4 8                                  15 6.71 5                    15 0 3 6 5 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check jax2onnx==0.17.1 jax==0.10.2 jaxlib==0.10.2 \
    flax==0.12.8 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
from flax import nnx
from jax2onnx import to_onnx


def floats(*values):
    return np.array(values, np.float32)


def places(*values):
    return np.array(values, np.int32)


batch_norm = nnx.BatchNorm(2, axis=1, use_running_average=True, epsilon=0.0, rngs=nnx.Rngs(0))
batch_norm.mean[...] = jnp.array([0.0, 1.0])
rms = nnx.RMSNorm(2, reduction_axes=1, epsilon=0.0, rngs=nnx.Rngs(0))
five = floats(1, 2, 3, 4, 5).reshape(1, 5, 1)
padded = {"window_shape": (3,), "strides": (2,), "padding": ((1, 1),)}
eight = np.arange(8, dtype=np.float32)
CASES = {  # the function, its input, the answers of JAX and of the file; how many of the pools
    "max_pool": (lambda x: nnx.max_pool(x, window_shape=(3,)), five, [3], [1]),
    "max_pool, padding": (lambda x: nnx.max_pool(x, **padded), five, [3], [2]),
    "avg_pool, padding": (lambda x: nnx.avg_pool(x, **padded), five, [3], [2]),
    "BatchNorm": (batch_norm, np.ones((1, 2, 2), np.float32), [1, 1, 0, 0], [1, 0, 1, 0]),
    "RMSNorm": (
        rms,
        floats([1, 2], [3, 4]).reshape(1, 2, 2),
        [0.45, 0.63, 1.34, 1.26],
        [0.63, 1.26, 0.85, 1.13],
    ),
    "resize to 4": (
        lambda x: jax.image.resize(x, (4,), "nearest"),
        eight,
        [1, 3, 5, 7],
        [0, 2, 4, 6],
    ),
    "resize to 3": (lambda x: jax.image.resize(x, (3,), "nearest"), eight, [1, 4, 6], [1, 3, 6]),
    "round": (lambda x: jax.lax.round(x), floats(-2.5, 0.5, 2.5), [-3, 1, 3], [-2, 0, 2]),
    "one_hot": (lambda n: jax.nn.one_hot(n, 3), places(-1), [0, 0, 0], [0, 0, 1]),
    "dynamic_slice": (
        lambda n: jax.lax.dynamic_slice(jnp.arange(6.0), (n[0],), (3,)),
        places(5),
        [3, 4, 5],
        [5],
    ),
    "abs(rfft)": (
        lambda x: jnp.abs(jnp.fft.rfft(x)),
        floats(1, 2, 4, 8),
        [15, 6.71, 5],
        [15, 0, 3, 6, 5, 0],
    ),
}
same = True
for name, (function, x, right, wrong) in CASES.items():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        expected = np.asarray(function(jnp.asarray(x)))
        model = to_onnx(function, [jax.ShapeDtypeStruct(x.shape, x.dtype)], model_name="m")
    own = [each for each in said if "jax2onnx" in each.filename]
    assert all("access is now deprecated" in str(each.message) for each in own)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found = session.run(None, {session.get_inputs()[0].name: x})[0]
    if "pool" in name:
        expected, found = [expected.size], [found.size]
    else:
        expected, found = (
            np.round(each.astype(float), 2).ravel().tolist() for each in (expected, found)
        )
    print(f"{name}: JAX", *expected, "| the file", *found)
    same &= np.allclose(expected, right, atol=0.006)
    same &= len(found) == len(wrong) and np.allclose(found, wrong, atol=0.006)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
