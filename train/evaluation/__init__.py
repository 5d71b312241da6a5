"""How good decisions and probabilities are, and how sure that is; the threshold."""
