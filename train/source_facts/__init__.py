"""What is known of data folders: `source.toml`, its schema, reading and finding it."""
