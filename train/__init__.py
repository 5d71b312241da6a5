"""Fit Keras models on folders of scans: `python -m train`."""
