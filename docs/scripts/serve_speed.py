"""How fast and how large is `edge-classify --serve`? `python docs/scripts/serve_speed.py SCAN`.

Compares an answer with `Classifier.classify` of the same bytes, in turns, so that what else runs on
the machine meets both alike. Prints a table for docs/how-to/serve-a-page.md.
"""

import argparse
import http.client
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from edge import Classifier


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scan", type=Path)
    parser.add_argument("--rounds", type=int, default=300, help="(default: 300)")
    parser.add_argument("--engine", default="auto", help="(default: auto)")
    args = parser.parse_args()
    options = ["--serve", "127.0.0.1:0", "--jobs", "2", "--engine", args.engine]
    server = subprocess.Popen(
        [sys.executable, "-m", "edge", *options], stderr=subprocess.PIPE, text=True
    )
    try:
        port = int(re.search(r":(\d+)/", server.stderr.readline())[1])
        measure(port, args, server.pid)
    finally:
        server.terminate()
        server.wait()
    return 0


def measure(port: int, args: argparse.Namespace, pid: int) -> None:
    """Ask in turns, and print a row each."""
    data, classifier = args.scan.read_bytes(), Classifier(engine=args.engine)
    kept = http.client.HTTPConnection("127.0.0.1", port)

    def ask(path: str, first: bool) -> None:
        kept.request("POST", path, data)
        answer = kept.getresponse()
        if first:
            answer.readline()
            measure.rest = answer.read
        else:
            answer.read()

    def page() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(1)

    steps = {
        "`Classifier.classify`": lambda: classifier.classify(data),
        "`POST /v1/classify`": lambda: ask("/v1/classify", False),
        "`...?pictures=1`, the verdict": lambda: ask("/v1/classify?pictures=1", True),
        "`...?pictures=1`, all of it": lambda: ask("/v1/classify?pictures=1", False),
        "first byte of the page": page,
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(args.rounds + 5):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            took = (time.perf_counter() - start) * 1e3
            if "the verdict" in name:
                measure.rest()
            if number >= 5:
                times[name].append(took)
    base = sorted(times["`Classifier.classify`"])
    print("| what | least, ms | p10, ms | median, ms | p10, times `classify` |")
    print("|---|---|---|---|---|")
    for name, found in times.items():
        found.sort()
        tenth = found[len(found) // 10]
        print(
            f"| {name} | {found[0]:.2f} | {tenth:.2f} | {found[len(found) // 2]:.2f} | "
            f"{tenth / base[len(base) // 10]:.2f} |"
        )
    print(f"\nAll processes together: {all_bytes(pid) / 1e6:.0f} MB.")


def all_bytes(pid: int) -> int:
    """Of a process and all below it, what they share counted once (PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(all_bytes(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
