"""Files of the system: opened without waiting for anybody, and folders walked however deep."""
