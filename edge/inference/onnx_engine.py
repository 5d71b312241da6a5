"""ONNX Runtime, which runs .onnx files."""

import numpy as np

from edge.inference.model_tensors import check_input, find_likeness, find_outputs, find_types
from edge.inference.providers import PROVIDERS, provider_order
from edge.model_file.container import ModelFile

EXACT_SUMS = "session.x64quantprecision", "1"
"""Setting of an ONNX Runtime session. Without it products of 8 bits are added up in 16 where an x86
processor has nothing better (no VNNI), and what does not fit is answered wrongly."""

KEPT_FLOAT = "optimization.disable_specified_optimizers", "WeightBiasQuantization"
"""Another one. Without it weights that the file keeps in float are rounded to 8 bits, in one scale
for all channels: those of the layers that bear it least."""
SETTINGS = EXACT_SUMS, KEPT_FLOAT


class OnnxEngine:
    """`edge.inference.engines.Engine`, on the processor or a graphics card."""

    def __init__(self, module, name: str, model: ModelFile, threads: int, provider: str):
        self.name, self.threads = name, threads
        options = module.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings would mix with the results
        for setting in SETTINGS:
            options.add_session_config_entry(*setting)
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
        more = find_types(model, shapes), find_likeness(model, shapes)
        self._logits = outputs[logits].name
        self._map = None if heat is None else outputs[heat].name
        self._binding.bind_output(self._logits)
        self._at: list[int | None] = []
        for bound in more:  # besides the logits, which are the first
            self._at.append(None if bound is None else 1 + sum(at is not None for at in self._at))
            if bound is not None:
                self._binding.bind_output(outputs[bound].name)
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
        return self._bound_output(0)[0].copy()

    def likeness(self) -> float:
        return self._bound_output(1).item()

    def _bound_output(self, which: int) -> np.ndarray:
        return self._binding.get_outputs()[self._at[which]].numpy()

    def run_many(self, stack: np.ndarray) -> np.ndarray:
        if self._any_batch:
            return self._session.run([self._logits], {self._name: stack}, self._logits_only)[0]
        return np.stack([self.run(pixels) for pixels in stack])
