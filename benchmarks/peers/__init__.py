"""Packages that pip installs for the same job, beside ours on the same scans."""
