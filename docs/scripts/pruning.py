"""The trade-off of pruning: a table in Markdown and a picture, from runs and their exported files.

    python docs/scripts/pruning.py --parent dist/vgg16-int8.tflite \\
        runs/vgg16-0.2x dist/vgg16-0.2x-int8.tflite [RUN FILE ...] [--out FILE.png]

Times are measured here, on one thread, all files in turn in each round, so that what else the
machine does falls on all alike. The rest is read from each run's `report.json`.
"""

import argparse
import json
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from edge import NOTICE, Classifier

_SECONDS = 0.3
"""At least, of each file in a round."""


def main() -> None:
    """Print the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="RUN FILE", help="pruned runs and their files")
    parser.add_argument("--parent", required=True, help="the exported file of their parent")
    parser.add_argument("--rounds", type=int, default=15, help="of timing (default: 15)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="picture to write (default: none)")
    args = parser.parse_args()
    if len(args.pairs) % 2:
        parser.error("give a file after each run")
    runs, files = args.pairs[::2], args.pairs[1::2]
    times = measure([args.parent, *files], args.rounds)
    whole, *each = np.median(times, axis=1)
    size = Path(args.parent).stat().st_size
    print(
        "| multiply-adds | int8 ms | faster | file MB | AUC difference, test | validation changed "
        "| test changed | test reversed |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print(f"| parent | {whole:.2f} | 1.0x | {size / 1e6:.2f} | | | | |")
    rows = []
    for run, file, ms in zip(runs, files, each, strict=True):
        report = json.loads((Path(run) / "report.json").read_text())
        found = report["pruned"]
        share = report["cost"]["multiply_adds"] / found["parent_cost"]["multiply_adds"]
        auc = found["test"]["auc_difference"]
        changed = [found[part]["verdicts_changed"] for part in ("validation", "test")]
        # Runs before 2026-11-30 do not say.
        changed.append(found["test"].get("verdicts_reversed", {"hits": "?", "n": "?"}))
        rows.append((share, whole / ms, auc))
        print(
            f"| {share:.3f}x | {ms:.2f} | {whole / ms:.1f}x | {Path(file).stat().st_size / 1e6:.2f}"
            f" | {auc['value']:+.3f} [{auc['low']:+.3f} to {auc['high']:+.3f}] | "
            + " | ".join(f"{one['hits']} of {one['n']}" for one in changed)
            + " |",
            flush=True,
        )
    if args.out:
        draw(rows, args.out)


def measure(files: list[str], rounds: int) -> np.ndarray:
    """Median milliseconds a scan of each round: float [files, rounds]."""
    models = [Classifier(file, threads=1) for file in files]
    random = np.random.default_rng(0)
    inputs = [random.integers(0, 255, one.manifest.input.shape, np.uint8) for one in models]
    for model, pixels in zip(models, inputs, strict=True):
        model.logits(pixels)
    found = np.zeros((len(models), rounds))
    for turn in range(rounds):
        for place, (model, pixels) in enumerate(zip(models, inputs, strict=True)):
            taken, end = [], time.perf_counter() + _SECONDS
            while time.perf_counter() < end:
                start = time.perf_counter()
                model.logits(pixels)
                taken.append(1e3 * (time.perf_counter() - start))
            found[place, turn] = np.median(taken)
    return found


def draw(rows: list[tuple[float, float, dict]], out: Path) -> None:
    """AUC difference against the gain in speed."""
    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    axis.axhline(0, color="grey", linestyle=":")
    for share, faster, auc in rows:
        bar = [[auc["value"] - auc["low"]], [auc["high"] - auc["value"]]]
        axis.errorbar([faster], [auc["value"]], yerr=bar, fmt="o", capsize=3, color="tab:blue")
        axis.annotate(f"{share:.2f}x", (faster, auc["value"]), (6, 6), textcoords="offset points")
    axis.set(
        xlabel="times faster than the parent, int8, one thread",
        ylabel="AUC less the parent's, test part",
        xlim=(1, 1.15 * max(faster for _, faster, _ in rows)),  # a place for the last one's name
    )
    figure.suptitle(f"Pruned, by multiply-adds left\n{NOTICE}", fontsize=8)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main()
