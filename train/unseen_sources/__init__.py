"""Leave one source out: what the recipe gives on a data folder that it never saw."""
