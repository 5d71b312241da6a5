"""Scripts that run inside the environments of others; nothing here imports anything of ours."""
