"""From a scan file to the pixels a model takes, and the out-of-distribution gate."""
