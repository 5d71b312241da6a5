"""Verdicts of the same weights under two rules of preprocessing: how many change?

    python docs/scripts/preprocessing_rules.py ../shared/data/br35h ../shared/data/lgg

The bundled int8 model, whose weights were fitted on pictures of its own rule, sees each scan under
that rule and under another one. Prints a Markdown table, a line for each folder: how many verdicts
differ; how many go from "no tumor" to "tumor" and the other way round, and how many become or cease
to be a refusal; and by how much the probability differs, in the middle and at its 95th percentile.
Training on the new rule is what mends a difference: this tells how large it is before.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge import Classifier, ImageError
from edge.scan.crop import CROPS
from edge.scan.file_format import SUFFIXES


def main() -> int:
    """Classify and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", type=Path, nargs="+", metavar="DIR", help="folders of scans")
    parser.add_argument("--rule", choices=CROPS, default="reduced head", help="the other rule")
    parser.add_argument("--every", type=int, default=1, help="only every N-th scan (default: 1)")
    args = parser.parse_args()
    own, other = Classifier(threads=1), Classifier(threads=1)
    other.manifest = replace(own.manifest, input=replace(own.manifest.input, crop=args.rule))
    print(
        "| scans | number | changed | no tumor to tumor | tumor to no tumor | to refused | "
        "from refused | to or from uncertain | probability, median and 95 % |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    sums: Counter[str] = Counter()
    apart: list[float] = []
    for folder in args.scans:
        found, differences = _compared(own, other, _files(folder)[:: args.every])
        _print(folder.name, found, differences)
        sums += found
        apart += differences
    if len(args.scans) > 1:
        _print("all", sums, apart)
    return 0


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not {"boxes", "masks"} & {*path.parts}
    )


def _compared(own: Classifier, other: Classifier, files: list[Path]):
    found: Counter[str] = Counter()
    differences = []
    for file in files:
        try:
            before, after = own.classify(file), other.classify(file)
        except ImageError:
            continue
        found["scans"] += 1
        if before.probability is not None and after.probability is not None:
            differences.append(abs(before.probability - after.probability))
        if before.verdict != after.verdict:
            found["changed"] += 1
            found[_kind(before.verdict, after.verdict)] += 1
    return found, differences


def _kind(before: str, after: str) -> str:
    if "rejected" in (before, after):
        return "to refused" if after == "rejected" else "from refused"
    return "uncertain" if "uncertain" in (before, after) else f"to {after}"


def _print(name: str, found: Counter[str], differences: list[float]) -> None:
    keys = ("scans", "changed", "to tumor", "to no_tumor", "to refused", "from refused")
    middle, most = np.percentile(differences or [0.0], (50, 95))
    cells = [name, *(str(found[key]) for key in (*keys, "uncertain")), f"{middle:.3f}, {most:.3f}"]
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())
