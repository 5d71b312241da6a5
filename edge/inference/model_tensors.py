"""Are a loaded model's input and outputs those that its manifest tells of?"""

from collections.abc import Sequence

from edge.errors import ModelError
from edge.model_file.container import ModelFile

_AGAIN = "; export it again"


def check_input(model: ModelFile, shape: Sequence[int | str | None], dtype: str) -> None:
    """Compare what the engine says of the input with the manifest.

    Args:
        shape: a name or None in the place of a batch of any size.

    Raises:
        ModelError: it takes something else.
    """
    expected = model.manifest.input.shape
    batch = 1 if shape[0] is None or isinstance(shape[0], str) else shape[0]
    if [batch, *shape[1:]] != [1, *expected] or dtype != "uint8":
        raise ModelError(
            f"{model.path}: takes {dtype} {list(shape)}, its manifest says uint8 "
            f"{[1, *expected]}{_AGAIN}"
        )


def find_outputs(model: ModelFile, shapes: list[list]) -> tuple[int, int | None]:
    """Which output the logits are, and which the heat map; None without one.

    Their ranks tell: converters name and order outputs as they like.

    Raises:
        ModelError: there are no logits, or not as many as the manifest tells of; or not its heat
            map.
    """
    ranks, spec = [len(shape) for shape in shapes], model.manifest.heat_map
    heat = ranks.index(3) if 3 in ranks else None
    if 2 not in ranks:
        raise ModelError(f"{model.path}: gives {shapes}, no logits [1, outputs]{_AGAIN}")
    logits, wanted = ranks.index(2), model.manifest.decision.outputs
    if isinstance(given := shapes[logits][1], int) and given != wanted:
        raise ModelError(
            f"{model.path}: gives {given} logits, its manifest tells of {wanted}{_AGAIN}"
        )
    if spec.method and (heat is None or list(shapes[heat][1:]) != [spec.rows, spec.columns]):
        raise ModelError(
            f"{model.path}: gives {shapes}, its manifest tells of a heat map of "
            f"{[1, spec.rows, spec.columns]}{_AGAIN}"
        )
    return logits, heat


def find_likeness(model: ModelFile, shapes: list[list]) -> int | None:
    """Which output says how much the input looks like a head, by its rank and size; None for a
    model whose gate is not in its graph.

    Raises:
        ModelError: it is not there.
    """
    if model.manifest.graph_gate is None:
        return None
    for index, shape in enumerate(shapes):
        if list(shape[1:]) == [1, 1, 1]:
            return index
    raise ModelError(
        f"{model.path}: gives {shapes}, its manifest tells of a reject gate in it, [1, 1, 1, 1]"
        f"{_AGAIN}"
    )


def find_types(model: ModelFile, shapes: list[list]) -> int | None:
    """Which output the types are, by its rank; None for a model that tells none.

    Raises:
        ModelError: it is not there.
    """
    spec = model.manifest.types
    if spec is None:
        return None
    wanted = [spec.rows, spec.columns, len(spec.labels)]
    for index, shape in enumerate(shapes):
        if len(shape) == 4 and list(shape[1:]) == wanted:
            return index
    raise ModelError(
        f"{model.path}: gives {shapes}, its manifest tells of types of tumor, "
        f"{[1, *wanted]}{_AGAIN}"
    )
