"""The golden sample finds out a device that prepares scans by another rule."""

import numpy as np
import pytest

from edge.model_file.manifest import InputSpec
from edge.scan import preprocess
from edge.scan.crop import CROPS
from export.prove.golden_sample import golden_pixels, golden_scan

SPEC = InputSpec(128, 128, "grey", crop="reduced head")


@pytest.mark.parametrize("rule", sorted(set(CROPS) - {SPEC.crop}))
def test_every_other_rule_gives_another_tensor(rule):
    other = InputSpec(128, 128, "grey", crop=rule)
    assert not np.array_equal(golden_pixels(SPEC), golden_pixels(other))


def test_so_does_the_reduced_rule_without_averaging(monkeypatch):
    right = golden_pixels(SPEC)
    monkeypatch.setattr(preprocess, "AVERAGED", None)
    assert not np.array_equal(golden_pixels(SPEC), right)


def test_it_travels_in_a_manifest():
    assert len(golden_scan()[0]) < 12_000
