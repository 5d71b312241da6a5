"""A model on its way to int8, whatever the format."""

from collections.abc import Sequence
from typing import Protocol


class Quantizer(Protocol):
    """A model on its way to int8 in one format; calibrated once for each method."""

    def convert(self, method: str = "min-max", kept: Sequence[str] = ()) -> bytes:
        """The int8 file: uint8 pixels in, float32 out.

        Args:
            method: a key of `METHODS`.
            kept: Keras layers that stay in float.
        """
        ...

    def errors(self, method: str) -> dict[str, float]:
        """How much each layer loses, by `channel_error`, from the format's own debugger."""
        ...
