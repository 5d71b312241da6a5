#!/usr/bin/env bash
# torch.onnx.export(dynamo=True) of PyTorch 2.14.1 writes another function in place of seven, without a word:
#
#   AvgPool2d         divisor_override is dropped: the sum is divided by the size of the window
#   logsigmoid        log(sigmoid(x)): below some -104, where a network is sure, minus infinity
#   logaddexp         log(exp(a) + exp(b)): infinity from 89 on, minus infinity from -104
#   log1p, expm1      log(1 + x) and exp(x) - 1: of 1e-9 zero, which is what these functions are there to avoid
#   erfc              1 - erf(x): zero from 4 on
#   x << 1, uint8     the result is read as a signed byte: 200 becomes -112 in place of 144
#
# One would expect the function that was exported, or an error, as cummax, hypot or lgamma get one. softplus and
# logsumexp are written so that they stay finite. In PyTorch all of these are right; in training and its tests nothing
# shows. The causes, in onnxscript's torch_lib: aten_avg_pool2d does not look at divisor_override; the others are
# written as the textbook has them; aten_bitwise_left_shift ends with a cast to INT8.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):       PyTorch          the file, ONNX Runtime 1.32.0
#   AvgPool2d(2, divisor_override=1) of 1 2 3 4   10               2.5
#   logsigmoid of -200                            -200             -inf
#   logaddexp of 100 100 and of -200 -200         100.69 -199.31   inf -inf
#   log1p, expm1 of 1e-9                          1e-9             0
#   erfc of 5                                     1.5e-12          0
#   200 << 1 in uint8                             144              -112
#   softplus of 100                               100              100
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.14.1 torchvision==0.29.1 onnx==1.23.2 \
    onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys
import warnings

import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self._function = function

    def forward(self, x):
        return self._function(x)


def doubled(x):
    return (x.to(torch.uint8) << 1).float()


CASES = {  # the function, its input, the answers of PyTorch and of the file
    "AvgPool2d": (nn.AvgPool2d(2, divisor_override=1), [[[[1.0, 2], [3, 4]]]], [10], [2.5]),
    "logsigmoid": (functional.logsigmoid, [-200.0], [-200], [-np.inf]),
    "logaddexp": (
        lambda x: torch.logaddexp(x, x),
        [100.0, -200],
        [100.69, -199.31],
        [np.inf, -np.inf],
    ),
    "log1p": (torch.log1p, [1e-9], [1e-9], [0]),
    "expm1": (torch.expm1, [1e-9], [1e-9], [0]),
    "erfc": (torch.erfc, [5.0], [1.537e-12], [0]),
    "200 << 1": (doubled, [200.0], [144], [-112]),
    "softplus": (functional.softplus, [100.0], [100], [100]),
}
same = True
for name, (function, values, right, wrong) in CASES.items():
    x = torch.tensor(values)
    expected = function(x).numpy().ravel()
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(said):
        warnings.simplefilter("ignore")
        torch.onnx.export(Function(function), (x,), "a.onnx", dynamo=True)
    session = onnxruntime.InferenceSession("a.onnx")
    found = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0].ravel()
    print(f"{name}: PyTorch", *expected, "| the file", *found)
    same &= np.allclose(expected, right, rtol=1e-3, atol=0)
    same &= np.allclose(found, wrong, rtol=1e-3, atol=0)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
