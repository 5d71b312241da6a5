"""`edge-classify` over files, folders and names: arguments, inputs, batches."""
