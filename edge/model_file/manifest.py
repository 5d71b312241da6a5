"""The manifest: everything a device must know about a model, carried inside the model file.

Here is what a classification needs. Where the model comes from and what proved it is in the same
JSON under `provenance`, which `edge.model_file.provenance` reads when somebody asks: defining and
parsing it would cost every start of a device some milliseconds.
"""

import math
from dataclasses import dataclass

MANIFEST_VERSION = "1.6"
"""major.minor. A reader accepts every minor version of this major one, of `TYPED_VERSION`'s and of
`GATED_VERSION`'s, and refuses others."""
TYPED_VERSION = "2.0"
"""Of a manifest with types. Releases that know nothing of types refuse its major version, rather
than tell half of what the model says. All else is as in `MANIFEST_VERSION`."""

GATED_VERSION = "3.0"
"""Of a manifest whose gate is in the graph (`NETWORK`), with types or without. Earlier releases
refuse it, rather than let any picture pass."""

VERDICTS = ("tumor", "no_tumor", "uncertain", "rejected")
_MAX_SIDE = 4096
MAX_NAME = 200
"""Characters of a model's name, its precision or a label."""
_TEMPERATURES = 1e-6, 1e6  # beyond, logits would overflow or be all the same

# eq=False below: every method that dataclass() generates costs the device start-up time.


@dataclass(frozen=True, eq=False)
class InputSpec:
    """The tensor a model takes: uint8 [1, height, width, channels], pixel values 0..255."""

    height: int
    width: int
    color: str
    """"grey" (one channel) or "rgb" (three, in that order)."""
    crop: str = "none"
    """A key of `edge.scan.crop.CROPS`."""
    resize: str = "bilinear"
    """A key of `edge.scan.resize.FILTERS`."""
    scaling: str = "in graph"
    """Where pixels become numbers around 0. Always inside the graph; stated for the reader."""

    def __post_init__(self):
        for name in ("height", "width"):
            if not 1 <= getattr(self, name) <= _MAX_SIDE:
                raise ValueError(f"{name}: must be 1..{_MAX_SIDE}, is {getattr(self, name)}")
        if self.color not in ("grey", "rgb"):
            raise ValueError(f"color: must be grey or rgb, is {self.color!r}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, 1 if self.color == "grey" else 3


@dataclass(frozen=True, eq=False)
class Decision:
    """From a model's raw output to a verdict."""

    transform: str
    """"sigmoid" (one logit, of the positive label) or "softmax" (one logit a label)."""
    temperature: float = 1.0
    """Logits are divided by it (Guo et al. 2017, On Calibration of Modern Neural Networks)."""
    threshold: float = 0.5
    """Probability of tumor from which on the verdict is "tumor", unless it is "uncertain"."""
    uncertain: tuple[float, float] = (0.5, 0.5)
    """Probabilities from low to high, both excluded, give "uncertain"; equal bounds: none do."""

    @property
    def outputs(self) -> int:
        """How many logits the model gives."""
        return 1 if self.transform == "sigmoid" else 2

    def __post_init__(self):
        if self.transform not in ("sigmoid", "softmax"):
            raise ValueError(f"transform: must be sigmoid or softmax, is {self.transform!r}")
        lowest, highest = _TEMPERATURES
        if not lowest <= self.temperature <= highest:
            raise ValueError(
                f"temperature: must be {lowest:g}..{highest:g}, is {self.temperature:g}"
            )
        low, high = self.uncertain
        if not (0 <= low <= self.threshold <= high <= 1):
            raise ValueError(
                f"threshold: {self.threshold} must lie in 0..1 and within the uncertain band "
                f"{low}..{high}"
            )


NETWORK = "network"
"""In place of a feature set: the model says itself how much its input looks like a head, by a
further output `likeness`, float32 [1, 1, 1, 1]."""


@dataclass(frozen=True, eq=False)
class LearnedGate:
    """A small network over numbers about the model's input, with one hidden layer of ReLU units."""

    hidden: int
    """Number of units; 0 if they are in the graph (`NETWORK`)."""
    weights: str
    """base64: int8 [features, hidden], in steps of a size for each unit; then, in float16,
    these sizes, the units' biases and their weights, [hidden] each, and the offset. Empty with
    `NETWORK`."""
    least: float
    """Smallest output that a scan may have; about 10 for a typical one."""
    sure: float | None = None
    """Smallest output with which a scan may be called free of tumor; None: `least`. Readers of
    version 1.1 know nothing of it."""
    features: str = "layout"
    """A key of `edge.scan.gate_features.FEATURE_SETS`, or `NETWORK`: what numbers. Readers of
    version 1.5 know nothing of it; sets differ in their size, by which they refuse the file."""

    def __post_init__(self):
        least, most = (0, 0) if self.in_graph else (1, 256)
        if not least <= self.hidden <= most:
            raise ValueError(f"hidden: must be {least}..{most}, is {self.hidden}")
        if self.in_graph and self.weights:
            raise ValueError(f"weights: must be empty, as the gate's features are {NETWORK!r}")
        if not math.isfinite(self.least):
            raise ValueError(f"least: must be a number, is {self.least}")
        if self.sure is not None and not self.least <= self.sure < math.inf:
            raise ValueError(f"sure: must be a number from {self.least:g} on, is {self.sure}")

    @property
    def in_graph(self) -> bool:
        """Whether the model itself computes what the limits are for."""
        return self.features == NETWORK


@dataclass(frozen=True, eq=False)
class RejectGate:
    """What is refused, since no verdict on it could mean anything."""

    min_side: int = 32
    """Pixels of the scan's shorter side."""
    min_deviation: float = 4.0
    """Standard deviation of the picture's pixels, seen small (0..255); a uniform image has 0."""
    min_content: float = 0.02
    """Share of the picture's pixels, seen small, 0..1, that differ visibly from the median one."""
    max_color: float = 12.0
    """Largest `colorfulness` of the gate, 0..255. JPEG noise and tinted screenshots reach 10."""
    max_white: float = 0.2
    """Largest `whiteness` of the gate, 0..1, with which a scan may be called free of tumor: where
    a window setting cut off what is bright, a lesion may be lost. 2 % of the tumor-free scans of
    the data folders are above it. Readers of version 1.2 know nothing of it."""
    learned: LearnedGate | None = None
    """What tells slices of a head from other pictures; None: that was not learned."""

    def __post_init__(self):
        # Beyond these a limit means nothing; and what is squared must not overflow.
        highest = {"min_side": _MAX_SIDE, "min_deviation": 255, "min_content": 1}
        for name, most in {**highest, "max_color": 255, "max_white": 1}.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(
                    f"{name}: must be 0 or more, at most {most}, is {getattr(self, name):g}"
                )


@dataclass(frozen=True, eq=False)
class HeatMapSpec:
    """The model's second output, `heat_map`, float32 [1, rows, columns]; or why it has none."""

    method: str | None = None
    """"grad-cam": Grad-CAM of the log-odds of tumor; "evidence": a logit of tumor for each part, by
    which the model decides; None: there is no such output."""
    rows: int = 0
    columns: int = 0
    reason: str = ""
    """Why there is none."""

    def __post_init__(self):
        if self.method not in (None, "grad-cam", "evidence"):
            raise ValueError(f"method: must be grad-cam, evidence or null, is {self.method!r}")
        smallest = 0 if self.method is None else 1
        for name in ("rows", "columns"):
            if not smallest <= getattr(self, name) <= _MAX_SIDE:
                raise ValueError(f"{name}: must be 1..{_MAX_SIDE}, is {getattr(self, name)}")


UNCERTAIN_TYPE = "uncertain"
"""Said in place of a type that is not sure enough; no type may be called so."""
_MOST_TYPES = 64


@dataclass(frozen=True, eq=False)
class TypeSpec:
    """The model's output `types`, float32 [1, rows, columns, types]: what speaks for each type of
    tumor, and where. Its sums over all parts are the types' logits. Readers of versions 1.x
    refuse a file that has it."""

    labels: tuple[str, ...]
    """Names of the types in output order."""
    temperature: float = 1.0
    """Logits are divided by it before the softmax over the types."""
    limit: float = 0.5
    """Probability of the likeliest type from which on it is named; below: "uncertain"."""
    rows: int = 1
    columns: int = 1

    def __post_init__(self):
        for label in self.labels:
            check_name(label, "labels")
            if ";" in label:
                raise ValueError(
                    f"labels: {label[:40]!a} has a semicolon, which parts types in CSV results"
                )
        if not 2 <= len(self.labels) <= _MOST_TYPES:
            raise ValueError(f"labels: must be 2..{_MOST_TYPES} types, are {len(self.labels)}")
        if len({label.casefold() for label in self.labels}) < len(self.labels):
            raise ValueError(f"labels: two are the same in {list(self.labels)!s:.100}")
        if UNCERTAIN_TYPE in self.labels:
            raise ValueError(f"labels: no type may be called {UNCERTAIN_TYPE!r}")
        lowest, highest = _TEMPERATURES
        if not lowest <= self.temperature <= highest:
            raise ValueError(
                f"temperature: must be {lowest:g}..{highest:g}, is {self.temperature:g}"
            )
        if not 0 <= self.limit <= 1:
            raise ValueError(f"limit: must be 0..1, is {self.limit:g}")
        for name in ("rows", "columns"):
            if not 1 <= getattr(self, name) <= _MAX_SIDE:
                raise ValueError(f"{name}: must be 1..{_MAX_SIDE}, is {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Manifest:
    """All of it. See `edge.model_file.container` for how it travels in a .tflite or .onnx file."""

    name: str
    format: str
    """"tflite" or "onnx"."""
    precision: str
    labels: tuple[str, ...]
    """Class names of the training data, in output order; for a sigmoid [negative, positive]."""
    positive: str
    """The label that means tumor."""
    input: InputSpec
    decision: Decision
    reject: RejectGate
    payload_sha256: str
    """Of the model without its manifest: binds the two together."""
    provenance: dict
    """JSON of an `edge.model_file.provenance.Provenance`."""
    heat_map: HeatMapSpec = HeatMapSpec(reason="exported before heat maps were")
    types: TypeSpec | None = None
    """None: the model tells no types of tumor."""
    manifest_version: str = MANIFEST_VERSION
    """`version_for` its types and gate."""

    def __post_init__(self):
        if self.types is not None and major(self.manifest_version) < major(TYPED_VERSION):
            raise ValueError(
                f"types: need manifest version {TYPED_VERSION}, is {self.manifest_version}"
            )
        if self.graph_gate is not None and major(self.manifest_version) < major(GATED_VERSION):
            raise ValueError(
                f"features: {NETWORK!r} needs manifest version {GATED_VERSION}, is "
                f"{self.manifest_version}"
            )
        # They are printed wherever a result is.
        for name in ("name", "precision"):
            check_name(getattr(self, name), name)
        check_labels(self.labels, self.positive, self.decision)

    @property
    def positive_index(self) -> int:
        """Position of the tumor label among the outputs."""
        return self.labels.index(self.positive)

    @property
    def graph_gate(self) -> LearnedGate | None:
        """The gate, if the model has an output for it."""
        learned = self.reject.learned
        return learned if learned is not None and learned.in_graph else None


def version_for(types: TypeSpec | None, gate: LearnedGate | None = None) -> str:
    """The manifest version to write: the oldest whose readers understand all of it."""
    if gate is not None and gate.in_graph:
        return GATED_VERSION
    return MANIFEST_VERSION if types is None else TYPED_VERSION


def major(version: str) -> int:
    """The number before the dot, by which a reader takes or refuses a manifest."""
    return int(version.split(".")[0])


def check_name(text: str, field: str) -> None:
    """Raises `ValueError` unless it is one line of printable characters, and no long one."""
    if not text.isprintable() or len(text) > MAX_NAME:
        raise ValueError(
            f"{field}: must be one line of at most {MAX_NAME} printable characters, is "
            f"{text[:40]!a}"
        )


def check_labels(labels: tuple[str, ...], positive: str, decision: Decision) -> None:
    """Raises `ValueError` unless these are two names, and one that means tumor, in output order."""
    for label in labels:
        check_name(label, "labels")
    if len(labels) != 2 or len(set(labels)) != 2:
        raise ValueError(f"labels: must be two different names, are {list(labels)!s:.100}")
    if positive not in labels:
        raise ValueError(f"positive: {positive[:40]!a} is none of {list(labels)}")
    if decision.transform == "sigmoid" and positive != labels[1]:
        raise ValueError("positive: must be the second label of a sigmoid model")
