"""The studies that come to a node: which slices count, when one is judged, and its line on disk."""
