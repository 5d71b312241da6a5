"""Folders of scans: which files, which class, which boxes, what pixels."""
