"""What can go wrong in a benchmark. Every message says what to do."""


class BenchmarkError(Exception):
    """Options or data that nothing can be measured with."""
