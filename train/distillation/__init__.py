"""Finished runs as teachers: soft labels, and the test scans that a teacher knows."""
