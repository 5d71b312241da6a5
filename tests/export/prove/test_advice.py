"""What is advised for a file that does not hold: what failed, and what would let it hold."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from edge.model_file.provenance import Change, MapMatch, Parity, TypeMatch
from export.prove.advice import advice, command
from export.prove.parity import failures
from export.targets import TARGETS

SAME = Change(1.0, 1.0)
HOLDS = Parity(
    engine="onnxruntime",
    engine_version="1",
    part="test",
    scans=40,
    rejected=0,
    changed=0,
    changes={},
    sensitivity=SAME,
    specificity=SAME,
    auc=SAME,
    words="",
    max_difference=0.01,
    mean_difference=0.0,
    max_changed=1,
    max_allowed_difference=0.15,
    calibration_error=SAME,
)
FP16 = next(one for one in TARGETS if (one.format, one.precision) == ("onnx", "fp16"))


def advised(*proofs) -> list[str]:
    again = command(Path("runs/x"), {"--out": "d"})
    return list(advice(FP16, 1, 0.5, 10, 10, None, proofs, again))


def test_what_is_allowed_is_what_failed():
    types = replace(HOLDS, types=TypeMatch(20, 0, 0.2031))
    assert failures(types) == ["the probability of a type is off by 0.2; 0.15 is allowed."]
    *_, last = advised(HOLDS, types)
    assert "a probability of a type that is off by 0.204" in last
    assert "--max-difference 0.204" in last
    assert "--max-changed" not in last
    assert not failures(replace(types, max_allowed_difference=0.204))


def test_changed_types_are_told_among_changed_verdicts():
    changed = replace(HOLDS, changed=3, types=TypeMatch(20, 2, 0.1))
    assert failures(changed) == [
        "3 of 40 verdicts changed, 2 of them in the type alone; at most 1 may."
    ]
    *_, last = advised(changed)
    assert "--max-changed 3" in last
    assert "--max-difference" not in last


def test_no_option_is_advised_that_does_not_help():
    maps = replace(HOLDS, heat_map=MapMatch(9, 9, 0.5), max_map_difference=0.1, max_difference=0.3)
    assert len(failures(maps)) == 2
    assert not any("--max-difference" in line for line in advised(maps))
