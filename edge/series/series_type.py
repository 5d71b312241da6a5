"""From the types of slices to the type of their series' tumor. The only place that decides that."""

from collections.abc import Sequence

from edge.inference.prediction import Prediction
from edge.model_file.manifest import UNCERTAIN_TYPE


def series_type(
    verdict: str, strongest: Sequence[Prediction]
) -> tuple[str | None, dict[str, float] | None]:
    """The type that all strongest slices are named, else "uncertain"; and mean probabilities.

    A limit for the mean would have to be chosen on series, of which there are too few: so slices
    vote, and one that says otherwise, or nothing, leaves the type open.

    Args:
        verdict: of the series; only a tumor has a type.
        strongest: the slices that made the verdict.

    Returns:
        None and None where no type is told.
    """
    told = [one for one in strongest if one.type_probabilities]
    # A line of results that was changed since may lack one.
    told = [
        one for one in told if one.type_probabilities.keys() == told[0].type_probabilities.keys()
    ]
    if verdict != "tumor" or not told:
        return None, None
    names = {one.type for one in strongest}
    mean = {
        label: sum(one.type_probabilities[label] for one in told) / len(told)
        for label in told[0].type_probabilities
    }
    agreed = names.pop() if len(names) == 1 else None
    return agreed or UNCERTAIN_TYPE, mean
