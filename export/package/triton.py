"""A model repository for NVIDIA Triton, from a proven ONNX file.

    <out>/triton/<name>/config.pbtxt, labels.txt, manifest.json, 1/model.onnx

`config.pbtxt` is a ModelConfig in protobuf's text format:
https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
"""

import json
import shutil
from pathlib import Path

from edge.model_file.container import open_model
from edge.model_file.manifest import Manifest
from edge.model_file.manifest_json import dumps

FOLDER = "triton"
MAX_BATCH = 32
"""Scans that a server may put together where the model takes a batch of any size."""
_TYPES = {
    "pixels": "TYPE_UINT8",
    "logits": "TYPE_FP32",
    "heat_map": "TYPE_FP32",
    "types": "TYPE_FP32",
    "likeness": "TYPE_FP32",
}


def write_repository(model: Path, out: Path, dynamic: bool) -> Path:
    """Copy a proven .onnx file into `out/triton` as a model of its own; returns its folder.

    The server gets what the device gets: preprocessed pixels, uint8. `manifest.json` beside the
    configuration says how to preprocess and how to read the logits. An earlier folder of the same
    name is replaced once the new one is whole.

    Args:
        dynamic: the model takes batches of any size, not of 1.

    Raises:
        ModelError: `model` is no verified model file.
    """
    manifest = open_model(model, trust=None).manifest
    name = model.stem
    folder = out / FOLDER / name
    temporary, earlier = (folder.with_name(f".{name}.{what}") for what in ("partial", "earlier"))
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        (temporary / "1").mkdir(parents=True)
        shutil.copyfile(model, temporary / "1" / "model.onnx")
        (temporary / "config.pbtxt").write_text(config(name, manifest, dynamic))
        (temporary / "labels.txt").write_text("\n".join(_labels(manifest)) + "\n")
        (temporary / "manifest.json").write_text(dumps(manifest) + "\n")
        if folder.exists():
            shutil.rmtree(earlier, ignore_errors=True)
            folder.rename(earlier)
        try:
            temporary.rename(folder)
        except OSError:
            if earlier.exists():
                earlier.rename(folder)
            raise
        shutil.rmtree(earlier, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def config(name: str, manifest: Manifest, dynamic: bool) -> str:
    """config.pbtxt: with `dynamic`, shapes leave out the batch, as Triton wants it."""
    batch = [] if dynamic else [1]
    decision, heat_map = manifest.decision, manifest.heat_map
    parameters = {
        "positive_label": manifest.positive,
        "transform": decision.transform,
        "temperature": repr(decision.temperature),
        "threshold": repr(decision.threshold),
        "payload_sha256": manifest.payload_sha256,
    }
    lines = [
        f"name: {json.dumps(name)}",
        'platform: "onnxruntime_onnx"',
        f"max_batch_size: {MAX_BATCH if dynamic else 0}",
        _tensor("input", "pixels", [*batch, *manifest.input.shape]),
        _tensor(
            "output", "logits", [*batch, len(_labels(manifest))], 'label_filename: "labels.txt"'
        ),
        *(
            [_tensor("output", "heat_map", [*batch, heat_map.rows, heat_map.columns])]
            if heat_map.method
            else []
        ),
        *_types(manifest, batch),
        *([_tensor("output", "likeness", [*batch, 1, 1, 1])] if manifest.graph_gate else []),
        "version_policy { latest { num_versions: 1 } }",
        *(["dynamic_batching { }"] if dynamic else []),
        *(
            f"parameters {{ key: {json.dumps(key)} value {{ string_value: {json.dumps(value)} }} }}"
            for key, value in parameters.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _tensor(kind: str, name: str, shape: list[int], more: str = "") -> str:
    return f'{kind} [ {{ name: "{name}" data_type: {_TYPES[name]} dims: {shape} {more} }} ]'


def _types(manifest: Manifest, batch: list[int]) -> list[str]:
    spec = manifest.types
    if spec is None:
        return []
    return [_tensor("output", "types", [*batch, spec.rows, spec.columns, len(spec.labels)])]


def _labels(manifest: Manifest) -> list[str]:
    """A label for each output; a sigmoid has one, the positive label's."""
    if manifest.decision.transform == "sigmoid":
        return [manifest.positive]
    return list(manifest.labels)
