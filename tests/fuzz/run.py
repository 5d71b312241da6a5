"""Mutate files at random for as long as you like: `python -m tests.fuzz.run --count 100000`.

Inputs of every reader (`tests/fuzz/readers.py`), in chunks, each of which has a line in the log.
The same command goes on where it was. An input depends on the seed, its chunk and its number only.

A finding is any exception but those that a reader promises, a verdict's picture from half a file,
an input that takes more than `--seconds`, memory beyond `--memory`, and a process that dies. It is
counted, told and kept in the folder `findings` beside the log; the next input follows.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from random import Random

CHUNK = 1000
_ADDRESS_SPACE = 16 << 30
_PACKAGES = ("numpy", "pillow", "pydicom")


def main() -> int:
    """Returns 0 if nothing was found."""
    args = _arguments()
    findings = args.log.parent / "findings"
    chunks = range(-(-args.count // CHUNK))
    done = _begin(args.log, {"seed": args.seed, "count": args.count, "only": args.only, **_facts()})
    left = [chunk for chunk in chunks if chunk not in done]
    context = get_context("fork")
    began, total = time.monotonic(), len(left)
    workers: list = []
    with open(args.log, "a") as log:
        lock = context.Lock()
        for own in range(min(args.jobs, total)):
            share = left[own :: args.jobs]
            workers.append(
                context.Process(target=_work, args=(share, args, findings, log.fileno(), lock))
            )
            workers[-1].start()
        for worker in workers:
            worker.join()
    if any(worker.exitcode for worker in workers):
        print("stopped; the same command goes on", file=sys.stderr)
        return 1
    print(f"{total} chunks in {time.monotonic() - began:.0f} s")
    return _report(args.log)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="inputs (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (default: 0)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes")
    parser.add_argument("--seconds", type=float, default=5.0, help="for one input (default: 5)")
    parser.add_argument("--memory", type=int, default=512, help="MB above the start (default: 512)")
    parser.add_argument("--only", default="", help="readers whose name contains this")
    parser.add_argument("--log", type=Path, default=Path("fuzz.ndjson"), help="what was done")
    return parser.parse_args()


def _facts() -> dict:
    here = Path(__file__).parent
    git = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=7"]
    commit = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    return {"commit": commit, **{name: version(name) for name in _PACKAGES}}


def _begin(path: Path, facts: dict) -> set[int]:
    """The chunks that a log has; another's log is refused, for its inputs would be others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(json.dumps(facts) + "\n")
        return set()
    lines = _lines(path)
    if lines[0] != facts:
        sys.exit(f"{path}: is of {lines[0]}, not of {facts}; name another with --log")
    return {line["chunk"] for line in lines[1:]}


def _lines(path: Path) -> list[dict]:
    """The whole lines; one that a killed process has cut does not count."""
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole)
    return [json.loads(line) for line in whole.splitlines()]


def _work(chunks: list[int], args: argparse.Namespace, findings: Path, log: int, lock) -> None:
    """Do chunks, each in a process that may die, and log each."""
    from tests.fuzz.readers import all_readers

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="mri-edge-fuzz-") as folder:
        readers = all_readers(Path(folder))
        chosen = {name: one for name, one in readers.items() if args.only in name}
        names, shares = list(chosen), [one.share for one in chosen.values()]
        for chunk in chunks:
            began = time.monotonic()
            name = Random(f"{args.seed} {chunk}").choices(names, shares)[0]
            size = min(CHUNK, args.count - chunk * CHUNK)
            line = {"chunk": chunk, "reader": name, "inputs": size, "accepted": 0, "findings": []}
            line |= {"slowest_ms": 0.0, "memory_mb": 0.0}
            at = 0
            while at < size:
                for note in _in_a_process(chosen[name], args, chunk, at, size):
                    line["accepted"] += note.get("accepted", 0)
                    for key in ("slowest_ms", "memory_mb"):
                        line[key] = max(line[key], note.get(key, 0.0))
                    at = note["next"]
                    if "finding" in note:
                        line["findings"].append(note["finding"])
                        kept = findings / f"{args.seed}-{chunk}-{at - 1}"
                        shutil.copytree(folder, kept, dirs_exist_ok=True)
                        print(f"FINDING {kept}: {note['finding']}", file=sys.stderr, flush=True)
            line["seconds"] = round(time.monotonic() - began, 2)
            with lock:
                os.write(log, json.dumps(line).encode() + b"\n")


def _in_a_process(reader, args, chunk: int, at: int, size: int) -> Iterator[dict]:
    """Try inputs `at` to `size` of a chunk; a finding ends the process. Yields what it tells."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            _try(reader, args, chunk, at, size, write)
        finally:
            os._exit(0)
    os.close(write)
    last = at
    with open(read) as told:
        for text in told:
            note = json.loads(text)
            if "begins" in note:
                last = note["begins"]
            else:
                last = note["next"]
                yield note
    _, status = os.waitpid(child, 0)
    if status:
        death = signal.Signals(status & 127).name if status & 127 else f"status {status >> 8}"
        yield {"next": last + 1, "finding": f"the process died ({death})"}


def _try(reader, args, chunk: int, at: int, size: int, write: int) -> None:
    """In a process of its own: tell of each input that it begins, and at last how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What decoders print of such files is of no interest.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # The default action ends a process even within another's C code.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    start, slowest, accepted = _peak(), 0.0, 0

    def tell(**note) -> None:
        os.write(write, json.dumps(note).encode() + b"\n")

    for number in range(at, size):
        tell(begins=number)
        made = reader.make(Random(f"{args.seed} {chunk} {number}"))
        signal.setitimer(signal.ITIMER_REAL, 4 * args.seconds)
        began, problem = time.perf_counter(), None
        try:
            accepted += reader.check(made)
        except Exception:
            problem = traceback.format_exc(limit=-4)
        took, peak = time.perf_counter() - began, (_peak() - start) / 1024
        slowest = max(slowest, took)
        if took > args.seconds:
            problem = f"took {took:.1f} s"
        if peak > args.memory:
            problem = f"took {peak:.0f} MB"
        if problem:
            break
    facts = {"accepted": accepted, "slowest_ms": round(slowest * 1e3, 1)}
    facts |= {"memory_mb": round(peak, 1), "next": number + 1}
    tell(**facts, **({"finding": problem} if problem else {}))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB


def _report(path: Path) -> int:
    """Print a table of what a log holds; returns 1 if it holds findings."""
    head, *lines = _lines(path)
    print(" ".join(f"{key} {value}" for key, value in head.items() if value != ""))
    print("| reader | inputs | accepted | findings | slowest, ms | memory above the start, MB |")
    print("|---|---|---|---|---|---|")
    total: dict[str, list] = {}
    for line in lines:
        for name in (line["reader"], "all"):
            row = total.setdefault(name, [0, 0, 0, 0.0, 0.0])
            row[0] += line["inputs"]
            row[1] += line["accepted"]
            row[2] += len(line["findings"])
            row[3:] = max(row[3], line["slowest_ms"]), max(row[4], line["memory_mb"])
    for name in sorted(total, key=lambda name: (name == "all", name)):
        inputs, accepted, found, slowest, memory = total[name]
        print(f"| {name} | {inputs:,} | {accepted:,} | {found} | {slowest:.0f} | {memory:.0f} |")
    return int(any(line["findings"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
