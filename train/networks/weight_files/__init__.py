"""Weights of a backbone from files that others made: read, matched, and proven by running both."""
