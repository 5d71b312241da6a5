"""What many scans cost on many cores: measured here, predicted beyond."""
