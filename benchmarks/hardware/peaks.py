"""What the machine can do at best: multiply-adds in float32 and int8, and reading memory.

It is measured in a process of its own (`_main`), as NumPy's matrix library takes its number of
threads when it is loaded. Best of many, not the
median: a peak is what the machine did at least once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.installed import is_installed
from benchmarks.timing.bare_engine import bare
from benchmarks.timing.own_process import python, run
from edge.model_file import bounded_json

_MEASURE = "from benchmarks.hardware.peaks import _main; _main(sys.argv[1:])"
_WRITE = "from benchmarks.hardware.peaks import write_tflite; write_tflite(sys.argv[1])"
_SIDE = 1024
_ROWS = 256
_SECONDS = 0.4  # for each probe
_SIZES = (1, 4, 16, 64)  # megabytes read: within a cache, and beyond every cache of a small machine


@dataclass(frozen=True)
class Bandwidth:
    """Reading a block of memory again and again."""

    megabytes: float
    """Size of the block, 10^6 bytes: a small one stays in a cache."""
    gigabytes_per_second: float


@dataclass(frozen=True)
class Peak:
    """The best that was seen with a number of threads."""

    threads: int
    fp32: float
    """10^9 multiply-adds a second: the fastest of NumPy's matrix product and the engines'."""
    int8: float | None
    """The same, of the engines'; None: not measured, as there was nothing to make a model with."""
    bandwidth: tuple[Bandwidth, ...]

    def macs_per_second(self, precision: str) -> float | None:
        """For a model's precision; "fp16" is stored so and computed in float32 on a processor."""
        best = self.int8 if precision in ("int8", "dynamic") else self.fp32
        return None if best is None else best * 1e9

    def bytes_per_second(self, size: float) -> float:
        """Of reading `size` bytes: the measured block that is just larger, or the largest."""
        block = next((b for b in self.bandwidth if b.megabytes * 1e6 >= size), self.bandwidth[-1])
        return block.gigabytes_per_second * 1e9


def measure_peaks(threads: Sequence[int], folder: Path) -> tuple[Peak, ...]:
    """Measure with each number of threads; `folder` takes the models for the engines.

    Raises:
        BenchmarkError: a process that measures fails.
    """
    probes = _write_models(folder)
    found = []
    for count in threads:
        libraries = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), str(count))
        told = run(python(_MEASURE, count, *probes), **libraries)
        data = bounded_json.loads(told.splitlines()[-1])
        blocks = tuple(Bandwidth(*block) for block in data["bandwidth"])
        found.append(Peak(count, data["fp32"], data["int8"], blocks))
    return tuple(found)


def _write_models(folder: Path) -> list[str]:
    """One matrix product in each precision for each engine that a tool here can write one for."""
    probes = []
    if is_installed("onnx") and is_installed("onnxruntime"):
        for precision in ("fp32", "int8"):
            path = folder / f"peak-{precision}.onnx"
            path.write_bytes(_onnx(precision))
            probes += ["onnxruntime", precision, str(path)]
    if is_installed("tensorflow") and is_installed("ai_edge_litert"):
        run(python(_WRITE, folder), TF_CPP_MIN_LOG_LEVEL="3")
        for precision in ("fp32", "int8"):
            probes += ["litert", precision, str(folder / f"peak-{precision}.tflite")]
    return probes


def write_tflite(folder: str) -> None:
    """`peak-fp32.tflite` and `peak-int8.tflite`: `_ROWS` rows through a dense layer."""
    import keras
    import tensorflow as tf

    entry = keras.Input(batch_shape=(_ROWS, _SIDE))
    model = keras.Model(entry, keras.layers.Dense(_SIDE)(entry))
    rows = np.random.default_rng(0).normal(size=(_ROWS, _SIDE)).astype(np.float32)
    for precision in ("fp32", "int8"):
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if precision == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: [[rows]]
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        Path(folder, f"peak-{precision}.tflite").write_bytes(converter.convert())


def _onnx(precision: str) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    if precision == "int8":
        operator, entry, result = "MatMulInteger", TensorProto.UINT8, TensorProto.INT32
        weights = random.integers(-127, 128, (_SIDE, _SIDE), np.int8)
    else:
        operator, entry, result = "MatMul", TensorProto.FLOAT, TensorProto.FLOAT
        weights = random.normal(size=(_SIDE, _SIDE)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node(operator, ["rows", "weights"], ["product"])],
        "peak",
        [helper.make_tensor_value_info("rows", entry, [_ROWS, _SIDE])],
        [helper.make_tensor_value_info("product", result, [_ROWS, _SIDE])],
        [numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


def _best(call: Callable[[], object]) -> float:
    """Seconds of the fastest call."""
    best, ends = float("inf"), perf_counter() + _SECONDS
    while perf_counter() < ends:
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best


def _numpy_fp32() -> float:
    one = np.random.default_rng(0).normal(size=(_SIDE, _SIDE)).astype(np.float32)
    product = np.empty_like(one)
    return _SIDE**3 / _best(lambda: np.matmul(one, one, out=product)) / 1e9


def _engine(engine: str, precision: str, model: str, threads: int) -> float:
    kinds = {"fp32": np.float32, "int8": np.uint8 if engine == "onnxruntime" else np.int8}
    rows = np.ones((_ROWS, _SIDE), kinds[precision])

    class Rows:
        """Stands for one scan: `bare` adds the batch's axis, which these rows have already."""

        def __getitem__(self, _):
            return rows

    call = bare(engine, model, threads)
    return _ROWS * _SIDE**2 / _best(lambda: call(Rows())) / 1e9


def _reading(megabytes: float) -> float:
    """Gigabytes a second of a dot product of a block with itself."""
    block = np.ones(int(megabytes * 1e6 / 4), np.float32)
    return block.nbytes / _best(lambda: np.dot(block, block)) / 1e9


def _main(arguments: list[str]) -> None:
    """Print what one process measures; THREADS [ENGINE PRECISION MODEL]..."""
    threads, probes = int(arguments[0]), arguments[1:]
    best = {"fp32": _numpy_fp32(), "int8": None}
    for engine, precision, model in zip(probes[::3], probes[1::3], probes[2::3], strict=True):
        speed = _engine(engine, precision, model, threads)
        best[precision] = max(speed, best[precision] or 0.0)
    print(json.dumps({**best, "bandwidth": [(size, _reading(size)) for size in _SIZES]}))
