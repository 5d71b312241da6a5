"""What is said of types, counted."""

import pytest

from benchmarks.accuracy.tumor_types import score_types
from edge.inference.prediction import Prediction

LABELS = ("a", "b")


def said(verdict: str, type: str | None = None, a: float | None = None) -> Prediction:
    shares = None if a is None else {"a": a, "b": 1 - a}
    return Prediction(
        *(verdict, 0.9, None, "m", "0", False, 0.0, 0.0, 0.0),
        typed=True,
        type=type,
        type_probabilities=shares,
    )


FOUND = [
    said("tumor", "a", 0.9),
    said("tumor", "uncertain", 0.55),
    said("tumor", "a", 0.8),
    said("no_tumor"),
    said("tumor", "b", 0.1),
    said("tumor", "a", 0.7),
]
TRUE = ["a", "a", "b", "b", "b", ""]


def test_tumors_are_counted_by_what_is_said_of_them():
    found = score_types(FOUND, TRUE, LABELS)
    assert found.said == ("a", "b", "type uncertain", "not called tumor")
    assert found.confusion == {"a": (1, 0, 1, 0), "b": (1, 1, 0, 1)}


def test_scores_are_of_scans_that_are_called_a_tumor():
    found = score_types(FOUND, TRUE, LABELS)
    assert (found.named.hits, found.named.n) == (3, 4)
    assert (found.right_if_named.hits, found.right_if_named.n) == (2, 3)
    assert (found.scores["a"].sensitivity.hits, found.scores["a"].sensitivity.n) == (2, 2)
    assert (found.scores["a"].specificity.hits, found.scores["a"].specificity.n) == (1, 2)
    assert found.macro_auc == pytest.approx(0.75)


def test_there_is_nothing_to_score_where_no_type_is_known():
    assert score_types(FOUND, [""] * 6, LABELS) is None
    assert score_types([said("no_tumor")], ["a"], LABELS) is None


def test_one_type_alone_has_no_auc():
    found = score_types(FOUND[:2], ["a", "a"], LABELS)
    assert found.macro_auc is None
    assert found.scores["a"].auc is None
