"""The learned part of the out-of-distribution gate, and what it learns to refuse."""
