"""An operator of an ONNX graph, as the functions that make layers of it take it."""

from typing import Any, NamedTuple

import numpy as np

from export.onnx_to_keras.tensors import RebuildError, Tensor


class Node(NamedTuple):
    """An operator of the graph."""

    kind: str
    inputs: tuple[Tensor | np.ndarray | None, ...]
    """Tensors and constants; None: left out."""
    attributes: dict[str, Any]
    name: str
    """For its layer."""
    shape: tuple[int, ...]
    """Of its first output, for one scan."""

    @property
    def tensor(self) -> Tensor:
        """The first input, which must be a tensor."""
        return tensor_of(self.inputs[0])

    def constant(self, at: int) -> np.ndarray | None:
        """An input that must be a constant; None if it is left out."""
        found = self.inputs[at] if at < len(self.inputs) else None
        if isinstance(found, Tensor):
            raise RebuildError("weights or sizes that depend on the scan")
        return found

    def needed(self, at: int) -> np.ndarray:
        """As `constant`, of an input that must be there."""
        found = self.constant(at)
        if found is None:
            raise RebuildError("an input is missing")
        return found


def tensor_of(value) -> Tensor:
    """A tensor that must be one."""
    if not isinstance(value, Tensor):
        raise RebuildError("an operator on a constant alone")
    return value
