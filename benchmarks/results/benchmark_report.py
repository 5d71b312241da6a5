"""report.json: all that was measured, as data (docs/reference/benchmark-report.md).

Everything that shows a report (terminal, report.md, pictures, README, merge) starts from here.
"""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.agreement import Accuracy, Evaluation
from benchmarks.errors import BenchmarkError
from benchmarks.hardware.machine import Conditions, Machine
from benchmarks.hardware.peaks import Peak
from benchmarks.hardware.roofline import Floor
from benchmarks.results.findings import Comparison, Finding
from benchmarks.timing.cold_start import ColdStart, KerasProcess, Memory
from benchmarks.timing.single_stream import Latency, Ratio
from benchmarks.timing.throughput import Throughput
from edge import NOTICE
from edge.model_file import bounded_json
from edge.model_file.dataclass_json import from_json

SCHEMA_VERSION = "2.1"
"""major.minor; a reader accepts every minor version of its own major one."""


@dataclass(frozen=True)
class Row:
    """A model file in an engine with a number of threads, on preprocessed scans."""

    threads: int
    inference: Latency
    """Pixels to logits."""
    times_faster: dict[str, Ratio]
    """Than what, interleaved with it."""
    floor: Floor | None
    """None: its operations were not counted, or the machine's peak was not measured."""


@dataclass(frozen=True)
class Stages:
    """`Classifier.classify` from file to verdict, and its parts; the first number of threads."""

    decode: Latency
    preprocess: Latency
    """The reject gate included, but for what is in the model."""
    inference: Latency
    """Pixels to verdict: the decision included."""
    decision: Latency
    """Logits to verdict, measured on its own."""
    call: Latency
    """All of it."""


STAGES = ("decode", "preprocess", "inference")
"""Of `Stages`, those that a result tells of itself: one after the other, nearly all of the call."""


@dataclass(frozen=True)
class Cost:
    """What our convenience costs; fp32 and int8, the first number of threads."""

    bare_inference: Latency
    """The engine alone, on the same file and pixels."""
    over_inference: Ratio
    """Our inference over it."""
    bare_prepare: Latency
    """Pillow's decoding and resizing alone."""
    bare_call: Latency
    """Decoding, resizing and the engine alone, one after the other."""
    over_call: Ratio
    """Our whole call, from file to verdict, over it."""


@dataclass(frozen=True)
class Model:
    """A model file in an engine; None: not measured."""

    file: str
    format: str
    precision: str
    engine: str
    engine_version: str
    megabytes: float
    """10^6 bytes."""
    sha256: str
    """Of the payload."""
    self_test: str
    """In words; only models that passed are here."""
    macs: int | None
    """Multiply-adds for a scan; None: nothing here can count them."""
    weight_megabytes: float | None
    """10^6 bytes that the layers counted in `macs` read."""
    judged: Evaluation | None = None
    rows: tuple[Row, ...] = ()
    stages: Stages | None = None
    cost: Cost | None = None
    cold: ColdStart | None = None
    memory: Memory | None = None
    throughput: Throughput | None = None


@dataclass(frozen=True)
class KerasRow:
    """One way of calling the Keras model at batch 1, on preprocessed scans."""

    call: str
    latency: Latency


@dataclass(frozen=True)
class Group:
    """The models of one training run, interleaved with its Keras model."""

    run: str
    architecture: str
    scans: str
    """Which, in words."""
    scan_count: int
    synthetic: bool
    models: tuple[Model, ...]
    keras: tuple[KerasRow, ...] = ()
    keras_absent: str | None = None
    """Why there are no Keras rows; None if there are."""
    keras_process: KerasProcess | None = None
    keras_accuracy: Accuracy | None = None
    yardstick: Latency | None = None
    """A bit of NumPy's arithmetic, interleaved with the rest: the speed of the machine."""
    conditions: Conditions | None = None


@dataclass(frozen=True)
class Failed:
    """A model that was not measured."""

    file: str
    reason: str


@dataclass(frozen=True)
class Report:
    """report.json."""

    created: str
    """UTC, ISO 8601."""
    command: str
    partial: bool
    """True if it was interrupted: what was measured until then is here."""
    seconds: float
    """It took."""
    machine: Machine
    peaks: tuple[Peak, ...]
    groups: tuple[Group, ...]
    failed: tuple[Failed, ...]
    gate: tuple[Finding, ...] | None = None
    """None: the gate was off."""
    baseline: Comparison | None = None
    notice: str = NOTICE
    schema_version: str = SCHEMA_VERSION


def read_report(path: Path) -> Report:
    """Read a report.json.

    Raises:
        BenchmarkError: it is missing, no report, or of another schema version.
    """
    try:
        data = bounded_json.read(path)
        version = data["schema_version"]
        major = int(str(version).split(".")[0])
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError):
        raise BenchmarkError(f"{path}: is no report of `python -m benchmarks`") from None
    if major != int(SCHEMA_VERSION.split(".")[0]):
        raise BenchmarkError(
            f"{path}: has schema version {version}, this mri-edge reads {SCHEMA_VERSION}; "
            "measure again, or use the mri-edge that wrote it"
        )
    try:
        return from_json(Report, data)
    except ValueError as error:
        raise BenchmarkError(f"{path}: is damaged ({error!s:.300}); measure again") from None
