"""Changes to training scans: layers, random views, synthetic lesions, examples."""
