"""The model as a picture: scans per second by workers, measured, simulated and extrapolated."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.scale.model import CORES, Scheduler, mean_cpu, predict
from benchmarks.scale.report import Scale
from train.reporting.palette import BLUE, ORANGE, VERMILION

_COLORS = {"--jobs": ORANGE, "Dask": BLUE}


def draw(found: Scale, path: Path) -> None:
    """Write the picture, as PNG."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for check in found.checks:
        if not check.simulated:
            continue
        color = _COLORS[check.scheduler]
        left.plot(check.workers, check.measured, "o", color=color, fillstyle="none")
        left.plot(check.workers, check.predicted.scans_per_second, "x", color=color)
    for name in dict.fromkeys(check.scheduler for check in found.checks if check.simulated):
        left.plot([], [], "o", color=_COLORS[name], fillstyle="none", label=f"{name}, measured")
        left.plot([], [], "x", color=_COLORS[name], label=f"{name}, predicted")
    left.set(title="checked here: workers that sleep", xlabel="workers", ylabel="scans/s")
    cores = np.geomspace(1, CORES[-1], 200)
    seconds = mean_cpu(found.kinds)
    for scheduler in found.schedulers:
        if scheduler.in_one:
            continue
        for size in dict.fromkeys((1, scheduler.scans_a_task)):
            one = Scheduler(scheduler.name, scheduler.coordinator, scheduler.worker, 0.0, size)
            rates = [predict(one, max(1, round(c)), seconds).scans_per_second for c in cores]
            label = f"{scheduler.name}, {size} scan{'s' * (size > 1)} a task"
            right.plot(cores, rates, ":" if size == 1 else "-", color=BLUE, label=label)
    for check in found.checks:
        if not check.simulated:
            color = _COLORS[check.scheduler]
            right.plot(check.workers, check.measured, "o", color=color, fillstyle="none")
    right.plot([], [], "o", color=BLUE, fillstyle="none", label="Dask, measured here")
    right.plot([], [], "o", color=ORANGE, fillstyle="none", label="--jobs, measured here")
    real = max((check.workers for check in found.checks if not check.simulated), default=1)
    right.axvspan(real, CORES[-1], color=VERMILION, alpha=0.07, label="extrapolated")
    right.set(title="real workers: measured, and extrapolated", xlabel="cores", ylabel="scans/s")
    for axis in (left, right):
        axis.set(xscale="log", yscale="log")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    if found.synthetic:
        figure.suptitle("generated scans", fontsize=9)
    figure.savefig(path, dpi=110)
    plt.close(figure)
