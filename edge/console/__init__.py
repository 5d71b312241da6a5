"""What all commands share: streams, messages, progress, signals, types of options."""
