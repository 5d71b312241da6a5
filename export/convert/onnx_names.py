"""Names and order of an ONNX graph's nodes, so that the same model becomes the same bytes."""

from collections.abc import Iterator


def renumber(graph) -> None:
    """Count anew the numbers in names like `pool__17`, and call constants by who takes them first.

    tf2onnx takes the numbers from a counter of the process and any of the names of equal constants;
    so the same model becomes the same bytes.
    """
    _order(graph)
    constants = {constant.name for constant in graph.initializer}
    numbers: dict[str, str] = {}

    def name(old: str) -> str:
        if old in numbers:
            return numbers[old]
        stem, mark, number = old.partition("__")
        if not mark:
            return old
        return numbers.setdefault(old, f"{stem}__{len(numbers)}{number.lstrip('0123456789')}")

    def rename(part) -> None:
        part.doc_string = ""  # "converted from <lambda>_2369"
        for node in part.node:
            node.name = name(node.name)
            for at, taken in enumerate(node.input):
                if taken in constants:
                    numbers.setdefault(taken, f"{node.name}/{at}")
            node.input[:] = map(name, node.input)
            node.output[:] = map(name, node.output)
            for body in _bodies(node):
                rename(body)
        for value in [*part.initializer, *part.value_info, *part.input, *part.output]:
            value.name = name(value.name)
        for values in (part.initializer, part.value_info):
            values.sort(key=lambda value: value.name)

    rename(graph)


def _order(graph) -> None:
    """Put each node right before the first that needs it; tf2onnx's order changes with chance."""
    made_by = {output: node for node in graph.node for output in node.output}
    ordered: dict[str, object] = {}

    def put(tensor: str) -> None:
        node = made_by.get(tensor)
        if node is not None and node.name not in ordered:
            for needed in _needs(node):
                put(needed)
            ordered[node.name] = node

    for output in graph.output:
        put(output.name)
    nodes = [type(node).FromString(node.SerializeToString()) for node in ordered.values()]
    del graph.node[:]
    graph.node.extend(nodes)


def _bodies(node) -> Iterator:
    """The graphs inside a loop or a branch."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _needs(node) -> Iterator[str]:
    """Tensors that a node takes; a loop's body takes them from outside without naming them."""
    yield from node.input
    for body in _bodies(node):
        for inner in body.node:
            yield from _needs(inner)
        yield from (output.name for output in body.output)
