"""What a command says on standard error, each message one line with the command's name."""

import os
import sys

from edge.console.exit_status import DONE, FAILED, WRONG

_program = "edge-classify"
_results = None


def speak_as(program: str) -> str:
    """Give messages the name of another command; returns the name before."""
    global _program
    before, _program = _program, program
    return before


def results_to(stream):
    """Where results go from now on; None: to whatever `sys.stdout` is. Returns what it was."""
    global _results
    before, _results = _results, stream
    return before


def results():
    """The stream of the results. What libraries print goes to `sys.stdout`, which is another."""
    return sys.stdout if _results is None else _results


def is_command() -> bool:
    """Whether this process runs one of our commands, and not a program that imported us."""
    return _results is not None


def printable(message: object) -> str:
    """A message as one line: what would steer a terminal is written as Python escapes it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(message))


def counted(number: int, noun: str) -> str:
    """As in "1 scan" and "2 scans"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def say(message: object) -> int:
    """Say something in one line; returns the status for wrong usage."""
    if results() is not None:
        results().flush()
    try:
        # The end of the line with it, for another thread may speak as well.
        print(f"{_program}: {printable(message)}\n", end="", file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)  # results do not depend on messages
    return WRONG


def tell(text: str) -> int:
    """Print a text on standard output, loading nothing else; returns the exit status."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        drop(sys.stdout)
        return FAILED
    except OSError as error:
        drop(sys.stdout)
        return say(f"standard output cannot be written ({error.strerror or error})")
    return DONE


def drop(stream) -> None:
    """What is still in a stream's buffer goes nowhere: its flush at exit must not complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def drop_output() -> None:
    """The same for the results."""
    drop(results())
