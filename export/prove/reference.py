"""reference.npz: what Keras makes of named scans, so that a device can prove parity by itself.

`python -m export --reference` writes it beside the models; `python -m benchmarks` reads it where
TensorFlow is not. It names scans by the SHA-256 of their files and holds no pixel of them. Needs
NumPy only.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.errors import ExportError
from export.package.write_container import write_atomically
from train.array_archive import read_arrays

REFERENCE_VERSION = 1
"""A reader refuses every other."""
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, eq=False)
class Reference:
    """The Keras model of a run on N scans."""

    run: str
    """Name of the run folder."""
    model_sha256: str
    """Of its model.keras."""
    sha256: tuple[str, ...]
    """Of each scan's file."""
    tensor_sha256: tuple[str, ...]
    """Of each scan, decoded and preprocessed: uint8 [height, width, channels]."""
    truth: np.ndarray
    """int8 [N]: 1 with a tumor."""
    probabilities: np.ndarray
    """Calibrated probability of tumor, float64 [N]."""
    type_labels: tuple[str, ...] = ()
    """Types of tumor that the run tells; empty: none, or the file is older than types."""
    types: np.ndarray | None = None
    """Calibrated probability of each, float64 [N, types]."""


def reference_name(run: str) -> str:
    """File name of a run's reference."""
    return f"{run}-reference.npz"


def tensor_sha256(pixels: np.ndarray) -> str:
    """SHA-256 of a preprocessed tensor's bytes."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def reference(
    run: str,
    model_sha256: str,
    files: Sequence[Path],
    pixels: Iterable[np.ndarray],
    truth: np.ndarray,
    probabilities: np.ndarray,
    type_labels: Sequence[str] = (),
    types: np.ndarray | None = None,
) -> Reference:
    """Of N files, their preprocessed pixels, labels and Keras' probabilities, of types as well."""
    return Reference(
        run=run,
        model_sha256=model_sha256,
        sha256=tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files),
        tensor_sha256=tuple(tensor_sha256(tensor) for tensor in pixels),
        truth=np.asarray(truth, np.int8),
        probabilities=np.asarray(probabilities, np.float64),
        type_labels=tuple(type_labels),
        types=types,
    )


def write_reference(path: Path, made: Reference) -> None:
    """Write it whole or not at all; raises `OSError`."""
    file = io.BytesIO()
    # Under the same version: a reader from before types takes what it knows, and compares that.
    typed = (
        {} if made.types is None else {"type_labels": list(made.type_labels), "types": made.types}
    )
    np.savez_compressed(
        file,
        version=np.int64(REFERENCE_VERSION),
        run=np.str_(made.run),
        model_sha256=np.str_(made.model_sha256),
        sha256=np.array(made.sha256, "U64"),
        tensor_sha256=np.array(made.tensor_sha256, "U64"),
        truth=made.truth,
        probabilities=made.probabilities,
        **typed,
    )
    write_atomically(path, file.getvalue())


def read_reference(path: Path) -> Reference:
    """Read a reference file.

    Raises:
        ExportError: it cannot be read, is no reference, or of another version.
    """
    try:
        data = read_arrays(path, _MAX_BYTES)
        version = int(data["version"])
        if version != REFERENCE_VERSION:
            raise ExportError(
                f"{path}: has version {version}, this mri-edge reads {REFERENCE_VERSION}; "
                "export it again with --reference"
            )
        found = Reference(
            run=str(data["run"]),
            model_sha256=str(data["model_sha256"]),
            sha256=tuple(map(str, data["sha256"])),
            tensor_sha256=tuple(map(str, data["tensor_sha256"])),
            truth=np.asarray(data["truth"], np.int8),
            probabilities=np.asarray(data["probabilities"], np.float64),
            type_labels=tuple(map(str, data["type_labels"])) if "types" in data else (),
            types=np.asarray(data["types"], np.float64) if "types" in data else None,
        )
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ExportError(f"{path}: is no reference file of `python -m export`") from None
    sizes = {len(v) for v in (found.sha256, found.tensor_sha256)}
    sizes |= {found.truth.size, found.probabilities.size}
    broken = len(sizes) != 1 or found.truth.ndim != 1
    broken = broken or not np.isfinite(found.probabilities).all()
    if found.types is not None:
        shape = found.truth.size, len(found.type_labels)
        broken = broken or found.types.shape != shape or not np.isfinite(found.types).all()
    if broken:
        raise ExportError(f"{path}: is damaged; export it again with --reference")
    return found
