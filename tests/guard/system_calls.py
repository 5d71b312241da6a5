"""What a command asks of the system: its sockets, and the files it writes. By strace, on Linux."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHANGES = (
    "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,"
    "unlinkat,rmdir,link,linkat,symlink,symlinkat,truncate"
)
_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<name>(?:[^"\\]|\\.)*)"')
_DESCRIPTOR = re.compile(r"\d+<(\w+:\[\w+)[^>]*>")
_NEITHER = re.compile(
    r"^(/dev/(null|tty|full|pts/\d+|shm/sem\..*|shm/mp-.*)|/proc/(self|\d+)/.*|.*/__pycache__(/.*)?)$"
)
"""Written to, and not counted: devices, Python's locks between its processes and its bytecode."""


@dataclass(frozen=True)
class Asked:
    """What one command asked of the system."""

    status: int
    out: str
    said: str
    processes: int
    written: tuple[str, ...]
    """Files and folders that it made, changed or removed, or tried to."""
    sockets: tuple[str, ...]
    """Calls of the network, pairs between its own processes apart."""

    def stray(self, allowed: Sequence[Path]) -> list[str]:
        """What it wrote outside some folders and files."""
        inside = [os.path.realpath(path) for path in allowed]
        return [
            name
            for name in self.written
            if not any(name == one or name.startswith(one + os.sep) for one in inside)
        ]


def why_not() -> str | None:
    """Why nothing can be traced here; None: it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True
    )
    return "strace may not trace here" if done.returncode else None


def trace(
    command: Sequence[str],
    log: Path,
    folder: Path,
    *,
    environment: dict[str, str],
    stdin: str = "",
    until: Callable[[], bool] | None = None,
    timeout: float = 590,
) -> Asked:
    """Run a command to its end, or until something is true, when it is sent SIGTERM.

    Args:
        log: of strace, to be written.
        folder: to run it in.
    """
    strace = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", f"trace=%network,{_CHANGES}"]
    process = subprocess.Popen(
        [*strace, "-o", str(log), *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if until:
        end = time.monotonic() + 60
        while not until() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGTERM)  # strace itself waits for what it traces
    out, said = process.communicate(stdin, timeout=timeout)
    processes, written, sockets, opened = set(), {}, [], set()
    for line in log.read_text(errors="backslashreplace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue  # a signal, an end, or the second half of a call that was begun above
        processes.add(found["pid"])
        call, rest = found["call"], found["rest"]
        if call in _FILES:
            if call not in ("open", "openat", "openat2") or _WRITING.search(rest):
                written |= dict.fromkeys(_places(rest, folder))
        elif not _is_pair(call, rest, opened):
            opened |= {*_DESCRIPTOR.findall(rest)}
            sockets.append(f"{call}({rest[:200]}")
    names = tuple(name for name in written if not _NEITHER.match(name))
    return Asked(process.returncode, out, said, len(processes), names, tuple(sockets))


_FILES = frozenset(_CHANGES.split(","))


def _places(rest: str, folder: Path):
    for found in _PLACE.finditer(rest):
        plain = found["name"].encode().decode("unicode_escape")  # as strace writes other bytes
        name = plain.encode("latin-1").decode(errors="replace")
        yield os.path.normpath(os.path.join(found["folder"] or folder, name))


def _is_pair(call: str, rest: str, opened: set[str]) -> bool:
    """Whether a call has to do with sockets that no other program can reach.

    Args:
        opened: what strace calls the descriptors of other sockets. Not every kernel lets it tell
            their kind.
    """
    if call in ("getsockname", "getpeername"):
        return True  # asks for an address and reaches nobody
    if call == "socketpair":
        return rest.startswith("AF_UNIX")
    # Data through a pair: strace shows what a descriptor is.
    return (
        call not in ("socket", "bind", "listen", "accept", "accept4", "connect")
        and bool(re.match(r"\d+<(socket|UNIX|UNIX-\w+):", rest))
        and not (opened & {*_DESCRIPTOR.findall(rest)})
    )
