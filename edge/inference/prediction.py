"""What is said of one scan: a `Prediction`, and what it is made of."""

from dataclasses import dataclass
from typing import NamedTuple

from PIL.Image import Image

from edge import NOTICE
from edge.scan.ood_gate import GateResult
from edge.scan.preprocess import ModelInput


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is known about one scan. Research software, not a medical device."""

    verdict: str
    """One of `edge.model_file.manifest.VERDICTS`."""
    probability: float | None
    """Calibrated probability of tumor, 0..1; None if rejected."""
    reason: str | None
    """Why the scan was rejected, or what makes it doubtful; None otherwise."""
    model: str
    """Name and precision of the model."""
    model_sha256: str
    """Of the model's payload: the same whatever its manifest says."""
    synthetic: bool
    """True if the model was trained on generated phantoms: it knows nothing of patients."""
    decode_ms: float
    preprocess_ms: float
    inference_ms: float
    """0.0 if the model was not asked. One whose gate is in its graph is asked about what it then
    rejects."""
    doubtful: bool = False
    """Whether the gate doubts that it shows a brain, or enough of it: such a scan is never called
    "no_tumor"."""
    remarks: tuple[str, ...] = ()
    """What was done to the scan, or passed over in its file, that its reader should know."""
    file_sha256: str = ""
    """Of the whole model file, with its manifest."""
    signer: str | None = None
    """Who vouches for the model file: the name of the trusted key that signed it, or that it is
    bundled; None: nobody was asked, or nobody does."""
    signer_key_id: str | None = None
    """Of that key, as `ssh-keygen -l` prints it; None: no key."""
    typed: bool = False
    """Whether the model tells types of tumor; only then `to_dict` speaks of them."""
    type: str | None = None
    """Type of the tumor, or "uncertain"; None unless the verdict is "tumor"."""
    type_probabilities: dict[str, float] | None = None
    """Calibrated, of each type if it is a tumor, 0..1; None unless the verdict is "tumor"."""
    before: GateResult | None = None
    """What the gate said before the model was asked, which may say more; None: it is not known."""

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        types = {"type": self.type, "type_probabilities": self.type_probabilities}
        return {
            "verdict": self.verdict,
            "probability": self.probability,
            **(types if self.typed else {}),
            "reason": self.reason,
            "remarks": list(self.remarks),
            "model": self.model,
            "model_sha256": self.model_sha256,
            "file_sha256": self.file_sha256,
            "signer": self.signer,
            "signer_key_id": self.signer_key_id,
            "synthetic": self.synthetic,
            "timings_ms": {
                "decode": round(self.decode_ms, 3),
                "preprocess": round(self.preprocess_ms, 3),
                "inference": round(self.inference_ms, 3),
            },
            "notice": NOTICE,
        }


class Answer(NamedTuple):
    """What the model says of a preprocessed tensor."""

    probability: float
    """Calibrated, of tumor, 0..1."""
    types: dict[str, float] | None
    """Calibrated, of each type if it is a tumor; None: none are told."""
    likeness: float | None
    """How much it looks like a head, a logit; None: the gate is not in the model's graph."""


class Examined(NamedTuple):
    """A classified scan."""

    image: Image | None
    """Decoded, mode "L" or "RGB"; None if it was rejected unseen."""
    seen: ModelInput | None
    """What the model was shown of it, and below what came of that."""
    prediction: Prediction
