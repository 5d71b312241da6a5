"""Fitting a network: phases, early stopping, checkpoints, cached features."""
