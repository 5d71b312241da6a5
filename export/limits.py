"""The limits of the proof: how far an exported file may stray from Keras."""

# fp32 computes the same sums in another order; fp16 keeps 11 bits of a weight. dynamic rounds
# weights, int8 activations too, to one of 256 steps: MLPerf's quality floor for a quantized model
# is 99 % of fp32 (MLPerf Inference rules, 3.1), hence 1 % of the verdicts.
EXACT, HALF = (0.0, 1e-3, 1e-3, 1e-3), (0.0, 1e-2, 1e-2, None)


QUANTIZED = (0.01, 0.15, 0.05, None)
