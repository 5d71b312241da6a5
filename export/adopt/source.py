"""A model from elsewhere: opened without running anything of its own, and rebuilt as layers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from edge.console.suggestions import did_you_mean
from export.adopt.activation import activated
from export.errors import ExportError
from train.run.run_folder import sha256_file

MAX_DIFFERENCE = 1e-3
"""In any output of the rebuilt network, as a share of the largest where outputs are logits."""


@dataclass(frozen=True)
class Source:
    """A model file, and its network."""

    file: Path
    kind: str
    """"Keras", "ONNX", "TFLite" or "SavedModel"."""
    network: keras.Model
    """Float32 [N, height, width, channels] -> logits [N, outputs], in layers without nesting."""
    activation: str
    """Of the outputs: "sigmoid", "softmax" or "none"."""
    original: Callable[[np.ndarray], np.ndarray]
    """The file itself: float32 [N, height, width, channels] -> its outputs [N, outputs]."""
    whole_numbers: bool = False
    """Whether it takes whole numbers alone: pixels as they are, which it scales by itself."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a picture."""
        return self.network.input.shape[1:]

    @property
    def outputs(self) -> int:
        """How many numbers it gives."""
        return self.network.output.shape[1]

    @property
    def sha256(self) -> str:
        """Of the file, or of all files of a folder, by name."""
        if self.file.is_file():
            return sha256_file(self.file)
        from train.data.scans import fingerprint

        files = sorted(path for path in self.file.rglob("*") if path.is_file())
        return fingerprint(f"{path.relative_to(self.file)} {sha256_file(path)}" for path in files)


_KERAS = {b"PK\x03\x04": (".keras",), b"\x89HDF\r\n\x1a\n": (".h5", ".hdf5")}
"""How Keras' files begin, and what their names must end in for Keras to load them."""
_OURS = (".keras", ".h5", ".hdf5", ".onnx", ".tflite")
"""What names of model files end in. Other files may begin as Keras' do: PyTorch's are archives."""

_ONNX_START = 0x08
"""Protobuf's tag of the first field, which is the version of the format."""


def open_source(file: Path) -> Source:
    """Open a model of any kind that can be adopted.

    Raises:
        ExportError: it is none, or cannot be adopted; says why and what to do.
    """
    if not file.exists():
        raise ExportError(f"{file}: no such file{did_you_mean(str(file), _neighbours(file))}")
    kind = _kind(file)
    if kind == "Keras":
        from export.adopt.keras_source import open_keras as opened
    elif kind == "SavedModel":
        from export.adopt.saved_model_source import open_saved_model as opened
    elif kind == "TFLite":
        from export.adopt.tflite_source import open_tflite as opened
    else:
        from export.adopt.onnx_source import open_onnx as opened
    found = Source(file, kind, *opened(file))
    _check(found)
    return found


def check_rebuilt(source: Source, pictures: np.ndarray) -> float:
    """How far the rebuilt network's outputs are from the file's own.

    Args:
        pictures: float32 [N, height, width, channels], scaled in any way.

    Raises:
        ExportError: too far, or not finite.
    """
    wanted = np.asarray(source.original(pictures), np.float64).reshape(len(pictures), -1)
    logits = source.network.predict(pictures, batch_size=8, verbose=0)
    found = activated(logits, source.activation)
    if not np.isfinite(wanted).all():
        raise ExportError(f"{source.file}: gives outputs that are not finite numbers")
    size = max(1.0, float(np.abs(wanted).max()))
    difference = float(np.abs(found - wanted).max()) / size
    if not difference <= MAX_DIFFERENCE:
        raise ExportError(
            f"{source.file}: rebuilt of Keras layers it gives other outputs (off by "
            f"{difference:.2g}; {MAX_DIFFERENCE:g} is allowed), so it is not exported; give it in "
            "another format"
        )
    return difference


def check_logits(source: Source, logits: np.ndarray) -> None:
    """See that what is taken for logits are none that a sigmoid or softmax made already.

    Args:
        logits: of the scans that it was tried on, [N, outputs].

    Raises:
        ExportError: they all lie in 0..1, so they are probabilities.
    """
    if source.activation == "none" and logits.min() >= 0 and logits.max() <= 1:
        raise ExportError(
            f"{source.file}: all its outputs lie between 0 and 1, so they are probabilities, but "
            "its last layer is no sigmoid or softmax that could be taken off; make that its last "
            "layer (no reshaping and no averaging behind it)"
        )


def _kind(file: Path) -> str:
    if file.is_dir():
        if (file / "saved_model.pb").is_file():
            return "SavedModel"
        if (file / "manifest.json").is_file():
            raise ExportError(
                f"{file}: is a run of ours; leave --from out: python -m export {file}"
            )
        raise ExportError(f"{file}: is a folder without saved_model.pb, so it is no SavedModel")
    with open(file, "rb") as opened:
        head = opened.read(8)
    if not head:
        raise ExportError(f"{file}: is empty (0 bytes); copy it again, or save the model anew")
    for start, endings in _KERAS.items():
        if head.startswith(start):
            if file.suffix in endings:
                return "Keras"
            if file.suffix in _OURS:
                raise ExportError(f"{file}: is a {endings[0]} file by what it holds; rename it so")
    if head[4:8] == b"TFL3":
        return "TFLite"
    if file.suffix == ".onnx":
        return "ONNX"
    more = ""
    if head[0] == _ONNX_START and file.suffix in _OURS:
        more = "; it begins as .onnx files do: if it is one, rename it"
    elif file.suffix in (".pt", ".pth", ".pkl", ".joblib", ".ckpt", ".bin"):
        more = "; export it to ONNX where it was trained (torch.onnx.export), and give that"
    raise ExportError(
        f"{file}: is no .keras, .h5, .onnx or .tflite file and no SavedModel folder{more}"
    )


def _check(source: Source) -> None:
    for layer in source.network.layers:
        for weights in layer.get_weights():
            if not np.isfinite(weights).all():
                bad = int((~np.isfinite(weights)).sum())
                raise ExportError(
                    f"{source.file}: {bad} of {weights.size} weights of its layer {layer.name} are "
                    "not finite numbers (NaN or infinite), so it answers nothing; train it anew"
                )
        # Of a normalization; its square root is taken.
        variance = getattr(layer, "moving_variance", None)
        if variance is not None and (low := float(np.min(variance))) + layer.epsilon <= 0:
            raise ExportError(
                f"{source.file}: its layer {layer.name} has a negative variance ({low:g}), of "
                "which there is no square root, so it answers nothing; its weights are damaged: "
                "copy the file again, or train it anew"
            )
    if source.activation == "softmax" and source.outputs == 1:
        raise ExportError(
            f"{source.file}: ends in a softmax over one output, which is 1 whatever the scan; "
            "train it with a sigmoid, or with an output for each label"
        )
    shape = source.network.input.shape
    if len(shape) != 4 or None in shape[1:]:
        sizes = " x ".join("any" if size is None else str(size) for size in shape[1:])
        raise ExportError(
            f"{source.file}: takes pictures of {sizes}; height, width and channels must be fixed: "
            "save it with an input of the size that it was trained with"
        )
    if shape[3] not in (1, 3):
        raise ExportError(
            f"{source.file}: takes pictures of {shape[3]} channels; only 1 (grey) and 3 (colour) "
            "can be made of a scan"
        )


def _neighbours(file: Path) -> list[str]:
    try:
        return [str(path) for path in file.parent.iterdir()]
    except OSError:
        return []
