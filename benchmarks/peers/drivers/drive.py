"""Judge scans inside a peer's environment: `python drive.py ADAPTER [ARGUMENT ...]`.

Run as a file, with the standard library alone. ADAPTER is a script with a function `load`, which
takes the arguments and returns two functions of a file's name: `judge` calls the peer as its
documentation does and returns a verdict, `score` says how likely the peer took a tumor to be.

Names of files come on standard input, one a line, their bytes as hexadecimal digits: a name may
hold anything. For each, and once before the first, a JSON object is written to standard output.
What a peer prints goes to standard error.
"""

import json
import math
import os
import runpy
import sys
import time


def main(adapter, *arguments):
    """Load the peer, then answer until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    start = time.perf_counter()
    judge, score = runpy.run_path(adapter)["load"](*arguments)
    _answer(answers, {"loaded_ms": (time.perf_counter() - start) * 1e3})
    for line in sys.stdin:
        _answer(answers, _judge(judge, score, os.fsdecode(bytes.fromhex(line))))


def _judge(judge, score, file):
    start, cpu = time.perf_counter(), time.process_time()
    try:
        verdict = judge(file)
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return {"error": said[:200], "peak_mb": _peak_megabytes()}
    found = {
        "verdict": verdict,
        "ms": (time.perf_counter() - start) * 1e3,
        "cpu_ms": (time.process_time() - cpu) * 1e3,
        "peak_mb": _peak_megabytes(),
    }
    likely = score(file)
    found["score"] = likely if math.isfinite(likely) else None
    return found


def _peak_megabytes():
    """Of this process so far; proc(5): VmHWM is the peak resident set size, in kB."""
    try:
        with open("/proc/self/status") as file:
            told = dict(line.split(":", 1) for line in file)
        return int(told["VmHWM"].split()[0]) * 1024 / 1e6
    except (OSError, KeyError):
        return None


def _answer(stream, found):
    stream.write(json.dumps(found) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
