"""What a run reports: figures, words and pictures."""
