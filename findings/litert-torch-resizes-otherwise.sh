#!/usr/bin/env bash
# litert-torch 0.10.0 (PyTorch to LiteRT): three functions give other pixels on the device, without a word:
#
#   interpolate, "nearest"     takes the pixels of "nearest-exact": to half the size the other of each pair. At 2 times
#                              both are alike, so the usual up-sampling does not tell
#   "bilinear" by a factor     of 1.7 is scaled by 13 / 8, the ratio of the sizes, as with recompute_scale_factor=True
#   max_pool2d                 its indices are all 0; the values are right
#
# One would expect the pixels of PyTorch, or an error, as an antialiased resize gets one. The causes:
# _convert/fx_passes/build_aten_composite_pass.py makes a tfl.resize_nearest_neighbor with sizes alone of "nearest", and
# tfl.resize_bilinear likewise.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), the numbers 0 to 7:     PyTorch 2.14.1          LiteRT 2.3.0
#   nearest, to 4                                                   0 2 4 6                 1 3 5 7
#   nearest, to 3                                                   0 2 5                   1 4 6
#   nearest-exact, to 4                                             1 3 5 7                 1 3 5 7
#   nearest, to 16                                                  0 0 1 1 to 7 7          0 0 1 1 to 7 7
#   bilinear, scale_factor=1.7, the 2nd to the 4th                  0.38 0.97 1.56          0.42 1.04 1.65
#   indices of max_pool2d, 1 x 2                                    1 3 5 7                 0 0 0 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check litert-torch==0.10.0 torch==2.14.1 \
    ai-edge-litert==2.3.0 litert-converter==0.5.0 torchao==0.18.0 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys
import warnings

import litert_torch
import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate, max_pool2d


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self._function = function

    def forward(self, x):
        return self._function(x)


def to(width, mode):
    return lambda x: interpolate(x, size=(1, width), mode=mode)


TWICE = np.repeat(np.arange(8), 2).tolist()
CASES = {  # the function, which of its numbers are looked at, the answers of both
    "nearest, to 4": (to(4, "nearest"), slice(None), [0, 2, 4, 6], [1, 3, 5, 7]),
    "nearest, to 3": (to(3, "nearest"), slice(None), [0, 2, 5], [1, 4, 6]),
    "nearest-exact, to 4": (to(4, "nearest-exact"), slice(None), [1, 3, 5, 7], [1, 3, 5, 7]),
    "nearest, to 16": (to(16, "nearest"), slice(None), TWICE, TWICE),
    "bilinear, 1.7": (
        lambda x: interpolate(x, scale_factor=(1, 1.7), mode="bilinear"),
        slice(1, 4),
        [0.38, 0.97, 1.56],
        [0.42, 1.04, 1.65],
    ),
    "indices": (
        lambda x: max_pool2d(x, (1, 2), return_indices=True)[1].float(),
        slice(None),
        [1, 3, 5, 7],
        [0, 0, 0, 0],
    ),
}
same = True
x = torch.arange(8.0).reshape(1, 1, 1, 8)
for name, (function, part, right, wrong) in CASES.items():
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        device = litert_torch.convert(Function(function).eval(), (x,))
    both = function(x).numpy(), np.asarray(device(x))
    expected, found = (np.round(each.astype(float), 2).ravel()[part].tolist() for each in both)
    print(f"{name}: PyTorch", *expected, "| LiteRT", *found)
    same &= (expected, found) == (right, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
