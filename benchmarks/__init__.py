"""Measure exported models against Keras and each other: `python -m benchmarks`."""
