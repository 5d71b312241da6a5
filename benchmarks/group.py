"""One training run's models, measured: in processes of their own, then in interleaved rounds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy.agreement import Expected, evaluate_predictions, score_probabilities
from benchmarks.accuracy.scans import Scans
from benchmarks.benchmark_options import Options
from benchmarks.errors import BenchmarkError
from benchmarks.hardware.machine import ConditionMonitor
from benchmarks.hardware.peaks import Peak
from benchmarks.hardware.roofline import floor
from benchmarks.results.benchmark_report import Cost, Group, KerasRow, Model, Row, Stages
from benchmarks.systems.model_files import Candidate
from benchmarks.systems.timed_calls import (
    CandidateTimings,
    decision,
    keras_timed_calls,
    latency_inputs,
    time_candidate,
    yardstick,
)
from benchmarks.timing.cold_start import KerasProcess, cold_start, keras_process, memory
from benchmarks.timing.interleaved_rounds import TimedCall, run_interleaved, seconds_of
from benchmarks.timing.single_stream import Latency, paired_ratio
from benchmarks.timing.throughput import measure_apart

TF_LITE = "tf.lite"
PLAIN_ONNX = "fp32 ONNX"
"""What a user would otherwise pick; keys of `Row.times_faster`, beside Keras' calls."""

_PLAIN = ("onnx", "fp32", "onnxruntime")


class Measuring:
    """What has been measured of a group so far: `result` may be asked at any time."""

    def __init__(self, candidates: Sequence[Candidate], scans: Scans, options: Options):
        self._scans, self._options = scans, options
        self._models = {candidate: candidate.described() for candidate in candidates}
        self._first = candidates[0].classifier
        self._asked = latency_inputs(self._first, scans.files)
        if not self._asked.files:
            raise BenchmarkError(
                f"{self.name}: the reject gate lets none of its scans pass ({scans.source}), so "
                "there is nothing to time; name others with --data"
            )
        self._timings: list[CandidateTimings] = []
        self._keras: dict[str, TimedCall] = {}
        self._yardstick: TimedCall | None = None
        self._decision: TimedCall | None = None
        self._watch = self._conditions = self._expected = None
        self._keras_process: KerasProcess | None = None
        self.keras_absent: str | None = None
        self.peaks: tuple[Peak, ...] = ()

    @property
    def name(self) -> str:
        """Of the run."""
        return self._first.manifest.name

    @property
    def labels(self) -> list[str]:
        """Of the candidates."""
        return [candidate.label for candidate in self._models]

    def roughly(self) -> float:
        """Seconds that the turns will take, as far as one can tell before `prepare`."""
        options, total = self._options, 0.0
        for candidate in self._models:
            calls = 3 + len(options.threads)
            total += calls * max(options.min_seconds, candidate.seconds * options.min_queries)
        return total

    def measure_processes(
        self,
        probe: Path,
        keras_model: Path | None,
        before: Callable[[str], None],
        failed: Callable[[str, BenchmarkError], None],
    ) -> None:
        """Cold start, memory and throughput of each model.

        Args:
            probe: a PNG to classify.
            keras_model: the run's model.keras; None where Keras is not.
            before: told which model is next.
            failed: told of a model whose process fails; the others are still measured.
        """
        if keras_model:
            try:
                self._keras_process = keras_process(keras_model, probe)
            except BenchmarkError as error:
                failed(f"Keras model of {self.name}", error)
        for candidate in self._models:
            before(candidate.label)
            try:
                self._alone(candidate, probe)
            except BenchmarkError as error:
                failed(candidate.label, error)

    def _alone(self, candidate: Candidate, probe: Path) -> None:
        options, path = self._options, candidate.classifier.path
        engine, threads = candidate.classifier.engine.name, options.threads
        cold = cold_start(path, engine, probe, options.cold_starts)
        self._keep(candidate, cold=cold, memory=memory(path, engine, threads[0], probe))
        if options.throughput_seconds and self._deployed(candidate):
            files, seconds = self._asked.files, options.throughput_seconds
            self._keep(candidate, throughput=measure_apart(path, engine, files, threads, seconds))

    def _keep(self, candidate: Candidate, **found) -> None:
        self._models[candidate] = replace(self._models[candidate], **found)

    def prepare(self, calls: dict[str, Callable], expected: Expected | None) -> float:
        """Make and warm up everybody; returns the seconds that the turns will take.

        Args:
            calls: ways to call Keras, by name; empty without it.
            expected: what Keras makes of the scans, if that is known.
        """
        self._expected = expected
        self._yardstick = yardstick()
        self._keras = keras_timed_calls(calls, self._asked)
        self._timings = [time_candidate(one, self._asked, bool(calls)) for one in self._models]
        for call in self._timed_calls():
            call.warm_up()
        options = self._options
        return seconds_of(self._timed_calls(), options.min_seconds, options.min_queries)

    def measure_turns(self, tick: Callable[[float], None]) -> None:
        """Interleaved rounds; then the scans that nobody was asked about are classified."""
        self._watch = ConditionMonitor()
        options = self._options
        try:
            run_interleaved(self._timed_calls(), options.min_seconds, options.min_queries, tick)
        finally:
            self._conditions = self._watch.conditions()
        alone = decision(self._first, self._asked)
        alone.warm_up()
        run_interleaved([alone], 0)
        self._decision = alone
        for one in self._timings:
            for file in self._scans.files:
                if file not in one.predictions:
                    one.predictions[file] = one.candidate.classifier.classify(file)

    def result(self) -> Group:
        """All that is known by now."""
        scans, first = self._scans, next(iter(self._models))
        keras = {n: c.latency for n, c in self._keras.items() if c.blocks}
        models = dict(self._models)
        for one in self._timings:
            if one.inference[self._options.threads[0]].blocks:
                models[one.candidate] = self._model(one, keras)
        return Group(
            run=self.name,
            architecture=first.provenance.architecture,
            scans=scans.source,
            scan_count=len(scans.files),
            synthetic=scans.synthetic,
            models=tuple(models.values()),
            keras=tuple(KerasRow(name, latency) for name, latency in keras.items()),
            keras_absent=self.keras_absent,
            keras_process=self._keras_process,
            keras_accuracy=self._keras_accuracy(),
            yardstick=self._yardstick and self._yardstick.latency,
            conditions=self._conditions,
        )

    def _timed_calls(self) -> list[TimedCall]:
        ours = [call for one in self._timings for call in one.every()]
        return [self._yardstick, *self._keras.values(), *ours]

    def _deployed(self, candidate: Candidate) -> bool:
        """Whether it is the int8 file of its engine, or the first where there is none."""
        own = [
            c for c in self._models if c.classifier.engine.name == candidate.classifier.engine.name
        ]
        int8 = [c for c in own if c.classifier.manifest.precision == "int8"]
        return candidate is (int8 or own)[0]

    def _model(self, one: CandidateTimings, keras: dict[str, Latency]) -> Model:
        candidate, files = one.candidate, self._scans.files
        rows = []
        for threads, call in one.inference.items():
            if not call.blocks:
                continue
            own = call.latency
            others = {**keras, **self._others(one, threads)}
            peak = next((p for p in self.peaks if p.threads == threads), None)
            layers, precision = candidate.layers, candidate.classifier.manifest.precision
            rows.append(
                Row(
                    threads=threads,
                    inference=own,
                    times_faster={
                        name: paired_ratio(other.repeats, own.repeats)
                        for name, other in others.items()
                    },
                    floor=floor(layers, precision, peak, own.p50) if layers and peak else None,
                )
            )
        judged = None
        if all(file in one.predictions for file in files):
            manifest = candidate.classifier.manifest
            judged = evaluate_predictions(
                [one.predictions[file] for file in files],
                self._scans.truth,
                manifest.decision,
                self._expected,
                self._scans.types,
                manifest.types,
            )
        return replace(
            self._models[candidate],
            judged=judged,
            rows=tuple(rows),
            stages=self._stages(one) if self._decision and one.call.blocks else None,
            cost=self._cost(one) if one.bare_call and one.bare_call.blocks else None,
        )

    def _others(self, one: CandidateTimings, threads: int) -> dict[str, Latency]:
        """What a user would otherwise pick, but Keras."""
        found = {}
        if one.tf_lite and one.tf_lite.blocks and threads == self._options.threads[0]:
            found[TF_LITE] = one.tf_lite.latency
        for other in self._timings:
            model = self._models[other.candidate]
            plain = (model.format, model.precision, model.engine) == _PLAIN and other is not one
            if plain and other.inference[threads].blocks:
                found[PLAIN_ONNX] = other.inference[threads].latency
        return found

    def _stages(self, one: CandidateTimings) -> Stages:
        parts = (_part(one.call, times) for times in zip(*one.stage_ms, strict=True))
        return Stages(*parts, self._decision.latency, one.call.latency)

    def _cost(self, one: CandidateTimings) -> Cost:
        own, bare = one.inference[self._options.threads[0]].latency, one.bare.latency
        return Cost(
            bare_inference=bare,
            over_inference=paired_ratio(own.repeats, bare.repeats),
            bare_prepare=_part(one.bare_call, one.prepare_ms),
            bare_call=one.bare_call.latency,
            over_call=paired_ratio(one.call.latency.repeats, one.bare_call.latency.repeats),
        )

    def _keras_accuracy(self):
        expected, truth = self._expected, self._scans.truth
        if not self._keras or expected is None or truth is None:
            return None
        known = np.isfinite(expected.probabilities)
        threshold = self._first.manifest.decision.threshold
        return score_probabilities(expected.probabilities[known], truth[known], threshold)


def _part(whole: TimedCall, times: Sequence[float]) -> Latency:
    """One of the parts that a call was timed in, in the same blocks."""
    blocks, at = [], 0
    for block in whole.blocks:
        blocks.append(times[at : at + len(block)])
        at += len(block)
    return Latency.of(blocks)
