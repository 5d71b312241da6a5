"""Going on from a finished run: its weights, and which scans these have seen."""
