"""A series of slices, or a volume, classified as one thing. Loaded for --series only."""
