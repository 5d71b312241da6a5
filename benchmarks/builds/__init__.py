"""From file to verdict: this build, others, and what the libraries alone take, in turns."""
