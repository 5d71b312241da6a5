"""One run of `python -m benchmarks scale`: what is measured, in which order, and what it is for."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hardware.machine import this_machine
from benchmarks.installed import is_installed
from benchmarks.progress import Progress
from benchmarks.scale import local
from benchmarks.scale.made_files import make_files
from benchmarks.scale.model import Scheduler, mean_cpu, predict
from benchmarks.scale.report import Check, Scale
from edge import Classifier
from edge.console.streams import silenced
from edge.inference.threads import cores
from edge.parallel.pipeline import classify_one

SIMULATED = (1, 2, 4, 8, 16, 32, 64)
_MADE = 12
_MOST_FILES = 300
_ROUNDS = 3


def measure(
    model: str | None,
    engine: str,
    files: Sequence[str],
    scans_a_task: int,
    seconds: float,
    progress: Progress,
) -> Scale:
    """Measure costs, predict rates from them, and measure those too.

    Args:
        files: none: some are generated.
        seconds: of each single measurement.

    Raises:
        EdgeError: the model cannot be loaded.
        BenchmarkError: a file cannot be classified.
    """
    with tempfile.TemporaryDirectory() as folder:
        used = local.sample(files, _MOST_FILES) or make_files(Path(folder), _MADE)
        with silenced():
            classifier = Classifier(model, engine=engine)
        dask = is_installed("distributed")
        steps = {
            "files by kind": 2 * seconds,
            "the disk": 2.0,
            "--jobs: what it adds": 5.0,
            "--jobs: 1 and 2 workers": 2 * _ROUNDS * seconds,
            "--jobs: simulated workers": len(SIMULATED) * seconds,
        }
        if dask:
            steps |= {
                "Dask: what it adds": 15.0,
                "Dask: 1 and 2 workers": 2 * _ROUNDS * (seconds + 4),
                "Dask: simulated workers": 2 * len(SIMULATED) * (seconds + 3),
            }
        for step, takes in steps.items():
            progress.plan(step, takes)
        progress.start("files by kind")
        kinds = local.kinds(classifier, used, 2 * seconds)
        outcome = classify_one(classifier, used[0])
        progress.start("the disk")
        disk = local.disk_bandwidth()
        progress.start("--jobs: what it adds")
        schedulers = [local.jobs_scheduler(outcome)]
        each = mean_cpu(kinds)
        checks = _jobs(classifier, outcome, used, schedulers[0], each, seconds, progress)
        if dask:
            made, more = _dask(classifier, outcome, used, scans_a_task, each, seconds, progress)
            schedulers.append(made)
            checks += more
        progress.end()
        machine = this_machine()
        return Scale(
            machine.processor,
            cores(),
            f"{classifier.manifest.name} {classifier.manifest.precision}, {classifier.engine.name}",
            not files,
            kinds,
            disk,
            tuple(schedulers),
            tuple(checks),
        )


def _jobs(classifier, outcome, files, scheduler, each, seconds, progress) -> list[Check]:
    progress.start("--jobs: 1 and 2 workers")
    turns = [
        [local.real_rate(classifier, files, jobs, seconds) for jobs in (1, 2)]
        for _ in range(_ROUNDS)
    ]
    checks = [
        Check("--jobs", jobs, 1, max(rates), predict(scheduler, jobs, each, cores()))
        for jobs, rates in zip((1, 2), zip(*turns, strict=True), strict=True)
    ]
    progress.start("--jobs: simulated workers")
    for workers in SIMULATED:
        rate = local.simulated_rate(outcome, workers, each, seconds)
        said = predict(_forked(scheduler), workers, each, cores(), busy=False)
        checks.append(Check("--jobs", workers, 1, rate, said, simulated=True))
    return checks


def _forked(scheduler: Scheduler) -> Scheduler:
    """One simulated worker is a process of its own, which one real worker is not."""
    return Scheduler(scheduler.name, scheduler.coordinator, scheduler.worker)


def _dask(classifier, outcome, files, size, each, seconds, progress):
    from benchmarks.scale import on_dask

    progress.start("Dask: what it adds")
    scheduler = on_dask.scheduler(outcome, size)
    single = Scheduler(scheduler.name, scheduler.coordinator, scheduler.worker)
    progress.start("Dask: 1 and 2 workers")
    model, engine = str(classifier.path), classifier.engine.name
    turns = [
        [on_dask.real_rate(n, model, engine, files, size, seconds) for n in (1, 2)]
        for _ in range(_ROUNDS)
    ]
    checks = [
        Check("Dask", n, size, max(rates), predict(scheduler, n, each, cores()))
        for n, rates in zip((1, 2), zip(*turns, strict=True), strict=True)
    ]
    progress.start("Dask: simulated workers")
    for one in (single, scheduler):
        rates = on_dask.simulated_rates(SIMULATED, outcome, each, one.scans_a_task, seconds)
        checks += [
            Check("Dask", n, one.scans_a_task, rate,
                  predict(one, n, each, cores(), busy=False), simulated=True)
            for n, rate in zip(SIMULATED, rates, strict=True)
        ]  # fmt: skip
    return scheduler, checks


def write(found: Scale, text: str, folder: Path) -> list[Path]:
    """Leave the report as scale.md, scale.json and, where Matplotlib is, scale.png."""
    import json

    from edge.model_file.dataclass_json import to_json

    folder.mkdir(parents=True, exist_ok=True)
    made = {"scale.md": text, "scale.json": json.dumps(to_json(found), indent=1) + "\n"}
    written = []
    for name, content in made.items():
        temporary = folder / f"{name}.partial"
        temporary.write_text(content)
        written.append(Path(shutil.move(temporary, folder / name)))
    if is_installed("matplotlib"):
        from benchmarks.scale.chart import draw

        draw(found, folder / "scale.png")
        written.append(folder / "scale.png")
    return written
