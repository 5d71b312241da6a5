"""What this board is and what it lacks: `edge-classify --doctor`."""
