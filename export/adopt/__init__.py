"""Models that were trained elsewhere, made into runs: `python -m export --from MODEL`."""
