"""Names for the layers of an adopted network: unique, valid everywhere, none that means something.

The export knows some layers by their names; a network from elsewhere may use those for others.
"""

import re

_TAKEN = (
    "pixels",
    "picture",
    "scale",
    "bgr",
    "logits",
    "evidence",
    "heat_map",
    "likeness",
    "activations",
    "tumor",
    "network",
    "batched",
)


_AUTOMATIC = re.compile(r"(reshape|permute|zero_padding2d|get_item)(_\d+)?")
"""Names that Keras gives to what this package puts between layers without naming it. It counts
within the process, not within the network, so a layer's own `reshape_1` may meet such a one."""


class LayerNames:
    """Gives each layer a name of its own, like the one that it had."""

    def __init__(self):
        self._given = set(_TAKEN)

    def of(self, wanted: str) -> str:
        """`wanted` itself if it is free and valid, else one much like it."""
        stem = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_") or "layer"
        if stem[0] == "_" or stem.startswith("standard") or _AUTOMATIC.fullmatch(stem):
            stem = f"own_{stem}"
        name, number = stem, 1
        while name in self._given:
            number += 1
            name = f"{stem}_n{number}"
        self._given.add(name)
        return name

    def of_node(self, name: str, kind: str) -> str:
        """For a node of an ONNX graph, whose name is a path such as `model/conv1/BiasAdd`."""
        parts = [part for part in name.split("/") if part]
        return self.of(parts[-2] if len(parts) > 1 else (parts or [kind.lower()])[0])
