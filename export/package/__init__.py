"""One file with its manifest inside, described in words, or laid out for Triton."""
