"""A run folder from a published int8 file of the compact network, for `--warm-start`.

    python docs/scripts/restore_run.py edge/models/compact-int8.tflite --out runs/bundled \
        -- --data DIR ...

What stands after `--` is the command line that the model was trained with: its parts are found
anew, and must hold as many scans as the manifest says, of the same files. Weights are those of the
file, which were rounded to 8 bits. Normalization was folded into them: its means and variances are
taken from examples of the training part, so that the network gives the same and can go on learning.

A gate that is in the graph is not taken from it: before an export, `refit_gate.py` must fit one.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.model_file.container import open_model
from edge.model_file.provenance import provenance
from export.package.write_container import payload_of

_BATCHES, _SIZE = 12, 32
"""Examples that means and variances are of."""
_CLOSE = 0.5
"""Logits by which float may differ from int8 on average; the bundled one differs by 0.05."""


def main() -> None:
    """Read, compute, write."""
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a .tflite file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args(own)
    restore(args.model, args.out, rest)


def restore(file: Path, out: Path, command: Sequence[str]) -> None:
    """Write the run folder; exits where the scans are not those that the model was trained on."""
    from train.arguments import parser as train_parser
    from train.data.scans import fingerprint
    from train.gate.no_brain import marked, scans_without_brain
    from train.prepare_data import prepare_data
    from train.request_of_options import request_of
    from train.run import run_folder
    from train.splitting import split

    if out.exists():
        sys.exit(f"{out}: exists; name another folder")
    manifest = open_model(str(file)).manifest
    known = provenance(manifest)
    if known.architecture != "compact":
        sys.exit(f"{file}: is of the network {known.architecture}, not compact")
    crop = known.trained_crop or manifest.input.crop
    request = request_of(
        train_parser().parse_args(["--model", "compact", "--crop", crop, *command])
    )
    data = prepare_data(request)
    digest = fingerprint(scan.sha256 for scan in data.found.scans)
    if digest != known.training.data_sha256 or request.fit.seed != known.training.seed:
        sys.exit(f"{file}: was trained on other files, or with another seed")
    counts = split.counts(data.parts, manifest.labels)
    if counts != known.training.counts:
        sys.exit(f"{file}: was trained on {known.training.counts}, not on {counts}")
    train = data.samples(split.indices(data.parts, "train"))
    weights, given = folded_weights(payload_of(file, manifest.format), train.pixels[:64])
    model, off = unfolded(weights, train, request.fit.seed, given)
    print(f"logits differ from the file's by {off:.3f} on average")
    if not off < _CLOSE:
        sys.exit(f"{file}: the network cannot be restored")
    out.mkdir(parents=True)
    model.save(out / run_folder.MODEL)
    without_brain = scans_without_brain(request, data, split.indices(data.parts, "train"))
    run_folder.write_json(out / run_folder.SPLIT, marked(data.parts, without_brain))
    digest = run_folder.sha256_file(out / run_folder.MODEL)
    run_folder.write_json(
        out / run_folder.MANIFEST,
        run_folder.RunManifest(
            architecture=known.architecture,
            labels=manifest.labels,
            positive=manifest.positive,
            input=replace(manifest.input, crop=crop),
            decision=manifest.decision,
            training=replace(known.training, model_sha256=digest),
            options=request.options,
            reject=manifest.reject,
        ),
    )


def folded_weights(
    payload: bytes, pixels: np.ndarray
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Kernel [rows, cols, in, out] and bias [out] of each convolution by its layer, float64; and
    the logits, float [N], of some inputs, uint8 [N, H, W, 1]."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=payload)
    interpreter.allocate_tensors()
    tensors = {one["index"]: one for one in interpreter.get_tensor_details()}

    def value(index: int) -> np.ndarray:
        scales = tensors[index]["quantization_parameters"]["scales"]
        found = interpreter.get_tensor(index).astype(np.float64)
        return found * scales.reshape(-1, *[1] * (found.ndim - 1)) if len(scales) else found

    weights = {}
    for one in interpreter._get_ops_details():  # there is no public way to the operations
        if one["op_name"] == "CONV_2D":
            _, kernel, bias = one["inputs"]
            name = tensors[kernel]["name"].split("/")[-2].removesuffix("_1")
            weights.setdefault(name, (value(kernel).transpose(1, 2, 3, 0), value(bias)))
    scan = interpreter.get_input_details()[0]["index"]
    logits = next(one for one in interpreter.get_output_details() if len(one["shape"]) == 2)
    given = []
    for one in pixels:
        interpreter.set_tensor(scan, one[None])
        interpreter.invoke()
        given.append(interpreter.get_tensor(logits["index"]).item())
    return weights, np.array(given)


def unfolded(
    weights: Mapping[str, tuple[np.ndarray, np.ndarray]], train, seed: int, given: np.ndarray
):
    """The Keras model of folded weights, and by how much its logits differ from `given` ones.

    What the last layer adds to all cells is found by these.
    """
    import keras

    from train.augmentation.training_examples import Examples
    from train.evaluation.keras_predictions import raw_outputs
    from train.networks.compact import EVIDENCE, RAW
    from train.networks.registry import ARCHITECTURES

    architecture = ARCHITECTURES["compact"]
    model = architecture.build(architecture.input)
    normed = [name for name in weights if name != RAW]
    for name, (kernel, bias) in weights.items():
        layer = model.get_layer(name)
        if name == RAW:
            layer.set_weights([kernel, bias])
            continue
        norm, count = model.get_layer(f"{name}_norm"), len(bias)
        layer.set_weights([kernel])
        same = np.full(count, np.sqrt(1 + norm.epsilon))
        norm.set_weights([same, bias, np.zeros(count), np.ones(count)])
    cells = tuple(model.get_layer(RAW).output.shape[1:3])
    examples = Examples(train, cells, seed, _SIZE)
    seen = np.concatenate([examples.batch(0, number)[0] for number in range(_BATCHES)])
    outputs = keras.Model(model.input, [model.get_layer(name).output for name in normed])
    for name, found in zip(normed, outputs.predict(seen, verbose=0), strict=True):
        norm, bias = model.get_layer(f"{name}_norm"), weights[name][1]
        mean, variance = found.mean((0, 1, 2)), found.var((0, 1, 2))
        norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])
    differences = raw_outputs(model, train.pixels[: len(given)])[:, 0] - given
    middle = np.median(differences)
    model.get_layer(EVIDENCE).set_weights([np.array([-middle])])
    return model, float(np.abs(differences - middle).mean())


if __name__ == "__main__":
    main()
