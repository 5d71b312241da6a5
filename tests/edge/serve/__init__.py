"""`edge-classify --serve`."""
