"""The inference engines behind one small interface.

An `Engine` is made once for a model file and run once a scan. Engines are imported when chosen, so
that a device needs only one of them.

Input and output tensors are bound when the model is loaded. A call writes the pixels into the bound
input, which is the only time they are moved, runs, and reads the bound output.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol

import numpy as np

from edge.errors import EngineError, ModelError
from edge.inference.model_tensors import check_input, find_outputs, find_types
from edge.model_file.container import ModelFile


class Engine(Protocol):
    """A model loaded into an inference engine. Not thread-safe."""

    name: str
    threads: int
    provider: str
    """A key of `PROVIDERS`: what the engine computes on."""
    warning: str | None
    """What was asked for and could not be had; None if nothing."""

    def run(self, pixels: np.ndarray) -> np.ndarray:
        """Logits (float32 [outputs]) of one tensor, uint8 [height, width, channels]."""
        ...

    def heat_map(self, pixels: np.ndarray) -> np.ndarray:
        """The second output, float32 [rows, columns], where the manifest says that there is one."""
        ...

    def last_map(self) -> np.ndarray | None:
        """What the last `run` gave for `heat_map`; None: it does not compute that."""
        ...

    def types(self) -> np.ndarray:
        """What the last `run` gave for types of tumor, float32 [rows, columns, types], where the
        manifest says that it does."""
        ...

    def run_many(self, stack: np.ndarray) -> np.ndarray:
        """Logits [N, outputs] of a stack of tensors, uint8 [N, height, width, channels].

        In one batch where the engine can give the model another batch size, else one by one.
        """
        ...


ENGINES = {
    "litert": (("tflite",), "ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": (("tflite",), "tflite_runtime.interpreter", "tflite-runtime"),
    "onnxruntime": (("onnx",), "onnxruntime", "onnxruntime"),
    "openvino": (("onnx", "tflite"), "openvino", "openvino"),
}
"""Engine name: the formats it runs, its module, its distribution; the preferred one first. OpenVINO
is never preferred: it is the largest, and it takes the longest to import and to load a model."""

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""What ONNX Runtime can compute on, by its own names. The other engines know only "cpu"."""

_EXTRA = {"tflite": "litert", "onnx": "onnx"}
"""Format: the extra that is advised. An engine's own has its name, but for these two."""

DEFAULT_THREADS = 1
"""One: its latency holds on a busy machine, where several threads wait for one another and can be
many times slower than one. Many scans are faster with several jobs of one thread each, which never
wait for one another. `edge.inference.threads` measures what more threads bring here."""


def installed(format: str | None = None) -> list[str]:
    """Names of the engines that can be imported here, for one format or for all."""
    return [
        name
        for name, (kinds, module, _) in ENGINES.items()
        if format in (None, *kinds) and find_spec(module.split(".")[0])
    ]


def import_engine(name: str) -> ModuleType:
    """The module of an engine; raises whatever its import raises."""
    if name != "openvino":
        return import_module(ENGINES[name][1])
    from edge.inference.openvino_engine import import_openvino

    return import_openvino()


def import_problem(name: str) -> str | None:
    """Why an installed engine cannot be imported, found out in a process apart; None if it can.

    A library built for another processor ends the process that imports it (SIGILL), which no
    `except` sees.
    """
    import signal
    import subprocess
    import sys

    code = f"import {ENGINES[name][1]}"
    if name == "openvino":
        from edge.inference.openvino_engine import CONVERTER

        code = f"import sys; sys.modules[{CONVERTER!r}] = None; {code}"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except OSError:
        return None  # no process can be started: importing it here will tell
    except subprocess.TimeoutExpired:
        return "importing it takes longer than a minute"
    if done.returncode < 0:
        number = -done.returncode
        word = next((one.name for one in signal.Signals if one == number), f"signal {number}")
        return f"importing it ends the process ({word}): it is not built for this board"
    return None


def version(name: str) -> str:
    """Version of an installed engine, which may come in a distribution of another name.

    As ONNX Runtime for a Jetson does: onnxruntime-gpu.
    """
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as distribution_version

    _, module, distribution = ENGINES[name]
    try:
        return distribution_version(distribution)
    except PackageNotFoundError:
        found = getattr(import_module(module.split(".")[0]), "__version__", None)
        return str(found) if found else "of unknown version"


def load(
    model: ModelFile,
    engine: str = "auto",
    threads: int = DEFAULT_THREADS,
    provider: str = "auto",
) -> Engine:
    """Load a model into an engine, once it is verified.

    Args:
        engine: a key of `ENGINES`, or "auto" for the first installed one of the model's format.
        threads: 1 or more.
        provider: a key of `PROVIDERS`, or "auto": CUDA where ONNX Runtime has it, else the
            processor. TensorRT only by name, for it compiles a model for minutes at first. One
            that cannot be had falls back on the next (TensorRT, CUDA, processor), and the
            engine's `warning` says so.

    Raises:
        ValueError: fewer than one thread.
        EngineError: no engine for the format is installed, the named one is not or runs another
            format, it cannot be imported, or the provider has no such name.
        ModelError: the file is not what its manifest was made for, the engine cannot load it, or
            its input is not what the manifest says.
    """
    if threads < 1:
        raise ValueError(f"threads: {threads} is less than 1")
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
    if provider != "auto" and provider not in PROVIDERS:
        raise EngineError(f"unknown provider {provider!r}; choose from {', '.join(PROVIDERS)}")
    kind, kinds = model.manifest.format, ENGINES[engine][0]
    if kind not in kinds:
        runs = " and ".join(f".{one}" for one in kinds)
        raise EngineError(f"{model.path}: {engine} runs {runs} files, not .{kind}")
    try:
        module = import_engine(engine)
    except Exception as error:
        # A broken wheel (say, tflite-runtime beside NumPy 2) raises whatever it likes.
        extra = _EXTRA[kind] if engine in ("litert", "onnxruntime") else engine
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(
            f"engine {engine} cannot be used ({reason}); run: pip install 'mri-edge[{extra}]'"
        ) from error
    model.verify()
    try:
        loaded = _engine_class(engine)(module, engine, model, threads, provider)
        model.verify()  # that it is still the file whose hash and signature were checked
        return loaded
    except ModelError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{model.path}: {engine} cannot load this model ({reason})") from error


def _engine_class(name: str) -> type[Engine]:
    if name != "openvino":
        return _OnnxEngine if name == "onnxruntime" else _TfliteEngine
    from edge.inference.openvino_engine import OpenVinoEngine

    return OpenVinoEngine


class _TfliteEngine:
    """LiteRT and tflite-runtime share the Interpreter interface of tf.lite."""

    def __init__(self, module, name: str, model: ModelFile, threads: int, provider: str):
        self.name, self.threads, self.provider, self.warning = name, threads, "cpu", None
        if provider not in ("auto", "cpu"):
            self.warning = f"{name} has no provider {provider}; using cpu"
        self._new = lambda: module.Interpreter(model_content=model.content(), num_threads=threads)
        self._interpreter = self._new()
        self._interpreter.allocate_tensors()
        self._batch: dict = {}
        (entry,) = self._interpreter.get_input_details()
        check_input(model, entry["shape"].tolist(), np.dtype(entry["dtype"]).name)
        # Views of the interpreter's memory are made anew for each call: it refuses to run, and to
        # free itself, while one is held.
        self._input = self._interpreter.tensor(entry["index"])
        outputs = self._interpreter.get_output_details()
        shapes = [entry["shape"].tolist() for entry in outputs]
        self._logits, heat = find_outputs(model, shapes)
        types = find_types(model, shapes)
        self._types = None if types is None else outputs[types]["index"]
        self._output = self._interpreter.tensor(outputs[self._logits]["index"])
        self._map = None if heat is None else outputs[heat]["index"]

    def heat_map(self, pixels: np.ndarray) -> np.ndarray:
        self._input()[0] = pixels
        self._interpreter.invoke()
        return self.last_map()

    def last_map(self) -> np.ndarray:
        return self._interpreter.get_tensor(self._map)[0]

    def run(self, pixels: np.ndarray) -> np.ndarray:
        self._input()[0] = pixels
        self._interpreter.invoke()
        return self._output()[0].copy()  # a few bytes

    def types(self) -> np.ndarray:
        return self._interpreter.get_tensor(self._types)[0]

    def run_many(self, stack: np.ndarray) -> np.ndarray:
        size = len(stack)
        if size not in self._batch:
            self._batch[size] = self._batched(stack) if size > 1 else None
        interpreter = self._batch[size]
        if interpreter is None:
            return np.stack([self.run(pixels) for pixels in stack])
        return self._run_batch(interpreter, stack)

    def _batched(self, stack: np.ndarray):
        """An interpreter for batches of that size; None if the graph fixes its batch to 1."""
        try:
            interpreter = self._new()
            entry = interpreter.get_input_details()[0]
            interpreter.resize_tensor_input(entry["index"], stack.shape)
            interpreter.allocate_tensors()
            same = np.repeat(stack[:1], len(stack), axis=0)
            batch = self._run_batch(interpreter, same)
        except (RuntimeError, ValueError):
            return None
        # A graph with a fixed shape inside may run and be wrong: trust only what repeats itself.
        one = self.run(stack[0])
        whole = batch.shape == (len(stack), *one.shape)
        return interpreter if whole and np.allclose(batch, one, atol=1e-3) else None

    def _run_batch(self, interpreter, stack: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], stack)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[self._logits]["index"])


EXACT_SUMS = "session.x64quantprecision", "1"
"""Setting of an ONNX Runtime session. Without it products of 8 bits are added up in 16 where an x86
processor has nothing better (no VNNI), and what does not fit is answered wrongly."""


class _OnnxEngine:
    def __init__(self, module, name: str, model: ModelFile, threads: int, provider: str):
        self.name, self.threads = name, threads
        options = module.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings would mix with the results
        options.add_session_config_entry(*EXACT_SUMS)
        wanted = provider_order(provider, module.get_available_providers())
        self._session = module.InferenceSession(model.content(), options, providers=wanted)
        # A provider whose libraries are missing is left out by ONNX Runtime without an exception.
        names = {value: key for key, value in PROVIDERS.items()}
        self.provider = names[self._session.get_providers()[0]]
        hoped = names[wanted[0]] if provider == "auto" else provider
        self.warning = None
        if hoped != self.provider:
            self.warning = (
                f"onnxruntime {module.__version__} cannot use provider {hoped} here; "
                f"using {self.provider}"
            )
        (entry,) = self._session.get_inputs()
        check_input(model, entry.shape, "uint8" if entry.type == "tensor(uint8)" else entry.type)
        self._name = entry.name
        self._any_batch = entry.shape[0] != 1
        self._pixels = np.zeros((1, *model.manifest.input.shape), np.uint8)
        # On the processor, the OrtValue shares this array's memory.
        self._bound = module.OrtValue.ortvalue_from_numpy(self._pixels)
        self._binding = self._session.io_binding()
        self._binding.bind_ortvalue_input(self._name, self._bound)
        outputs = self._session.get_outputs()
        shapes = [entry.shape for entry in outputs]
        logits, heat = find_outputs(model, shapes)
        types = find_types(model, shapes)
        self._logits = outputs[logits].name
        self._map = None if heat is None else outputs[heat].name
        self._binding.bind_output(self._logits)
        if types is not None:
            self._binding.bind_output(outputs[types].name)
        self._logits_only = None
        if self._map:
            # Without this, ONNX Runtime computes the map as well and throws it away.
            self._logits_only = module.RunOptions()
            self._logits_only.only_execute_path_to_fetches = True

    def heat_map(self, pixels: np.ndarray) -> np.ndarray:
        return self._session.run([self._map], {self._name: pixels[None]})[0][0]

    def last_map(self) -> None:
        return None

    def run(self, pixels: np.ndarray) -> np.ndarray:
        self._pixels[0] = pixels
        if self.provider != "cpu":
            # Another device's memory is filled when the input is bound.
            self._binding.bind_ortvalue_input(self._name, self._bound)
        self._session.run_with_iobinding(self._binding, self._logits_only)
        # A copy: the next run writes its logits into the same memory.
        return self._binding.get_outputs()[0].numpy()[0].copy()

    def types(self) -> np.ndarray:
        return self._binding.get_outputs()[1].numpy()[0].copy()

    def run_many(self, stack: np.ndarray) -> np.ndarray:
        if self._any_batch:
            return self._session.run([self._logits], {self._name: stack}, self._logits_only)[0]
        return np.stack([self.run(pixels) for pixels in stack])


def provider_order(provider: str, available: list[str]) -> list[str]:
    """ONNX Runtime's names of the providers to try, best first; the processor is always last.

    Args:
        provider: "auto" or a key of `PROVIDERS`.
        available: what this build of ONNX Runtime was made with.
    """
    keys = {"auto": ("cuda",), "cpu": (), "cuda": ("cuda",), "tensorrt": ("tensorrt", "cuda")}
    found = [PROVIDERS[key] for key in keys[provider] if PROVIDERS[key] in available]
    return [*found, PROVIDERS["cpu"]]
