"""docs/scripts/leave_one_out.py: what is left out of which training."""

import argparse
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def script():
    file = Path(__file__).parents[2] / "docs" / "scripts" / "leave_one_out.py"
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
    from train.augmentation.training_examples import SHARES

    assert set(script.EXAMPLES) < set(SHARES)
    assert script.parts_of("painted+painted+harmless") == ("painted", "harmless")


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """Phantoms in three folders, and the request to train with them."""
    from train.arguments import parser
    from train.phantom.make import make_phantom
    from train.prepare_data import prepare_data
    from train.request_of_options import request_of

    root = tmp_path_factory.mktemp("scans")
    folders = ("one", "other", "third")
    for seed in range(84):
        where = root / folders[(seed >= 20) + (seed >= 36)] / ("yes" if seed % 2 else "no")
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(make_phantom(seed, seed % 2 == 1, size=128).pixels).save(
            where / f"{seed}.png"
        )
    data = [word for name in folders for word in ("--data", str(root / name))]
    request = request_of(parser().parse_args(["--model", "compact", *data]))
    return request, prepare_data(request)


def test_the_gate_is_judged_on_what_it_never_saw(script, gathered, monkeypatch):
    from train.gate import gate_examples, session_gate
    from train.networks.registry import ARCHITECTURES

    learned = []

    def few(train, *rest, **others):
        learned.append({str(one) for one in train.sources})
        return gate_examples.gate_examples(train, *rest, views=60, **others)

    def unfitted(request, train, validation, ablated):
        learned.append({str(one) for own in (train, validation) for one in own.sources})
        compact = ARCHITECTURES["compact"]
        return compact.build(compact.input)

    monkeypatch.setattr(session_gate, "gate_examples", few)
    monkeypatch.setattr(script, "_fitted", unfitted)
    rows = list(script._gate_rows(*gathered, re.compile("other/")))
    assert learned == [{"one/no", "one/yes", "third/no", "third/yes"}] * 2
    assert [row.split(" | ")[1] for row in rows] == ["other/no", "other/yes"]
    assert all(" of 8)" in row for row in rows)


def test_a_source_that_may_share_patients_with_what_is_left_out_is_not_trained_on(script, gathered):
    from dataclasses import replace

    from train.source_facts.schema import SourceFacts

    request, data = gathered
    roots = {Path(scan.root).name: scan.root for scan in data.found.scans}
    facts = {
        roots[name]: SourceFacts(Path("x.toml"), "", "", family=("brats",))
        for name in ("one", "other")
    }
    scans = data.found.scans
    out = np.array([scan.root == roots["other"] for scan in scans])
    for told, names in ((facts, {"one", "other"}), ({}, {"other"})):
        found = script._not_trained_on(replace(request, facts=told), data, out)
        gone = {Path(scan.root).name for scan, one in zip(scans, found, strict=True) if one}
        assert gone == names


def test_kinds_of_tumors_left_out_together_are_told_apart(script, gathered, monkeypatch):
    """Some kinds no other source shows: the whole row alone would blame the scanner."""
    request, data = gathered

    monkeypatch.setattr(script, "_fitted", lambda *_: None)
    monkeypatch.setattr(script, "_predicted", lambda on, *_: on)
    alone = list(script._judged("", request, data, re.compile("other/"), ()))
    assert not any("of that" in row for row in alone), "one kind only"
    both = list(script._judged("", request, data, re.compile("(one|other)/yes"), ()))
    assert both[1:3] == ["of that, the tumors of one/yes", "of that, the tumors of other/yes"]


def test_what_leaves_scans_of_one_class_is_refused(script, gathered):
    with pytest.raises(SystemExit, match="scans of one class"):
        list(script._judged("without yes", *gathered, re.compile("yes"), ()))


def test_what_is_not_for_commercial_use_is_left_out_and_judged(script, gathered, monkeypatch):
    from dataclasses import replace

    from train.source_facts.schema import SourceFacts

    request, data = gathered
    roots = {Path(scan.root).name: scan.root for scan in data.found.scans}
    facts = {roots["other"]: SourceFacts(Path("x.toml"), "", "", non_commercial=True)}
    request, learned = replace(request, facts=facts), []

    def fit(request, train, validation, ablated):
        learned.append(
            {str(one).partition("/")[0] for one in (*train.sources, *validation.sources)}
        )

    def predicted(on, model, data, chosen):
        truth = data.found.truth[chosen]
        return script.Judged(on, np.linspace(0, 1, len(truth)), truth, np.arange(len(truth)))

    monkeypatch.setattr(script, "_fitted", fit)
    monkeypatch.setattr(script, "_predicted", predicted)
    whole = list(script._judged("", request, data, None, ()))
    left = list(script._judged("", request, data, None, (script.CLOSED,)))
    assert learned == [{"one", "other", "third"}, {"one", "third"}]
    assert "other alone, never seen" not in {one.on for one in whole}
    own = next(one for one in left if one.on == "other alone, never seen")
    assert len(own.truth) == 16
    assert own.row("", own.probability).endswith(" | +0.000 [+0.000 to +0.000] |")
    assert own.row("", None).endswith(" |  |")
    perfect = replace(own, probability=own.truth.astype(float))
    assert perfect.row("", 1.0 - own.truth).endswith(" | +1.000 [+1.000 to +1.000] |")
    crossed = script._judged("", request, data, re.compile("one/"), (script.CLOSED,))
    assert "other alone, never seen" not in {one.on for one in crossed}
    assert learned[-1] == {"third"}


def test_what_is_judged_does_not_depend_on_what_is_ablated(script, gathered, monkeypatch):
    """Else a difference would not be one of pairs. Here no scan of the folder is tested on."""
    from dataclasses import replace

    from train.source_facts.schema import SourceFacts

    request, data = gathered
    root = next(scan.root for scan in data.found.scans if Path(scan.root).name == "other")
    facts = {root: SourceFacts(Path("x.toml"), "", "", non_commercial=True)}
    parts = [
        replace(one, part="train") if one.root == root and one.part == "test" else one
        for one in data.parts
    ]
    given = replace(request, facts=facts), replace(data, parts=parts)
    monkeypatch.setattr(script, "_fitted", lambda *_: None)
    monkeypatch.setattr(script, "_predicted", lambda on, model, data, chosen: (on, len(chosen)))
    whole, left = (list(script._judged("", *given, None, one)) for one in ((), (script.CLOSED,)))
    assert "tumors of other, validation part, tumor-free of all" in dict(whole)
    assert set(whole) <= set(left)


def test_a_part_that_the_facts_do_not_know(script, monkeypatch):
    words = ["leave_one_out.py", "--ablate", "non-commercial", "--", "--data", "x"]
    monkeypatch.setattr("sys.argv", words)
    monkeypatch.setattr("train.request_of_options.request_of", lambda _: _NoFacts())
    with pytest.raises(SystemExit, match="non-commercial: the facts call no folder so"):
        script.main()


class _NoFacts:
    boxes, teachers, facts = ("boxes",), (), {}
