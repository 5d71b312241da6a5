"""The exit statuses of every command; `edge.console.command_frame` turns errors into them."""

DONE = 0
FAILED = 1
"""An input failed, a gate or a limit did; or the reader of the results has gone."""
WRONG = 2
"""Wrong usage, or no usable model, data or engine; or results that cannot be written."""
INTERRUPTED = 130
"""By Ctrl-C: `stopped` by signal 2."""


def stopped(number: int) -> int:
    """Of a command that a signal asked to stop, as shells have it."""
    return 128 + number
