"""How calls, processes and throughput are timed."""
