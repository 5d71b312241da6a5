"""The proof: held-out scans through the exported file, against Keras."""
