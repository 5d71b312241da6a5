"""What each engine costs and answers here: the tables of docs/measurements/engines.md.

    python docs/scripts/engines.py cost
    python docs/scripts/engines.py latency MODEL ...
    python docs/scripts/engines.py verdicts FOLDER ...

`cost`: the bundled model in fresh processes, which take turns; medians. `latency`: every installed
engine that runs a file, one thread, preprocessed noise, in interleaved rounds of one process.
`verdicts`: every scan in the folders through every engine, with the bundled model in both formats.
Prints tables in Markdown.
"""

import argparse
import json
import subprocess
import sys
from importlib.metadata import distribution, requires
from itertools import combinations
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from edge import Classifier, EdgeError
from edge.board.hardware import read_board
from edge.inference.engines import ENGINES, installed, version
from edge.model_file.bundled import bundled_model
from edge.model_file.container import read_model

_PROCESSES = 15
_ROUNDS = 8
_SECONDS = 0.4
"""Of a block of calls in a round."""
_COST = r"""
import json, sys, time
import numpy as np
from PIL import Image
import edge.inference.classifier
from edge.inference.engines import import_engine

def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) / 1e3

engine, model = sys.argv[1:]
start, before = time.perf_counter(), status("VmRSS")
import_engine(engine)
imported = time.perf_counter()
classifier = edge.Classifier(model, engine=engine)
loaded = time.perf_counter()
pixels = np.zeros(classifier.manifest.input.shape, np.uint8)
classifier.logits(pixels)
first = time.perf_counter()
for _ in range(100):
    classifier.logits(pixels)
times = [1e3 * (b - a) for a, b in ((start, imported), (imported, loaded), (loaded, first))]
print(json.dumps([*times, status("VmRSS") - before, status("VmRSS"), status("VmHWM")]))
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("cost", "latency", "verdicts"))
    parser.add_argument("paths", nargs="*", help="models, or folders of scans")
    args = parser.parse_args()
    board = read_board()
    found = ", ".join(f"{name} {version(name)}" for name in installed())
    print(f"{board.model}, {board.cores} cores; {'; '.join(board.features)}; {found}\n")
    {"cost": _cost, "latency": _latency, "verdicts": _verdicts}[args.what](args.paths)
    return 0


def _files() -> list[tuple[str, str]]:
    """Each installed engine with each format of the bundled model that it runs."""
    return [
        (name, str(Path(bundled_model("litert")).with_suffix(f".{kind}")))
        for name in installed()
        for kind in ENGINES[name][0]
    ]


def _cost(_) -> None:
    found: dict[tuple[str, str], list[list[float]]] = {}
    for _ in range(_PROCESSES):
        for pair in _files():
            command = [sys.executable, "-c", _COST, *pair]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.setdefault(pair, []).append(json.loads(done.stdout.splitlines()[-1]))
    _table(
        "engine, file", "installed MB", "import ms", "load ms", "first ms", "its RSS MB", "RSS MB"
    )
    for (name, file), rows in found.items():
        cells = [median(column) for column in zip(*rows, strict=True)]
        size = f"{_megabytes(ENGINES[name][2]):.0f}"
        shown = [f"{cell:.1f}" if cell < 10 else f"{cell:.0f}" for cell in cells[:5]]
        print("|", " | ".join([f"{name}, {Path(file).suffix}", size, *shown]), "|")


def _megabytes(name: str, seen: frozenset = frozenset({"numpy"})) -> float:
    """10^6 bytes of a distribution and of what it needs, without NumPy."""
    total = sum(file.locate().stat().st_size for file in distribution(name).files or () if
                file.locate().is_file())  # fmt: skip
    for line in requires(name) or ():
        other = line.split(";")[0].split("[")[0]
        other = "".join(c if c.isalnum() or c in "-_." else " " for c in other).split()[0]
        if "extra ==" not in line and other.lower() not in seen:
            seen |= {other.lower()}
            total += _megabytes(other, seen) * 1e6
    return total / 1e6


def _latency(models: list[str]) -> None:
    entries = []
    for model in models:
        for name in installed(read_model(model).manifest.format):
            classifier = Classifier(model, engine=name)
            shape = classifier.manifest.input.shape
            pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
            for _ in range(10):
                classifier.logits(pixels)
            entries.append((f"{Path(model).name} | {name}", classifier, pixels, []))
    for turn in range(_ROUNDS):
        for _, classifier, pixels, times in entries[:: -1 if turn % 2 else 1]:
            block, end = [], perf_counter() + _SECONDS
            while len(block) < 8 or perf_counter() < end:
                start = perf_counter()
                classifier.engine.run(pixels)
                block.append((perf_counter() - start) * 1e3)
            times.append(block)
    _table("model", "engine", "p50 ms", "p95 ms", "calls", "median of rounds")
    for words, _, _, times in entries:
        every = [time for block in times for time in block]
        low, high = (choose(median(block) for block in times) for choose in (min, max))
        p50, p95 = np.percentile(every, [50, 95])
        print(f"| {words} | {p50:.3f} | {p95:.3f} | {len(every)} | {low:.3f}-{high:.3f} |")


def _verdicts(folders: list[str]) -> None:
    files = sorted(file for folder in folders for file in Path(folder).rglob("*") if file.is_file())
    found = {}
    for name, model in _files():
        classifier, answers = Classifier(model, engine=name), {}
        for file in files:
            try:
                one = classifier.classify(file)
            except EdgeError:
                continue
            if one.probability is not None:
                answers[file] = (one.verdict, one.probability)
        found[f"{name}, {Path(model).suffix}"] = answers
    _table("one", "other", "scans with a verdict", "verdicts that differ", "largest difference")
    for (one, first), (other, second) in combinations(found.items(), 2):
        both = [file for file in first if file in second]
        changed = sum(first[file][0] != second[file][0] for file in both)
        largest = max(abs(first[file][1] - second[file][1]) for file in both)
        print(f"| {one} | {other} | {len(both)} | {changed} | {largest:.2g} |")


def _table(*heads: str) -> None:
    print("|", " | ".join(heads), "|")
    print("|" + "---|" * len(heads))


if __name__ == "__main__":
    sys.exit(main())
