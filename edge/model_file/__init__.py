"""A model file: the model, its manifest and their hashes."""
