"""The inference engines behind one small interface.

An `Engine` is made once for a model file and run once a scan. A device needs only one of them.

Input and output tensors are bound when the model is loaded. A call writes the pixels into the bound
input, which is the only time they are moved, runs, and reads the bound output. Each engine has its
module in this folder, which is imported when it is chosen.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol

import numpy as np

from edge.errors import EngineError, ModelError
from edge.inference.providers import PROVIDERS
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

    def likeness(self) -> float:
        """How much the last `run` found its input to look like a head, a logit, where the model's
        gate is in its graph."""
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
    if name == "openvino":
        from edge.inference.openvino_engine import OpenVinoEngine

        return OpenVinoEngine
    if name == "onnxruntime":
        from edge.inference.onnx_engine import OnnxEngine

        return OnnxEngine
    from edge.inference.tflite_engine import TfliteEngine

    return TfliteEngine
