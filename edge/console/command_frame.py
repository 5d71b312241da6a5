"""The frame around every command: its streams, its errors in one line, its exit status."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack

from edge.console.exit_status import DONE, FAILED
from edge.console.messages import drop_output, results, results_to, say, speak_as
from edge.console.streams import OutputError, ResultStream, hold_closed, own_descriptor
from edge.errors import EdgeError

_ends: list[ExitStack] = []
"""Of the commands that run, one within the other in tests."""
_NO_THREAD = "can't start new thread"  # CPython's own words, in a bare RuntimeError


def run(
    program: str,
    command: Callable[[frozenset[int]], int],
    *,
    errors: tuple[type[Exception], ...] = (),
    extra: str | None = None,
    interrupted: Callable[[], str] | None = None,
    failed: Callable[[], str] | None = None,
    elsewhere: str = "send them elsewhere",
    results_alone: bool = False,
) -> int:
    """Run a command and return its exit status, whatever happens in it but a fault of its own.

    Args:
        program: the name that begins each message.
        command: takes the standard descriptors (0, 1, 2) that were closed; returns the status.
        errors: whose message says all; `EdgeError` always is one.
        extra: of the distribution, that brings a package that is missing.
        interrupted: what to say of a command that was stopped, and of what it has left behind.
        failed: the latter alone, to say where the system refuses a file.
        elsewhere: what to do if results cannot be written.
        results_alone: the command writes to `results`, and all that is printed otherwise is said
            on standard error.
    """
    before, stdout, where = speak_as(program), sys.stdout, results_to(None)
    ends = ExitStack()
    _ends.append(ends)
    try:
        closed = hold_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # file names need not be valid text
        stdout = sys.stdout
        own = ends.enter_context(own_descriptor(stdout))
        results_to(ResultStream(own, "the results", elsewhere))
        sys.stdout = sys.stderr if results_alone else results()
        try:
            try:
                return command(closed)
            except SystemExit as end:  # of a parser: --help, --version, wrong usage
                return end.code if isinstance(end.code, int) else DONE
            finally:
                results().flush()
        except BrokenPipeError:
            # The reader (say, `head`) has gone.
            drop_output()
            return FAILED
        except OutputError as error:
            drop_output()
            return say(error)
        except (EdgeError, *errors) as error:
            return say(error)
        except ModuleNotFoundError as error:
            if extra is None or _is_ours(error.name):
                raise
            return say(f"needs {error.name}; run: pip install 'mri-edge[{extra}]'")
        except OSError as error:
            return say(_refused(error) + (f"; {failed()}" if failed else ""))
        except RuntimeError as error:
            if _NO_THREAD not in str(error):
                raise
            return say("the system allows no further thread; raise its limit (ulimit -u), or work "
                       "with fewer jobs and threads")  # fmt: skip
        except KeyboardInterrupt:
            from edge.console.signals import stopped_status

            say(interrupted() if interrupted else "interrupted")
            return stopped_status()
    finally:
        sys.stdout = stdout
        results_to(where)
        _ends.remove(ends)
        ends.close()
        speak_as(before)


def at_end(call: Callable, *arguments) -> None:
    """Have something called when the command has ended, however; without one, with the process.

    A training that was interrupted leaves no time for `atexit`.
    """
    if _ends:
        _ends[-1].callback(call, *arguments)
        return
    import atexit

    atexit.register(call, *arguments)


def need_output(closed: frozenset[int]) -> None:
    """See that there is a standard output, for a command whose only result goes there.

    Raises:
        OutputError: it is closed.
    """
    if 1 in closed:
        raise OutputError("there is no standard output to write to (it is closed)")


def need(packages: tuple[str, ...]) -> None:
    """See that packages are installed, before anything is begun.

    Raises:
        ModuleNotFoundError: one is not; `run` says which extra brings it.
    """
    from importlib.util import find_spec

    for name in packages:
        spec = find_spec(name)
        if spec is None or spec.origin is None:  # no origin: a mere folder of that name
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _refused(error: OSError) -> str:
    name = error.filename
    where = os.fsdecode(name) if isinstance(name, str | bytes) else "the system refuses"
    return f"{where}: {error.strerror or error}"


def _is_ours(module: str | None) -> bool:
    return (module or "").split(".")[0] in ("", "edge", "train", "export", "benchmarks")
