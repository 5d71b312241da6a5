"""Write a .tflite model file without shape arithmetic: with batches of 1 all shapes are known.

    python docs/scripts/constant_shapes.py edge/models/compact-int8.tflite new.tflite

Exports write such files by themselves. This made the bundled one of 2026-11-25 into one: SHAPE,
STRIDED_SLICE, CONCATENATION and PACK told RESHAPE what it could have known (LiteRT.js 2.5.3 gave
garbage for them). Weights and all other operators stay. Both files answer random pictures, and must
answer alike to the bit.
"""

import argparse
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from edge.model_file.container import open_model
from export.package.write_container import pack, payload_of, write_atomically

PICTURES = 1000


def main() -> None:
    """Read, change, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    manifest, before = open_model(str(args.file)).manifest, payload_of(args.file, "tflite")
    after = with_constant_shapes(before)
    compare(before, after)
    write_atomically(
        args.out, pack(after, replace(manifest, payload_sha256=sha256(after).hexdigest()))
    )
    print(
        f"{args.out}: {PICTURES} random pictures, the same answers; {len(after)} bytes of network"
    )


def with_constant_shapes(payload: bytes) -> bytes:
    """The same network with fixed shapes, for batches of 1."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(payload), 0)
    (graph,) = model.subgraphs
    runner = Interpreter(model_content=payload, num_threads=1)
    runner.allocate_tensors()
    runner.get_signature_runner()(**_pictures(runner, 1)[0])
    shapes = {one["index"]: one["shape"] for one in runner.get_tensor_details()}
    made = {int(tensor): one for one in graph.operators for tensor in one.outputs}
    for one in graph.operators:
        if _code(model, one) == schema.BuiltinOperator.RESHAPE and int(one.inputs[1]) in made:
            told = np.array(shapes[int(one.outputs[0])], "<i4")
            graph.tensors[int(one.outputs[0])].shape = told
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(told.tobytes(), np.uint8)
            model.buffers.append(buffer)
            graph.tensors[int(one.inputs[1])].buffer = len(model.buffers) - 1
            del made[int(one.inputs[1])]
    while True:
        used = {int(i) for one in graph.operators for i in one.inputs} | set(graph.outputs)
        kept = [
            one
            for one in graph.operators
            if any(int(i) in used and made.get(int(i)) is one for i in one.outputs)
        ]
        if len(kept) == len(graph.operators):
            break
        graph.operators = kept
    for tensor in graph.tensors:
        tensor.shapeSignature = None
    builder = flatbuffers.Builder(len(payload))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def compare(before: bytes, after: bytes) -> None:
    """Run both on random pictures.

    Raises:
        ValueError: an answer is another.
    """
    runners = [Interpreter(model_content=one, num_threads=1) for one in (before, after)]
    for picture in _pictures(runners[0], PICTURES):
        one, other = (runner.get_signature_runner()(**picture) for runner in runners)
        if not all(np.array_equal(one[name], other[name]) for name in one):
            raise ValueError("the changed network gives other answers")


def _pictures(runner: Interpreter, count: int) -> list[dict[str, np.ndarray]]:
    """Half of them noise, half of them coarse."""
    (details,) = runner.get_signature_runner().get_input_details().items()
    name, (_, height, width, channels) = details[0], details[1]["shape"]
    random, found = np.random.default_rng(0), []
    for number in range(count):
        step = 1 if number % 2 else 8
        coarse = random.integers(0, 256, (height // step, width // step, channels), np.uint8)
        found.append({name: coarse.repeat(step, axis=0).repeat(step, axis=1)[None]})
    return found


def _code(model, operator) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


if __name__ == "__main__":
    main()
