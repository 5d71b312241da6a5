"""Where a model comes from and what proved it: the part of the manifest for people and audits."""

from dataclasses import dataclass, field

from edge.errors import ModelError
from edge.model_file.dataclass_json import from_json
from edge.model_file.manifest import Manifest


@dataclass(frozen=True)
class Adopted:
    """A model that was trained elsewhere: what is known of it. Leaks cannot be excluded."""

    file: str
    """Name of its file or folder."""
    sha256: str
    """Of the file, or over the names and hashes of a folder's files."""
    kind: str
    """"Keras", "ONNX", "TFLite" or "SavedModel"."""
    labels: tuple[str, ...]
    """Of all its outputs, in their order; of a single output, that of its 0 and that of its 1."""
    negative: tuple[str, ...]
    """Those of the labels that mean "no tumor"."""
    activation: str
    """Its last one: "sigmoid", "softmax" or "none"; it is left out, as with every network."""
    scaling: str
    """Of the pixels it was made for, a key of `export.adopt.conventions.SCALINGS`."""
    color: str
    """"rgb", "bgr" or "grey": the order it was made for."""
    tried: bool
    """Whether scaling or colours were found by trial; else given, or the only ones possible."""
    cautions: tuple[str, ...] = ()
    """What labelled scans say against the way that it is taken, in words."""


@dataclass(frozen=True)
class Training:
    """Where the weights come from."""

    run: str
    """Name of the run folder."""
    model_sha256: str
    """Of the run's model.keras: tells whether a run at hand is the one exported."""
    data: tuple[str, ...]
    data_sha256: str
    """Over the sorted hashes of all files of the split."""
    synthetic: bool
    """True if any of the scans is a generated phantom."""
    counts: dict[str, dict[str, int]]
    """Scans per part of the split and label."""
    seed: int
    created: str
    versions: dict[str, str] = field(default_factory=dict)
    adopted: Adopted | None = None
    """If the model was trained elsewhere: the counts above are of scans that it may have seen."""


@dataclass(frozen=True)
class Trial:
    """One way to quantize, judged on validation scans against Keras."""

    method: str
    kept: tuple[str, ...]
    """Layers in float."""
    bytes: int
    scans: int
    changed: int
    """Verdicts that differ, types among them."""
    max_difference: float
    """Largest difference in the probability of tumor."""
    mean_difference: float
    holds: bool
    """Whether all are within the limits of the proof."""
    older_quantizer: bool = False
    """Whether TensorFlow's older quantizer made it (`experimental_new_quantizer=False`)."""
    max_type_difference: float | None = None
    """Largest difference in the probability of a type; None: the model tells none."""


SCAN_DIGITS = 12
"""Of a SHA-256 in hexadecimal, by which a calibration scan is told."""


@dataclass(frozen=True)
class Calibration:
    """How a model was quantized, and which scans set its ranges."""

    method: str
    """A key of `export.quantize.calibration_methods.METHODS`."""
    part: str
    counts: dict[str, int]
    sha256: tuple[str, ...]
    """The first `SCAN_DIGITS` digits of each scan's, whole ones in files made before 2026-11-29:
    there they took as much room as a quarter of the reject gate."""
    kept: tuple[str, ...] = ()
    """Layers that stay in float as int8 did not hold without; a heat map's head is not named."""
    trials: tuple[Trial, ...] = ()
    """What was tried, in order, on the validation part."""
    older_quantizer: bool = False
    """Whether TensorFlow's older quantizer made it."""


@dataclass(frozen=True)
class Change:
    """A score on the same scans, with Keras and with the exported file."""

    keras: float
    exported: float


@dataclass(frozen=True)
class MapMatch:
    """Heat maps of the same scans, from Keras and from the exported file."""

    maps: int
    """Those that have a peak in Keras: something that speaks for a tumor."""
    peaks_unchanged: int
    """Of these, the ones whose strongest cell is the same."""
    max_difference: float
    """Largest in any cell of any map, as a share of the largest value in Keras' maps."""


@dataclass(frozen=True)
class TypeMatch:
    """Types of tumor of the same scans, from Keras and from the exported file."""

    scans: int
    """Those that both call a tumor: no other has a type."""
    changed: int
    """Types that differ; they count among the verdicts that changed."""
    max_difference: float
    """Largest difference in the probability of a type."""


@dataclass(frozen=True)
class Parity:
    """The held-out scans, through `edge` and this file in one engine, against Keras."""

    engine: str
    engine_version: str
    part: str
    scans: int
    rejected: int
    """Scans that the gate refused; not among `scans`."""
    changed: int
    """Verdicts that differ."""
    changes: dict[str, int]
    """How many of them in each direction, such as "tumor to no_tumor"."""
    sensitivity: Change
    specificity: Change
    auc: Change | None
    """None if the scans are of one class."""
    words: str
    """The outcome in a sentence."""
    max_difference: float
    """Largest difference in the probability of tumor."""
    mean_difference: float
    max_changed: int
    """The limit that `changed` was held to."""
    max_allowed_difference: float
    """The limit that `max_difference` was held to."""
    calibration_error: Change | None = None
    """Expected calibration error, 0..1 (`train.evaluation.metrics.calibration_error`)."""
    heat_map: MapMatch | None = None
    """None if the model has no heat map."""
    max_map_difference: float | None = None
    """The limit that the heat maps' `max_difference` was held to; None: to none."""
    types: TypeMatch | None = None
    """None if the model tells no types of tumor. Its `max_difference` is held to the limit of the
    probability of tumor."""


MAX_TOLERANCE = 0.25
"""Of a golden sample; more would let any device pass. Ours are below 0.1."""

MAX_GOLDEN_BYTES = 1_000_000
"""Of a golden sample's PNG, as base64; ours are about 10 kB."""


@dataclass(frozen=True)
class GoldenDecision:
    """A probability and the verdict on it, as decided at export."""

    probability: float
    doubtful: bool
    """Whether the gate has a doubt."""
    verdict: str

    def __post_init__(self):
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability: must be 0..1, is {self.probability}")


@dataclass(frozen=True)
class GoldenType:
    """Probabilities of types, in their order, and what is said of them, as decided at export."""

    probabilities: tuple[float, ...]
    type: str


@dataclass(frozen=True)
class GoldenSample:
    """A generated scan whose outcome is known: `edge-classify --self-test` replays it."""

    png_base64: str
    tensor_sha256: str
    """Of the preprocessed uint8 tensor's bytes."""
    probability: float
    tolerance: float
    decisions: tuple[GoldenDecision, ...] = ()
    """Verdicts at, below and above the threshold and the uncertain band. Files of before 1.4 have
    none."""
    types: tuple[float, ...] = ()
    """Probability of each type, whatever the verdict; empty if the model tells none."""
    type_decisions: tuple[GoldenType, ...] = ()
    """What is said of types at, below and above their limit."""
    likeness: float | None = None
    """How much the model finds it to look like a head; None: its gate is not in its graph."""

    def __post_init__(self):
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability: must be 0..1, is {self.probability}")
        if not 0 <= self.tolerance <= MAX_TOLERANCE:
            raise ValueError(f"tolerance: must be 0..{MAX_TOLERANCE}, is {self.tolerance}")
        if len(self.png_base64) > MAX_GOLDEN_BYTES:
            raise ValueError(f"png_base64: is longer than {MAX_GOLDEN_BYTES} characters")


@dataclass(frozen=True)
class LaterGate:
    """A learned reject gate that was fitted after the network, maybe on other data.

    Of a file of before manifest 3.0 the proofs (`Parity`) count what the gate before it refused.
    """

    data: tuple[str, ...]
    """Folders of the brain scans."""
    data_sha256: str
    """Over the sorted hashes of the scans that it learned from."""
    not_brain: dict[str, int]
    """Pictures that are no brain MRI, by kind."""
    seed: int
    created: str


@dataclass(frozen=True)
class Provenance:
    """`Manifest.provenance`, typed."""

    architecture: str
    """The model's name in `train`'s registry."""
    training: Training
    golden: GoldenSample
    calibration: Calibration | None = None
    """None unless the model is quantized with representative data."""
    parity: tuple[Parity, ...] = ()
    """A proof for each engine that was installed at export; empty for a file not exported."""
    fails_to_load: tuple[str, ...] = ()
    """Engines, with their versions, that were installed at export and cannot load the file."""
    licence: str = "Unstated: it follows from that of the training data."
    intended_use: str = "Research on brain-MRI classification. Not a medical device."
    gate: LaterGate | None = None
    """None: the learned gate, if there is one, was fitted with the network."""
    trained_crop: str = ""
    """Crop rule of the pictures that the network learned from and was proven on, if the model's own
    has become another; else ""."""


def provenance(manifest: Manifest) -> Provenance:
    """The typed provenance of a manifest.

    Raises:
        ModelError: a value is missing or has the wrong type.
    """
    try:
        return from_json(Provenance, manifest.provenance, "provenance")
    except ValueError as error:
        raise ModelError(f"{manifest.name}: its manifest is not valid: {error!s:.300}") from None
