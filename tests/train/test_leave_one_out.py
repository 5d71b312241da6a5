"""docs/leave_one_out.py: what is left out of which training."""

import argparse
import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def script():
    file = Path(__file__).parents[2] / "docs" / "leave_one_out.py"
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sources_and_parts_are_left_out_in_turn_or_crossed(script):
    lgg, painted = re.compile("lgg/"), ("painted",)
    assert script.jobs([lgg], [painted], False, True) == [(None, ()), (lgg, ()), (None, painted)]
    assert script.jobs([lgg], [painted], True, True) == [(lgg, ()), (lgg, painted)]
    assert script.jobs([lgg], [painted], True, False) == [(lgg, painted)]


def test_rows_say_what_was_left_out(script):
    assert script.name_of(None, ()) == "the whole recipe"
    both = script.name_of(re.compile("a|b"), ("painted", "harmless"))
    assert both == r"without the scans of `a\|b`, painted and harmless"


@pytest.mark.parametrize("wrong", ["paint", "painted+boxes", ""])
def test_parts_that_are_none_or_not_together(script, wrong):
    with pytest.raises(argparse.ArgumentTypeError, match="choose from"):
        script.parts_of(wrong)


def test_every_part_of_the_recipe_has_its_share(script):
    from train.examples import SHARES

    assert set(script.EXAMPLES) < set(SHARES)
    assert script.parts_of("painted+painted+harmless") == ("painted", "harmless")
