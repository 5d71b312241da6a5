"""The gate on sources and kinds that it never saw."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.model_file.manifest import InputSpec
from edge.scan.preprocess import preprocess
from tests.edge.conftest import gate_features
from train.data.samples import Samples
from train.gate import gate_check
from train.gate.fit_gate import MOST, fit_head, in_graph
from train.gate.gate_check import (
    DOUBTED,
    REFUSED,
    LeftOut,
    judge_left_out,
    leave_out,
    limits_by_source,
)
from train.gate.gate_examples import gate_examples, kind_origin
from train.gate.not_brain import NotBrain
from train.gate.outliers import outlier
from train.phantom.make import make_phantom
from train.reporting.gate_card import gate_card

SPEC = InputSpec(64, 64, "grey", crop="head")


def scans(seeds, folders):
    pixels = [
        preprocess(Image.fromarray(make_phantom(seed, seed % 2 == 0, size=64).pixels), SPEC)
        for seed in seeds
    ]
    count = len(pixels)
    sources = np.array([f"{folders[i % len(folders)]}/no" for i in range(count)])
    return Samples(np.stack(pixels), np.zeros(count, np.int64), np.arange(count), sources)


def described(stack):
    """Numbers made by hand in place of a network's activations."""
    return np.stack([gate_features(one, "layout") for one in stack])


def check_gate(examples, scans, real):
    """What is left out, judged at a likeness of 0."""
    left_out = leave_out(examples, scans, real, 0, SPEC, described)
    return judge_left_out(in_graph(0.0, 0.0), *left_out)


@pytest.fixture(scope="module")
def made():
    train = scans(range(32), "abcd")
    rng = np.random.default_rng(3)
    real = {
        kind: tuple(outlier(kind, rng, train.pixels[..., 0]) for _ in range(8))
        for kind in ("chest", "text", "noise")
    }
    return train, NotBrain(real)


def test_each_is_judged_by_a_gate_that_never_saw_it(made, monkeypatch):
    train, real = made
    examples = gate_examples(train, 0, SPEC, described, None, real, views=360)
    known = []

    def fit(examples, seed):
        known.append({*examples.origin})
        return fit_head(examples, seed)

    monkeypatch.setattr(gate_check, "fit_head", fit)
    found = check_gate(examples, train, real)
    assert [one.name for one in found.sources] == ["a/no", "b/no", "c/no", "d/no"]
    assert [one.name for one in found.kinds] == ["chest", "noise", "text"]
    assert [one.refused.n for one in found.sources] == [8] * 4
    assert [one.refused.n for one in found.kinds] == [8] * 3
    assert all(one.doubted.hits >= one.refused.hits for one in (*found.sources, *found.kinds))
    # Four of the gates lack one source each, three lack a kind.
    for folder in "abcd":
        without = [own for own in known if f"{folder}/no" not in own]
        assert len(without) == 1
    for kind in real.pictures:
        assert sum(kind_origin(kind) not in own for own in known) == 1
    assert np.mean([one.refused.value for one in found.kinds]) > 0.5


def test_copies_in_another_folder_are_not_learned_from_either(made, monkeypatch):
    train, real = made
    twins = np.where(np.arange(32) % 4 < 2, np.arange(32) // 4, 100 + np.arange(32))
    train = replace(train, groups=twins)  # each scan of a has a copy in b
    examples = gate_examples(train, 0, SPEC, described, None, real, views=60)
    known = []

    def fit(examples, seed):
        known.append({*examples.origin})
        return fit_head(examples, seed)

    monkeypatch.setattr(gate_check, "fit_head", fit)
    check_gate(examples, train, real)
    assert any("a/no" not in own for own in known)
    for own in known:
        assert ("a/no" in own) == ("b/no" in own)


def test_with_one_folder_the_kinds_alone_are_left_out(made):
    train, real = made
    one = np.array(["a/no"] * 32)
    train = replace(train, sources=one)
    examples = gate_examples(train, 0, SPEC, described, None, real, views=60)
    found = check_gate(examples, train, real)
    assert found.sources == ()
    assert [each.name for each in found.kinds] == ["chest", "noise", "text"]


def test_the_report_has_both_tables(made):
    train, real = made
    examples = gate_examples(train, 0, SPEC, described, None, real, views=60)
    found = check_gate(examples, train, real)
    written = json.loads(json.dumps(found.to_dict()))
    assert [row["name"] for row in written["kinds"]] == ["chest", "noise", "text"]
    assert written["sources"][0]["refused"]["n"] == 8
    text = "\n".join(gate_card(found))
    assert "| brain scans of |" in text
    assert "| no brain MRI |" in text
    assert "| chest |" in text


def folders(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        LeftOut(f"f{i}/{sub}", f"f{i}", rng.normal(i / 4, 1.0, 40 + 30 * i))
        for i in range(count)
        for sub in ("no", "yes")
    ]


def test_unknown_sources_set_the_limits():
    sources = folders(8)
    gate = limits_by_source(in_graph(9.0, 9.0), sources)
    found = judge_left_out(gate, sources, [LeftOut("text", "", np.array([-5.0, 9.0]))])
    assert found.limits_by_source
    for limit, most in ((gate.least, REFUSED), (gate.sure, DOUBTED)):
        of = [np.concatenate([one.likeness for one in sources[i : i + 2]]) for i in range(0, 16, 2)]
        share = np.mean([(own < limit).mean() for own in of])
        assert most - 0.005 < share <= most
    assert [one.refused.hits for one in found.kinds] == [1]
    assert "set here" in "\n".join(gate_card(found))


def test_what_is_likelier_a_scan_than_not_is_never_refused():
    sure = [one._replace(likeness=one.likeness + 9) for one in folders(8)]
    gate = limits_by_source(in_graph(-4.0, 0.0), sure)
    assert gate.least == MOST


def test_few_folders_set_no_limits():
    gate = in_graph(-0.5, 0.5)
    assert limits_by_source(gate, folders(3)) is gate
    assert not judge_left_out(gate, folders(3), []).limits_by_source
