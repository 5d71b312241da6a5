"""Results on disk that are also the memory of what is done, and of what died of which file."""
