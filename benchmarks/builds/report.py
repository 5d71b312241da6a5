"""Builds beside each other: a table, and a bar for each, by stage."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.builds.measure import Timed
from benchmarks.report.cells import Table
from benchmarks.results.benchmark_report import STAGES


def table(name: str, found: Sequence[Timed]) -> Table:
    """The first build against the bare chain and the others; ours / bare comes first.

    Args:
        name: of the scans.
    """
    first = found[0]
    rows = []
    for one in found:
        call = one.ms["call"]
        shares = (f"{one.ms[stage] / call:.0%}" for stage in STAGES)
        rows.append(
            (
                *(one.name, f"{call / first.bare:.2f}", f"{first.ms['call'] / call:.2f}"),
                *(f"{call:.0f}", *shares, f"{one.rest / call:.0%}"),
            )
        )
    bare = tuple(
        f"{first.ms[key] / first.bare:.0%}"
        for key in ("bare decode", "bare resize", "bare inference")
    )
    times = first.ms["call"] / first.bare
    rows.append(("the bare chain", "1.00", f"{times:.2f}", f"{first.bare:.0f}", *bare, "0%"))
    head = ("build", "time / bare", "ours / this", "sum, ms", *STAGES, "rest")
    note = (
        "Sums over all scans of the least time of each, one thread. Bare: Pillow (pydicom), one "
        "resize, the same engine."
    )
    return Table(f"From file to verdict: {name}, {first.scans} scans", head, tuple(rows), note)


def draw(name: str, found: Sequence[Timed], path: Path) -> None:
    """A bar for each build and for the bare chain, by stage, as PNG."""
    import matplotlib

    matplotlib.use("Agg")  # before pyplot: no display is needed

    import matplotlib.pyplot as plt

    from train.reporting.palette import BLUE, ORANGE, VERMILION

    first = found[0]
    bars = [(one.name, [one.ms[s] for s in STAGES] + [max(0.0, one.rest)]) for one in found]
    keys = ("bare decode", "bare resize", "bare inference")
    bars.append(("the bare chain", [first.ms[key] for key in keys] + [0.0]))
    figure, axis = plt.subplots(figsize=(8, 1.4 + 0.5 * len(bars)), layout="constrained")
    left = [0.0] * len(bars)
    labels = ("decode", "crop, resize, gate", "inference", "rest")
    for label, color, at in zip(labels, (BLUE, ORANGE, VERMILION, "0.6"), range(4), strict=True):
        widths = [times[at] / first.scans for _, times in bars]
        axis.barh([name for name, _ in bars], widths, left=left, color=color, label=label)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axis.invert_yaxis()
    axis.set(xlabel="ms a scan", title=f"From file to verdict: {name}, {first.scans} scans")
    figure.legend(fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.savefig(path, dpi=110)
    plt.close(figure)
