"""The type of a series' tumor: what all of its strongest slices say, or uncertain."""

from dataclasses import replace

import pytest

from edge.inference.prediction import Prediction
from edge.model_file.manifest import Decision
from edge.parallel.pipeline import Outcome
from edge.series.result import judge
from edge.series.rule import SeriesRule

RULE = SeriesRule(2, Decision("sigmoid", uncertain=(0.4, 0.6)), chosen=True)


def one(probability: float, type: str | None = None, a: float = 0.5) -> Prediction:
    word = "tumor" if probability >= 0.6 else "no_tumor"
    return Prediction(
        *(word, probability, None, "m", "0", False, 0.0, 0.0, 0.0),
        typed=True,
        type=type,
        type_probabilities=None if type is None else {"a": a, "b": 1 - a},
    )


def series(*slices: Prediction):
    return judge("s", None, [Outcome(str(i), p, None) for i, p in enumerate(slices)], RULE)


def test_slices_that_agree_name_the_type():
    found = series(one(0.9, "a", 0.9), one(0.95, "a", 0.7), one(0.7, "b", 0.2), one(0.1))
    assert (found.verdict, found.type) == ("tumor", "a")
    assert found.type_probabilities == pytest.approx({"a": 0.8, "b": 0.2})
    assert found.to_dict()["type"] == "a"


@pytest.mark.parametrize("other", [("b", 0.1), ("uncertain", 0.5)])
def test_slices_that_differ_leave_it_open(other):
    assert series(one(0.9, "a", 0.9), one(0.95, *other)).type == "uncertain"


def test_a_slice_without_a_type_leaves_it_open():
    found = series(one(0.95, "a", 0.9), one(0.55))
    assert (found.verdict, found.type) == ("tumor", "uncertain")


def test_no_tumor_has_no_type():
    found = series(one(0.1), one(0.2), one(0.3))
    assert (found.verdict, found.type, found.type_probabilities) == ("no_tumor", None, None)
    assert found.to_dict()["type"] is None


def test_a_model_that_tells_no_types_says_nothing_of_them():
    plain = Prediction("tumor", 0.9, None, "m", "0", False, 0.0, 0.0, 0.0)
    assert not {"type", "type_probabilities", "typed"} & set(series(plain, plain).to_dict())


def test_a_slice_with_other_types_changes_no_mean():
    """As a line of results may have them that was changed since."""
    other = replace(one(0.9, "a"), type_probabilities={"a": 1.0})
    found = series(one(0.95, "a", 0.9), other)
    assert (found.type, found.type_probabilities) == ("a", pytest.approx({"a": 0.9, "b": 0.1}))
