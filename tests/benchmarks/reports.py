"""Reports made up for tests: no figure in them was measured."""

from benchmarks.accuracy.agreement import Accuracy, Agreement, Evaluation, Share
from benchmarks.hardware.machine import Conditions, Machine
from benchmarks.hardware.peaks import Bandwidth, Peak
from benchmarks.hardware.roofline import Floor
from benchmarks.results.benchmark_report import (
    Cost,
    Failed,
    Group,
    KerasRow,
    Model,
    Report,
    Row,
    Stages,
)
from benchmarks.timing.cold_start import ColdStart, Memory
from benchmarks.timing.single_stream import Latency, Ratio
from benchmarks.timing.throughput import Rate, Throughput

MACHINE = Machine("Board 5", 4, 8000.0, "Linux 6", "aarch64", None, "3.11", {"numpy": "2"})
ALL_RIGHT = Share.of(20, 20)


def latency(ms: float, calls: int = 8, drift: float = 0.0) -> Latency:
    """8 rounds around `ms`."""
    return Latency.of([[ms * (1 + 0.01 * i + drift * i)] * calls for i in range(8)])


def agreement(**given) -> Agreement:
    """20 scans, nothing changed, unless given."""
    values = {
        "source": "Keras",
        "scans": 20,
        "changed": 0,
        "max_difference": 0.0,
        "mean_difference": 0.0,
        "only_model_right": 0,
        "only_keras_right": 0,
        "mcnemar_p": 1.0,
        "sensitivity": Share.of(10, 10),
        "keras_sensitivity": Share.of(10, 10),
    }
    return Agreement(**{**values, **given})


def model(ms: float = 1.0, times: float = 80.0, **given) -> Model:
    """The int8 .tflite of the CNN."""
    one = latency(ms)
    ratio = Ratio(times, times * 0.9, times * 1.1)
    values = {
        "file": "cnn-int8.tflite",
        "format": "tflite",
        "precision": "int8",
        "engine": "litert",
        "engine_version": "2",
        "megabytes": 9.5,
        "sha256": "0" * 64,
        "self_test": "passed",
        "macs": 64_000_000,
        "weight_megabytes": 9.4,
        "judged": Evaluation(
            20,
            Share.of(0, 20),
            Share.of(1, 20),
            Accuracy(ALL_RIGHT, ALL_RIGHT, ALL_RIGHT, None, 0.01),
            agreement(),
        ),
        "rows": (Row(1, one, {"predict": ratio}, Floor(0.5, 0.7, 2.0)),),
        "stages": Stages(one, one, one, one, latency(3 * ms)),
        "cost": Cost(one, Ratio(1.01, 1.0, 1.02), one, one, Ratio(1.05, 1.0, 1.1)),
        "cold": ColdStart(one, one, Ratio(1, 1, 1)),
        "memory": Memory(70.0, 60.0),
        "throughput": Throughput(16, (Rate(1, 1, 100.0, Ratio(1, 1, 1)),)),
    }
    return Model(**{**values, **given})


def group(*models: Model, **given) -> Group:
    """The CNN's run."""
    values = {
        "run": "cnn",
        "architecture": "cnn",
        "scans": "the test part",
        "scan_count": 20,
        "synthetic": True,
        "models": models or (model(),),
        "keras": (KerasRow("predict", latency(80.0)),),
        "yardstick": latency(0.5),
        "conditions": Conditions(0.1, None, None, None),
    }
    return Group(**{**values, **given})


def report(*groups: Group, **given) -> Report:
    """Of one machine."""
    values = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "python -m benchmarks",
        "partial": False,
        "seconds": 12.0,
        "machine": MACHINE,
        "peaks": (Peak(1, 100.0, None, (Bandwidth(1.0, 50.0), Bandwidth(64.0, 20.0))),),
        "groups": groups or (group(),),
        "failed": (Failed("bad.onnx", "its self-test failed"),),
    }
    return Report(**{**values, **given})
