#!/usr/bin/env bash
# SigPy 0.1.27 (MR reconstruction): four functions give another answer than their names and docs say, without a word.
#
#   linop.ArrayToBlocks(...).N   "the normal linop", A^H A, is the identity, whatever the blocks. Where they overlap, or
#                                leave places out, it is another. `app.LinearLeastSquares` goes by N, so it ends at
#                                values that are no solution. BlocksToArray the same
#   psd_proj                     "Projection onto positive semi-definite matrices" changes a matrix that is one, where two
#                                of its eigenvalues are equal: the eigenvectors come of `eig`, so they are not orthogonal
#   mri.util.get_cov             "covariance matrix from noise measurements" is the sum over the samples, not their mean.
#                                `whiten` with it leaves noise of 1 / sqrt(samples). And the caller's noise is changed:
#                                its mean is taken off in place
#   l1_proj                      of an array that lies inside the ball, the same values without their shape
#
# One would expect A.N * x == A.H * (A * x), which holds for other operators (the FFT, resizing, the wavelets and the
# convolutions were tried); a projection that leaves alone what is inside, as `l2_proj` does; and numpy.cov's numbers.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):
#   blocks of 3 of six ones: A.N * x        1 1 1 1 1 1       A.H * (A * x)     1 2 3 3 2 1
#   least squares for 0 1 2 3 4 5           0 2 6 9 8 5
#   psd_proj of 3 1 1, 1 3 1, 1 1 3         up to 0.47 off. Its eigenvalues are 2, 2 and 5
#   get_cov of 1,000 samples                954 and 1,046     numpy.cov         0.955 and 1.047
#   the noise whitened with it              a standard deviation of 0.0316
#   l1_proj(10, a 2 x 3 array of 0.1)       6 values in a row
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sigpy==0.1.27 numpy==1.26.4 scipy==1.17.1 \
    numba==0.68.1 PyWavelets==1.9.0 tqdm==4.70.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import sigpy
from sigpy.app import LinearLeastSquares
from sigpy.linop import FFT, ArrayToBlocks, BlocksToArray, Resize
from sigpy.mri.util import get_cov, whiten

blocks, ones = ArrayToBlocks([6], [3], [1]), np.ones(6)
normal, by_hand = blocks.N * ones, blocks.H * (blocks * ones)
solved = LinearLeastSquares(blocks, blocks * np.arange(6.0), max_iter=50, show_pbar=False).run()
print("N", *normal, "| A.H * (A * x)", *by_hand)
print("least squares for 0 1 2 3 4 5:", *np.round(solved, 3))
same = (normal == 1).all() and by_hand.tolist() == [1, 2, 3, 3, 2, 1]
same &= np.allclose(solved, [0, 2, 6, 9, 8, 5])
back = BlocksToArray([6], [3], [1])
x = np.ones(back.ishape)
same &= not np.allclose(back.N * x, back.H * (back * x))
for right in (FFT([6, 5]), Resize([9, 4], [6, 5])):
    x = np.random.default_rng(0).normal(size=right.ishape)
    same &= np.allclose(right.N * x, right.H * (right * x))

definite = np.ones((3, 3)) + 2 * np.eye(3)
off = np.abs(sigpy.psd_proj(definite) - definite).max()
print("eigenvalues", *np.round(np.linalg.eigvalsh(definite), 6), "| off by up to", round(off, 2))
same &= off > 0.1

noise = np.random.default_rng(0).normal(size=(2, 1000)) + 5
kept = noise.copy()
summed, right = get_cov(noise), np.cov(kept)
spread = whiten(kept, summed).std(axis=1)
print("get_cov", *np.round(np.diag(summed)), "| numpy.cov", *np.round(np.diag(right), 3))
print("mean of the noise before", round(kept.mean(), 2), "after", round(noise.mean(), 2))
print("whitened: a standard deviation of", *np.round(spread, 4))
same &= np.allclose(summed, 999 * right) and abs(noise.mean()) < 1e-9
same &= np.allclose(spread, 1000**-0.5)

inside = sigpy.l1_proj(10, np.full((2, 3), 0.1))
print("l1_proj of 2 x 3 inside the ball", inside.shape, "| outside", end=" ")
print(sigpy.l1_proj(0.1, np.full((2, 3), 0.1)).shape, "| l2_proj", end=" ")
print(sigpy.l2_proj(10, np.full((2, 3), 0.1)).shape)
same &= inside.shape == (6,) and sigpy.l1_proj(0.1, np.full((2, 3), 0.1)).shape == (2, 3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
