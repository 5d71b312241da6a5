"""Verdicts against the truth and against Keras, and the scans that they are of."""
