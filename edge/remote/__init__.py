"""Scans that a URL names: in object stores, on web servers, in archives. Loaded with the first."""
