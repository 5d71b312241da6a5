"""Structured pruning: whole channels removed from a finished run's network, then distilled."""
