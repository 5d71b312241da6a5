"""LiteRT and tflite-runtime, which run .tflite files."""

import numpy as np

from edge.inference.model_tensors import check_input, find_likeness, find_outputs, find_types
from edge.model_file.container import ModelFile


class TfliteEngine:
    """`edge.inference.engines.Engine`; both share the Interpreter interface of tf.lite."""

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
        likeness = find_likeness(model, shapes)
        self._likeness = None if likeness is None else outputs[likeness]["index"]
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

    def likeness(self) -> float:
        return self._interpreter.get_tensor(self._likeness).item()

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
