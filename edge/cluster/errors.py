"""What can go wrong with a cluster. Every message says what to do."""

from edge.errors import EdgeError


class ClusterError(EdgeError):
    """A cluster cannot be used, or has gone; what has its result keeps it."""
