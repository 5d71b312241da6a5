"""OpenVINO, which runs .onnx and .tflite files as they are.

Five things that it does unasked are turned off:

- `import openvino` imports its model converter too, which keeps an id and a count in ~/intel and
  reports the import to Google Analytics, from a process of its own. See `CONVERTER`.
- Where the processor computes in bfloat16 or float16, float models are rounded to that.
- A thread is pinned to the first free processor core as one process sees it: two processes pin
  theirs to the same one, and each has half of it.
- Products of 8 bits are added up in 16 on x86 processors without VNNI, and what does not fit is
  wrong. See `_EXACT`.
- Dense layers are put together into one kernel that answers nonsense. See `_SETTINGS`.
"""

import os
import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType

import numpy as np

from edge.inference.model_tensors import check_input, find_likeness, find_outputs, find_types
from edge.inference.processor import adds_exactly
from edge.model_file.container import ModelFile

CONVERTER = "openvino.tools.ovc"
"""The module that must not be imported with OpenVINO, which does without where it is missing. None
in its place in `sys.modules` says that it is. Who wants it imports it by this name afterwards."""

_NAMED = ".tflite"
_SETTINGS = {
    "PERFORMANCE_HINT": "LATENCY",  # one scan at a time
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,  # activations stay as the file has them
    "ENABLE_CPU_PINNING": False,
    # With one thread it puts int8 dense layers that follow one another into one kernel of its own,
    # and their answers are wrong by orders of magnitude (2026.4.1). Costs no time.
    "SNIPPETS_MODE": "DISABLE",
}
_EXACT = {"LP_TRANSFORMS_MODE": "NO"}
"""What int8 files say is computed in float, in the steps that they round to. Slower, and right."""


def import_openvino() -> ModuleType:
    """The module, without its converter unless that is imported already."""
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    sys.modules[CONVERTER] = None  # as the documentation of the import system has it
    try:
        return import_module("openvino")
    finally:
        del sys.modules[CONVERTER]


class OpenVinoEngine:
    """`edge.inference.engines.Engine`; the processor is all that it computes on."""

    def __init__(self, module, name: str, model: ModelFile, threads: int, provider: str):
        self.name, self.threads, self.provider, self.warning = name, threads, "cpu", None
        if provider not in ("auto", "cpu"):
            self.warning = f"{name} has no provider {provider}; using cpu"
        self._module, self._model = module, model
        self._core = module.Core()
        with _one_line():
            graph = self._graph()
            (entry,) = graph.inputs
            shape = _shape(entry)
            check_input(model, shape, entry.element_type.to_dtype().name)
            self._any_batch = shape[0] is None
            self._request = self._compiled(graph, 1)
        shapes = [_shape(one) for one in graph.outputs]
        self._logits, self._map = find_outputs(model, shapes)
        self._types = find_types(model, shapes)
        self._likeness = find_likeness(model, shapes)
        self._pixels = np.zeros((1, *model.manifest.input.shape), np.uint8)
        # The tensor shares this array's memory.
        self._request.set_input_tensor(module.Tensor(self._pixels, shared_memory=True))
        self._batch: dict = {}

    def run(self, pixels: np.ndarray) -> np.ndarray:
        return self._run(pixels, self._logits)

    def heat_map(self, pixels: np.ndarray) -> np.ndarray:
        return self._run(pixels, self._map)

    def last_map(self) -> np.ndarray:
        return self._request.get_output_tensor(self._map).data[0].copy()

    def types(self) -> np.ndarray:
        return self._request.get_output_tensor(self._types).data[0].copy()

    def likeness(self) -> float:
        return self._request.get_output_tensor(self._likeness).data.item()

    def run_many(self, stack: np.ndarray) -> np.ndarray:
        size = len(stack)
        if size not in self._batch:
            self._batch[size] = self._batched(stack) if self._any_batch and size > 1 else None
        request = self._batch[size]
        if request is None:
            return np.stack([self.run(pixels) for pixels in stack])
        return self._run_batch(request, stack)

    def _run(self, pixels: np.ndarray, output: int) -> np.ndarray:
        self._pixels[0] = pixels
        self._request.infer()
        # A copy: the next run writes into the same memory.
        return self._request.get_output_tensor(output).data[0].copy()

    def _batched(self, stack: np.ndarray):
        """A request for batches of that size; None if the graph fixes its batch to 1."""
        try:
            request = self._compiled(self._graph(), len(stack))
            batch = self._run_batch(request, np.repeat(stack[:1], len(stack), axis=0))
        except RuntimeError:
            return None
        # A graph with a fixed shape inside may run and be wrong: trust only what repeats itself.
        one = self.run(stack[0])
        whole = batch.shape == (len(stack), *one.shape)
        return request if whole and np.allclose(batch, one, atol=1e-3) else None

    def _run_batch(self, request, stack: np.ndarray) -> np.ndarray:
        request.set_input_tensor(self._module.Tensor(np.ascontiguousarray(stack)))
        request.infer()
        return request.get_output_tensor(self._logits).data.copy()

    def _graph(self):
        """The file as it was hashed. OpenVINO reads .onnx from memory, .tflite from files alone."""
        content = self._model.content()
        if self._model.manifest.format == "onnx":
            return self._core.read_model(content)
        path = str(self._model.path)
        before = _state(path, content) if path.endswith(_NAMED) else None
        if before:
            with suppress(RuntimeError):
                graph = self._read(path)
                if _state(path, content) == before:
                    return graph
        # Of another name, or another file by now; or it cannot be read, as is told then.
        import tempfile

        with tempfile.TemporaryDirectory(prefix="mri-edge-") as folder:
            copy = os.path.join(folder, f"model{_NAMED}")
            with open(copy, "wb") as file:
                file.write(content)
            return self._read(copy)

    def _read(self, path: str):
        # Not mapped: the process would end if somebody wrote another file over it meanwhile.
        try:
            return self._core.read_model(path, config={"ENABLE_MMAP": False})
        except RuntimeError as error:
            raise RuntimeError(str(error).replace(path, str(self._model.path))) from error

    def _compiled(self, graph, batch: int):
        """A request for batches of that size."""
        graph.reshape([batch, *self._model.manifest.input.shape])
        settings = {**_SETTINGS, "INFERENCE_NUM_THREADS": self.threads}
        if not adds_exactly():
            settings |= _EXACT
        return self._core.compile_model(graph, "CPU", settings).create_infer_request()


def _state(path: str, content: bytes) -> tuple | None:
    """What changes when a file does, the time that nobody but the system sets included; None if it
    holds something else."""
    try:
        state = os.stat(path)
        with open(path, "rb") as file:
            same = file.read() == content
    except OSError:
        return None
    return (state.st_dev, state.st_ino, state.st_size, state.st_ctime_ns) if same else None


def _shape(port) -> list[int | None]:
    """None where any size is taken."""
    return [size.get_length() if size.is_static else None for size in port.partial_shape]


@contextmanager
def _one_line():
    """What went wrong, which OpenVINO says last, below the places in its sources."""
    try:
        yield
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        said = [line for line in lines if line and not line.startswith("Exception from")]
        raise RuntimeError(said[-1] if said else str(error)) from error
