"""What a command says on standard error."""

import os
import sys


def drop_output() -> None:
    """What is still in stdout's buffer goes nowhere: its flush at exit must not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: object) -> int:
    """Say what is wrong, in one line; returns the status for wrong usage."""
    sys.stdout.flush()
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(message))
    print(f"edge-classify: {line}", file=sys.stderr)
    return 2
