#!/usr/bin/env bash
# How many multiply-adds a PyTorch network needs, four tools say differently, without a word about what they leave out:
#
#   torchinfo 1.8.0 (total_mult_adds)     a Linear is counted once, however many rows a scan has; nothing for attention
#   thop 0.1.1 (profile)                  nothing for attention; a transposed convolution as below
#   torchprofile 0.1.0 (profile_macs)     a transposed convolution; with groups=2 it counts 8 times too much
#   torch 2.14.1 (FlopCounterMode, CPU)   nothing for an LSTM and for scaled_dot_product_attention
#
#   Of a transposed convolution with stride 2 the first three count each output with the whole kernel: 4 times too much.
#
# One would expect what the formula gives, or a remark. fvcore, which says what it does not know, has the transposed ones
# right. By the formula: each input of a transposed convolution meets the kernel once. The causes: total mult-adds of a
# weight are its number times the sizes of the output behind the channels, which a Linear lacks; calculate_conv2d_flops
# of the output's size for both kinds; no formula for the operators that a CPU uses.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):       formula    torchinfo    thop     torchprofile    torch
#   Linear(8, 4) of 10 rows                       320        32           320      320             320
#   ConvTranspose2d(4, 6, 2, stride=2) of 8 x 8   6144       24576        24576    24576           6144
#   the same with groups=2                        3072       12288        12288    24576           3072
#   attention, 2 heads, 5 places, 4 channels      400        0            0        400             0
#   LSTM(4, 5) of 7 steps                         1260       1260         1540     1260            0
# thop also counts the products within the gates. Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.14.1 torchvision==0.29.1 torchinfo==1.8.0 \
    thop==0.1.1.post2209072238 torchprofile==0.1.0 fvcore==0.1.5.post20221221 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import copy
import sys
import warnings

import torch
from fvcore.nn import FlopCountAnalysis
from thop import profile
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary
from torchprofile import profile_macs


class Attention(nn.Module):
    def forward(self, x):
        return scaled_dot_product_attention(x, x, x)


def by_torchinfo(network, x):
    return summary(network, input_data=x, verbose=0).total_mult_adds


def by_thop(network, x):
    return profile(network, inputs=(x,), verbose=False)[0]


def by_torch(network, x):
    with FlopCounterMode(display=False) as counter:
        network(x)
    return counter.get_total_flops() / 2


def up(**more):
    return nn.ConvTranspose2d(4, 6, 2, stride=2, bias=False, **more)


TOOLS = (by_torchinfo, by_thop, profile_macs, by_torch)
STEPS = (1, 7, 4)
CASES = {  # network, shape of its input, the formula's number, those of the tools
    "Linear": (nn.Linear(8, 4, bias=False), (1, 10, 8), 10 * 8 * 4, [32, 320, 320, 320]),
    "ConvTranspose2d": (up(), (1, 4, 8, 8), 64 * 4 * 6 * 4, [24576, 24576, 24576, 6144]),
    "groups=2": (up(groups=2), (1, 4, 8, 8), 64 * 4 * 3 * 4, [12288, 12288, 24576, 3072]),
    "attention": (Attention(), (1, 2, 5, 4), 2 * 2 * 5 * 5 * 4, [0, 0, 400, 0]),
    "LSTM": (
        nn.LSTM(4, 5, bias=False, batch_first=True),
        STEPS,
        7 * 4 * 5 * (4 + 5),
        [1260, 1540, 1260, 0],
    ),
}
same = True
for name, (network, shape, right, said) in CASES.items():
    x = torch.ones(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # torchprofile's, of what it has no handler for
        found = [int(tool(copy.deepcopy(network).eval(), x)) for tool in TOOLS]
    print(f"{name}: formula {right}, torchinfo, thop, torchprofile, torch:", *found)
    same &= found == said
for name in ("ConvTranspose2d", "groups=2"):
    network, shape, right, _ = CASES[name]
    same &= FlopCountAnalysis(network, torch.ones(shape)).total() == right
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
