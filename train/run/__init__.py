"""The run folder: whole or not there, one writer at a time, resumable."""
