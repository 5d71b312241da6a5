"""A model on its way to int8, whatever the format."""

from collections.abc import Sequence
from typing import Protocol

HEAT_MAP = "heat_map"
"""Name of the second output: float32 [batch, rows, columns]."""


class Quantizer(Protocol):
    """A model on its way to int8 in one format; calibrated once for each method."""

    has_older: bool
    """Whether there is an older quantizer that may do what the first one does not."""

    def convert(
        self, method: str = "min-max", kept: Sequence[str] = (), older: bool = False
    ) -> bytes:
        """The int8 file: uint8 pixels in, float32 out.

        Args:
            method: a key of `METHODS`.
            kept: Keras layers that stay in float.
            older: by the older quantizer.
        """
        ...

    def left_in_float(self, payload: bytes, kept: Sequence[str] = ()) -> list[str]:
        """Kinds of operations that an int8 file has in float though nothing asked for it.

        Args:
            payload: what `convert` gave for the same `kept`.
        """
        ...

    def errors(self, method: str) -> dict[str, float]:
        """How much each layer loses, by `channel_error`, from the format's own debugger."""
        ...
