"""What can go wrong in an export. Every message says what to do."""


class ExportError(Exception):
    """A run that cannot be exported, or options that do not fit together."""
