"""Many scans at a time, results in order, in threads or processes."""
