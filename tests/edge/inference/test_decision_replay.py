"""The self-test replays the decision and the gate: a device that decides otherwise is found out."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge import Classifier, ModelError
from edge.inference import decision_replay
from edge.inference.check_model import check_model
from edge.inference.decision import verdict
from edge.inference.decision_replay import golden_decisions, replay_decision, replay_gate
from edge.inference.self_test import self_test
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.manifest import Decision, InputSpec, LearnedGate, RejectGate
from edge.model_file.provenance import GoldenDecision, provenance
from edge.scan.ood_gate import GateResult
from export.package.write_container import pack
from tests.edge.conftest import MODELS
from tests.edge.model_file.test_container import payload_of

DECISIONS = [
    Decision("sigmoid"),
    Decision("sigmoid", 1.0, 0.37, (0.2, 0.61)),
    Decision("softmax", 2.5, 1.0, (1.0, 1.0)),
    Decision("softmax", 0.5, 0.0, (0.0, 0.0)),
    Decision("sigmoid", 1.0, 0.5, (0.0, 1.0)),
    Decision("sigmoid", 1.0, 0.1 + 0.2, (0.1 + 0.2, 0.1 + 0.2)),
]


@pytest.fixture
def manifest():
    return open_model(MODELS / "tiny.tflite").manifest


def golden_of(manifest, **changes):
    return replace(provenance(manifest).golden, **changes)


def write(model, golden):
    """Give the model another golden sample, and reseal it."""
    manifest = open_model(model).manifest
    story = {**manifest.provenance, "golden": to_json(golden)}
    model.write_bytes(pack(payload_of(model), replace(manifest, provenance=story)))


@pytest.mark.parametrize("decision", DECISIONS)
def test_what_is_sealed_is_what_the_rule_says(decision, manifest):
    manifest = replace(manifest, decision=decision)
    sealed = golden_of(manifest, decisions=golden_decisions(decision))
    assert [vars(row) for row in sealed.decisions] == [
        vars(row) for row in decision_replay._by_the_rule(decision)
    ]
    for golden in (sealed, golden_of(manifest, decisions=())):
        passed, words = replay_decision(manifest, golden)
        assert passed, words
    limits = {decision.threshold, *decision.uncertain}
    assert limits <= {row.probability for row in sealed.decisions}


WRONG = {
    "above, not from": lambda p, d, doubt=False: (
        "no_tumor" if p == d.threshold else verdict(p, d, doubt)
    ),
    "single precision": lambda p, d, doubt=False: verdict(float(np.float32(p)), d, doubt),
    "band closed": lambda p, d, doubt=False: (
        "uncertain" if p in d.uncertain else verdict(p, d, doubt)
    ),
    "doubt ignored": lambda p, d, doubt=False: verdict(p, d, False),
    "never": lambda p, d, doubt=False: "no_tumor",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("sealed", [True, False])
def test_a_runtime_that_decides_otherwise_is_found_out(wrong, sealed, manifest, monkeypatch):
    decision = Decision("sigmoid", 1.0, 0.37, (0.37, 0.61))
    manifest = replace(manifest, decision=decision)
    golden = golden_of(manifest, decisions=golden_decisions(decision) if sealed else ())
    monkeypatch.setattr(decision_replay, "verdict", wrong)
    passed, words = replay_decision(manifest, golden)
    assert not passed
    assert "verdicts are not as" in words
    assert "must be" in words


@pytest.mark.parametrize(
    "gate", [RejectGate(), RejectGate(min_side=400), RejectGate(min_deviation=0.0)]
)
@pytest.mark.parametrize("crop", ["none", "head"])
def test_the_gate_refuses_what_it_must(gate, crop):
    for color in ("grey", "rgb"):
        passed, words = replay_gate(InputSpec(64, 64, color, crop), gate)
        assert passed, words
        assert "3 of 3 pictures" in words


def test_a_gate_that_lets_all_pass_is_found_out(monkeypatch):
    monkeypatch.setattr(decision_replay, "apply_gate", lambda *_: GateResult())
    passed, words = replay_gate(InputSpec(64, 64, "grey"), RejectGate())
    assert not passed
    assert "uniform, too small, red and blue" in words


def test_a_gate_without_limits_has_nothing_to_refuse():
    gate = RejectGate(1, 0.0, 0.0, 255.0, 1.0)
    assert replay_gate(InputSpec(64, 64, "grey"), gate) == (
        True,
        "its limits refuse no picture at all",
    )


def test_the_self_test_says_both(any_model, monkeypatch):
    names = {check.name: check for check in check_model(open_model(any_model)).checks}
    assert names["decision"].passed
    assert names["gate"].passed
    assert "not checked" in names["signature"].detail
    monkeypatch.setattr(decision_replay, "verdict", WRONG["never"])
    assert not check_model(open_model(any_model)).passed


def test_sealed_verdicts_that_are_others_fail(any_model):
    golden = provenance(open_model(any_model).manifest).golden
    rows = (GoldenDecision(0.99, False, "no_tumor"),)
    write(any_model, replace(golden, decisions=rows))
    (check,) = [c for c in check_model(open_model(any_model)).checks if c.name == "decision"]
    assert not check.passed
    assert "0.99 is tumor here and must be no_tumor" in check.detail


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tolerance", 1.0, r"golden\.tolerance: must be 0\.\.0\.25, is 1\.0"),
        ("tolerance", -0.1, r"golden\.tolerance: must be"),
        ("probability", 2.0, r"golden\.probability: must be 0\.\.1"),
        ("png_base64", "A" * 1_000_001, "longer than 1000000|text of more than"),
        ("png_base64", "####", "golden sample is damaged"),
        ("png_base64", base64.b64encode(b"GIF89a").decode(), "no PNG file"),
        ("decisions", [{"probability": 2, "doubtful": False, "verdict": "x"}], "probability: must"),
    ],
)
def test_a_golden_sample_that_means_nothing(any_model, key, value, words):
    golden = vars(provenance(open_model(any_model).manifest).golden)
    write(any_model, {**golden, key: value})
    with pytest.raises(ModelError, match=words):
        self_test(Classifier(any_model))


def test_an_infinite_tolerance_is_no_manifest(any_model):
    golden = vars(provenance(open_model(any_model).manifest).golden)
    write(any_model, {**golden, "tolerance": float("inf")})
    with pytest.raises(ModelError, match=r"manifest is damaged .*Infinity, which is no number"):
        open_model(any_model)


def test_a_golden_image_has_a_limit(any_model):
    file = io.BytesIO()
    Image.fromarray(np.zeros((2000, 2000), np.uint8)).save(file, "PNG")
    golden = vars(provenance(open_model(any_model).manifest).golden)
    text = base64.b64encode(file.getvalue()).decode()
    write(any_model, {**golden, "png_base64": text})
    with pytest.raises(ModelError, match=r"golden sample is damaged .*2000x2000 pixels is more"):
        self_test(Classifier(any_model))


def test_a_learned_gate_is_asked_last():
    weights = base64.b64encode(bytes(400 + 8)).decode()
    gate = RejectGate(learned=LearnedGate(1, weights, least=-1.0))
    assert replay_gate(InputSpec(64, 64, "grey"), gate)[0]
