"""One run of the benchmarks, from files to a report; interrupted, it still has a report."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic

import numpy as np

from benchmarks.accuracy.agreement import Expected
from benchmarks.accuracy.scans import (
    Scans,
    expected_by,
    find_reference,
    find_run,
    golden,
    held_out,
    labelled,
    probe,
)
from benchmarks.benchmark_options import Options
from benchmarks.errors import BenchmarkError
from benchmarks.group import Measuring
from benchmarks.hardware.machine import this_machine
from benchmarks.hardware.peaks import Peak, measure_peaks
from benchmarks.installed import is_installed
from benchmarks.progress import Progress
from benchmarks.results.benchmark_report import Failed, Report
from benchmarks.systems.model_files import Candidate, by_run, load
from edge import ImageError
from edge.console.signals import was_stopped
from edge.model_file.manifest import Manifest
from export.prove.reference import Reference
from train.errors import TrainError
from train.run.run_folder import Run

_COLD_SECONDS = 0.4
_PEAK_SECONDS = 12.0
_KERAS_START = 8.0


@dataclass(frozen=True, eq=False)
class _Group:
    """The models of one run, and what they are measured with."""

    measuring: Measuring
    candidate: Candidate
    """One of them: what all have in common can be asked of it."""
    run: Run | None
    reference: Reference | None
    scans: Scans

    @property
    def comparable(self) -> bool:
        with_keras = self.run is not None and is_installed("keras")
        return with_keras or self.reference is not None

    @property
    def turns(self) -> str:
        """The step of interleaved rounds."""
        return f"{self.measuring.name}: interleaved rounds"


class Session:
    """Measures models; `report` may be asked at any time.

    Args:
        data: a labelled folder, the names of its classes' subfolders and of those that are no class
            on purpose; None: the runs' own.
        runs: folders of runs; empty: where the models say.
        reference: a file of `python -m export --reference`; None: the one beside each model.
        compared: whether to refuse models that there is nothing to compare with.
    """

    def __init__(
        self,
        options: Options,
        command: str,
        progress: Progress,
        data: tuple[Path, Sequence[str], Sequence[str], Sequence[str]] | None = None,
        runs: Sequence[Path] = (),
        reference: Path | None = None,
        compared: bool = False,
    ):
        self._options, self._command, self._progress = options, command, progress
        self._data, self._runs, self._reference = data, runs, reference
        self._compared = compared
        self._machine, self._created = this_machine(), datetime.now(timezone.utc)
        self._started = monotonic()
        self._peaks: tuple[Peak, ...] = ()
        self._failed: list[Failed] = []
        self._groups: list[_Group] = []
        self._finished = False

    @property
    def comparable(self) -> tuple[bool, ...]:
        """Of each group of the report: whether Keras with its run, or a reference file, is here."""
        return tuple(group.comparable for group in self._groups)

    def measure(self, paths: Sequence[str]) -> None:
        """Measure model files.

        Raises:
            BenchmarkError, EdgeError, TrainError, ExportError: nothing can be measured.
        """
        with tempfile.TemporaryDirectory(prefix="mri-edge-") as folder:
            scratch = Path(folder)
            self._load(paths, scratch)
            self._plan()
            if self._options.peaks:
                self._progress.start("the machine's peaks")
                try:
                    self._peaks = measure_peaks(self._options.threads, scratch)
                except BenchmarkError as error:
                    self._fail("the machine's peaks", error)
            picture = probe(scratch)
            for group in self._groups:
                group.measuring.peaks = self._peaks
                model = group.run.model_file if group.run and is_installed("keras") else None
                group.measuring.measure_processes(picture, model, self._progress.start, self._fail)
            for group in self._groups:
                self._turns(group)
        self._progress.end()
        self._finished = True

    def report(self) -> Report:
        """What was measured by now."""
        return Report(
            created=self._created.isoformat(timespec="seconds"),
            command=self._command,
            partial=not self._finished,
            seconds=round(monotonic() - self._started, 1),
            machine=self._machine,
            peaks=self._peaks,
            groups=tuple(group.measuring.result() for group in self._groups),
            failed=tuple(self._failed),
        )

    def _fail(self, what: str, error: BenchmarkError) -> None:
        if was_stopped():
            raise KeyboardInterrupt
        self._failed.append(Failed(what, str(error)))
        self._progress.note(f"FAILED {what}: {error}")

    def _load(self, paths: Sequence[str], scratch: Path) -> None:
        candidates: list[Candidate] = []
        for path in paths:
            self._progress.start(f"{path}: self-test")
            found, failed = load(path, self._options.engine, self._options.threads)
            candidates += found
            self._failed += failed
        for one in self._failed:
            self._progress.note(f"FAILED {one.reason}")
        if not candidates:
            reasons = "; ".join(one.reason for one in self._failed)
            raise BenchmarkError(f"nothing can be measured: {reasons}")
        for models in by_run(candidates):
            classifier = models[0].classifier
            manifest = classifier.manifest
            run = find_run(manifest, self._runs)
            reference = find_reference(manifest, Path(classifier.path), self._reference)
            scans = self._scans(manifest, run, reference, scratch)
            measuring = Measuring(models, scans, self._options)
            group = _Group(measuring, models[0], run, reference, scans)
            if self._compared and not group.comparable:
                raise BenchmarkError(
                    f"{manifest.name}: --gate has nothing to compare with: neither "
                    "Keras and the run nor a reference file (export --reference) is here"
                )
            if self._compared and scans.truth is None:
                raise BenchmarkError(
                    f"{manifest.name}: --gate needs labelled scans, and there is "
                    f"{scans.source}; name some with --data"
                )
            self._progress.note(
                f"{manifest.name}: {len(models)} models, {len(scans.files)} scans: {scans.source}"
            )
            self._groups.append(group)

    def _scans(
        self, manifest: Manifest, run: Run | None, reference: Reference | None, scratch: Path
    ) -> Scans:
        if self._data:
            return labelled(*self._data, run, reference, self._progress.note)
        if run is None:
            return golden(manifest, scratch, "no labelled scans at hand")
        try:
            return held_out(run)
        except BenchmarkError as error:
            return golden(manifest, scratch, str(error))

    def _plan(self) -> None:
        """Rough: corrected when everybody is warm."""
        options, plan = self._options, self._progress.plan
        if options.peaks:
            plan("the machine's peaks", _PEAK_SECONDS * len(options.threads))
        for group in self._groups:
            for label in group.measuring.labels:
                plan(label, _COLD_SECONDS * (2 * options.cold_starts + 4))
            plan(group.turns, group.measuring.roughly() + _KERAS_START)

    def _turns(self, group: _Group) -> None:
        measuring, run, scans = group.measuring, group.run, group.scans
        self._progress.start(group.turns)
        calls, expected = {}, None
        if run is None:
            measuring.keras_absent = (
                f"the run that {measuring.name} came from is not here (name it with --run)"
            )
        elif not is_installed("keras"):
            measuring.keras_absent = "Keras is not installed, as on a device"
        else:
            try:
                calls, expected = _keras(run, group.candidate, scans)
            except TrainError as error:  # its model was changed, or is of another Keras
                measuring.keras_absent = str(error)
            except ImportError as error:  # Keras without a backend that works
                measuring.keras_absent = f"Keras cannot be imported ({error})"
        if expected is None and group.reference:
            expected = expected_by(group.reference, scans, group.candidate.classifier)
        self._progress.plan(group.turns, measuring.prepare(calls, expected))
        measuring.measure_turns(self._progress.at)


def _keras(run: Run, candidate: Candidate, scans: Scans):
    """Ways to call the Keras model, and what it makes of the scans."""
    from train.hardware import backend

    backend.start()
    from benchmarks.systems.keras_calls import calls, probabilities
    from train.evaluation.keras_predictions import load_keras, load_type_head

    model, classifier = load_keras(run), candidate.classifier
    head, spec = load_type_head(run), run.manifest.types
    known = []
    for i, file in enumerate(scans.files):
        with suppress(ImageError):  # DICOM that says that it is no MR
            classifier.decode(file)
            known.append(i)
    values = np.full(len(scans.files), np.nan)
    files = [scans.files[i] for i in known]
    values[known], told = probabilities(model, run.manifest, classifier, files, head)
    types = None
    if told is not None and spec.labels == classifier.manifest.types.labels:
        types = np.full((len(values), len(spec.labels)), np.nan)
        types[known] = told
    return calls(model), Expected("Keras, measured here", values, types=types)
