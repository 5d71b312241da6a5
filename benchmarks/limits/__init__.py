"""What a report must show for the exit status to be 0."""
