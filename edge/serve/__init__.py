"""`edge-classify --serve`: a page to drop scans on, and the JSON API behind it."""
