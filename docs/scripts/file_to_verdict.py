"""From a scan's file to its verdict: this build, another one, and what the libraries alone take.

    python docs/scripts/file_to_verdict.py --scans ../shared/data/brain_tumor_dataset \
        --against OLD/bin/python

OLD is an environment in which another build is installed. Both classify every scan in processes of
their own that take turns, several times; of each scan the least time counts, so that what else the
machine does is left out. Beside ours runs the bare chain: Pillow (pydicom for DICOM), one resize,
and the same engine around the same file. One thread. Prints a line of a Markdown table.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

_MEASURE = r"""
import json, sys, time
from pathlib import Path
import numpy as np
from PIL import Image
import edge
from edge import Classifier

classifier, files = Classifier(threads=1), [Path(line) for line in sys.stdin.read().splitlines()]
spec = classifier.manifest.input
height, width, channels = spec.shape
pixels = np.zeros(spec.shape, np.uint8)

def bare(file):
    if file.suffix == ".dcm":
        import pydicom
        values = pydicom.dcmread(file).pixel_array
        values = values * (255.0 / max(1, values.max()))
        image = Image.fromarray(values.astype(np.uint8))
    else:
        image = Image.open(file)
    grey = image.convert("L").resize((width, height), Image.Resampling.BILINEAR)
    pixels[..., 0] = np.asarray(grey)
    classifier.logits(pixels)

def time_of(call, file):
    start = time.perf_counter()
    call(file)
    return (time.perf_counter() - start) * 1e3

found = {}
for file in files * int(sys.argv[1]):
    try:
        own = time_of(lambda file: classifier.classify(str(file)), file)
    except edge.ImageError:
        continue
    both = own, time_of(bare, file)
    found[str(file)] = [min(pair) for pair in zip(both, found.get(str(file), both))]
print(json.dumps(found))
"""
_TURNS = 3


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=Path, required=True, help="a folder")
    parser.add_argument("--every", type=int, default=1, help="only every N-th scan (default: 1)")
    parser.add_argument("--passes", type=int, default=3, help="times a turn (default: 3)")
    parser.add_argument("--against", type=Path, help="the Python of another build")
    args = parser.parse_args()
    files = sorted(path for path in args.scans.rglob("*") if path.suffix.lower() in _SUFFIXES)
    files = files[:: args.every]
    builds = {"ours": sys.executable, **({"other": str(args.against)} if args.against else {})}
    best: dict[str, dict[str, list[float]]] = {name: {} for name in builds}
    for _ in range(_TURNS):
        for name, python in builds.items():
            for file, pair in _measured(python, files, args.passes).items():
                known = best[name].get(file, pair)
                best[name][file] = [min(both) for both in zip(pair, known, strict=True)]
    both = [file for file in best["ours"] if all(file in one for one in best.values())]
    ours, bare = (sum(best["ours"][file][i] for file in both) for i in (0, 1))
    cells = [
        str(args.scans.name),
        str(len(both)),
        f"{ours:.0f}",
        f"{bare:.0f}",
        f"{ours / bare:.2f}",
    ]
    if args.against:
        other = sum(best["other"][file][0] for file in both)
        cells += [f"{other:.0f}", f"{ours / other:.2f}"]
    print("|", " | ".join(cells), "|")
    return 0


_SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm")


def _measured(python: str, files: list[Path], passes: int) -> dict[str, list[float]]:
    done = subprocess.run(
        [python, "-P", "-c", _MEASURE, str(passes)],
        input="\n".join(map(str, (path.resolve() for path in files))),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
