"""Generated head slices with and without a lesion, for tests and quick starts."""
