"""The inference engines behind one small interface.

An `Engine` is made once for a model file and run once a scan. Engines are imported when chosen, so
that a device needs only one of them.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from edge.container import ModelFile
from edge.errors import EngineError, ModelError


class Engine(Protocol):
    """A model loaded into an inference engine. Not thread-safe."""

    name: str
    threads: int

    def run(self, pixels: np.ndarray) -> np.ndarray:
        """Logits (float32 [outputs]) of one tensor, uint8 [height, width, channels]."""
        ...


ENGINES = {
    "litert": ("tflite", "ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": ("tflite", "tflite_runtime.interpreter", "tflite-runtime"),
    "onnxruntime": ("onnx", "onnxruntime", "onnxruntime"),
}
"""Engine name: the format it runs, its module, its distribution; the preferred one first."""

_EXTRA = {"tflite": "litert", "onnx": "onnx"}

DEFAULT_THREADS = 1
"""One: its latency holds on a busy machine, where several threads wait for one another and can be
many times slower than one. `python -m benchmarks` shows what more threads bring on a quiet one."""


def installed(format: str | None = None) -> list[str]:
    """Names of the engines that can be imported here, for one format or for all."""
    return [
        name
        for name, (kind, module, _) in ENGINES.items()
        if format in (None, kind) and find_spec(module.split(".")[0])
    ]


def version(name: str) -> str:
    """Version of an installed engine's distribution."""
    from importlib.metadata import version as distribution_version

    return distribution_version(ENGINES[name][2])


def load(model: ModelFile, engine: str = "auto", threads: int = DEFAULT_THREADS) -> Engine:
    """Load a model into an engine, once it is verified.

    Args:
        engine: a key of `ENGINES`, or "auto" for the first installed one of the model's format.
        threads: 1 or more.

    Raises:
        EngineError: no engine for the format is installed, the named one is not or runs another
            format, or it cannot be imported.
        ModelError: the file is not what its manifest was made for, the engine cannot load it, or
            its input is not what the manifest says.
    """
    if engine == "auto":
        names = installed(model.manifest.format)
        if not names:
            raise EngineError(
                f"{model.path}: no engine for {model.manifest.format} models is installed; "
                f"run: pip install 'mri-edge[{_EXTRA[model.manifest.format]}]'"
            )
        engine = names[0]
    if engine not in ENGINES:
        raise EngineError(f"unknown engine {engine!r}; choose from {', '.join(ENGINES)}")
    kind, module_name, _ = ENGINES[engine]
    if kind != model.manifest.format:
        raise EngineError(
            f"{model.path}: {engine} runs .{kind} files, not .{model.manifest.format}"
        )
    try:
        module = import_module(module_name)
    except Exception as error:
        # A broken wheel (say, tflite-runtime beside NumPy 2) raises whatever it likes.
        extra = engine if engine == "tflite-runtime" else _EXTRA[kind]
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(
            f"engine {engine} cannot be used ({reason}); run: pip install 'mri-edge[{extra}]'"
        ) from error
    model.verify()
    cls = _TfliteEngine if kind == "tflite" else _OnnxEngine
    try:
        return cls(module, engine, model, threads)
    except ModelError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{model.path}: {engine} cannot load this model ({reason})") from error


def _check_input(model: ModelFile, shape: list, dtype: str) -> None:
    expected = model.manifest.input.shape
    # An ONNX model for any batch size has a name or nothing in the batch's place.
    batch = 1 if shape[0] is None or isinstance(shape[0], str) else shape[0]
    if [batch, *shape[1:]] != [1, *expected] or dtype != "uint8":
        raise ModelError(
            f"{model.path}: takes {dtype} {list(shape)}, its manifest says uint8 {[1, *expected]}"
        )


class _TfliteEngine:
    """LiteRT and tflite-runtime share the Interpreter interface of tf.lite."""

    def __init__(self, module, name: str, model: ModelFile, threads: int):
        self.name, self.threads = name, threads
        self._interpreter = module.Interpreter(model_path=model.path, num_threads=threads)
        self._interpreter.allocate_tensors()
        (entry,) = self._interpreter.get_input_details()
        _check_input(model, entry["shape"].tolist(), np.dtype(entry["dtype"]).name)
        self._input = entry["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def run(self, pixels: np.ndarray) -> np.ndarray:
        self._interpreter.set_tensor(self._input, pixels[None])
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)[0]


class _OnnxEngine:
    def __init__(self, module, name: str, model: ModelFile, threads: int):
        self.name, self.threads = name, threads
        options = module.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings would mix with the results
        self._session = module.InferenceSession(
            model.path, options, providers=["CPUExecutionProvider"]
        )
        (entry,) = self._session.get_inputs()
        _check_input(model, entry.shape, "uint8" if entry.type == "tensor(uint8)" else entry.type)
        self._input = entry.name
        self._outputs = [self._session.get_outputs()[0].name]

    def run(self, pixels: np.ndarray) -> np.ndarray:
        return self._session.run(self._outputs, {self._input: pixels[None]})[0][0]
