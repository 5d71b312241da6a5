"""`--unseen-sources` from the command to the report, the manifest and the picture."""

import csv
import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from tests.train.small import full_input, narrow_networks
from tests.train.test_cli import small
from train.cli import main
from train.run.run_folder import read_run


@pytest.fixture(autouse=True)
def _narrow():
    with narrow_networks(spec=full_input("cnn")):
        yield


@pytest.fixture
def sources(phantoms, tmp_path):
    """Three data folders: two with both classes, one without a tumor."""
    taken = {"yes": iter(sorted((phantoms / "yes").glob("*.png")))}
    taken["no"] = iter(sorted((phantoms / "no").glob("*.png")))
    for name, counts in (("first", (12, 10)), ("second", (10, 10)), ("healthy", (0, 6))):
        for label, count in zip(("yes", "no"), counts, strict=True):
            for _ in range(count):
                (tmp_path / name / label).mkdir(parents=True, exist_ok=True)
                shutil.copy(next(taken[label]), tmp_path / name / label)
    return [tmp_path / name for name in ("first", "second", "healthy")]


def test_from_folders_to_the_report(sources, tmp_path, capsys):
    first, *more = sources
    given = [
        *("--positive", "yes", "--negative", "no"),
        *(w for one in more for w in ("--data", one)),
    ]
    asked = ("--unseen-sources", 1, "--max-cleared", 0.2, "--max-alarms", 0)
    hidden = {path.name for path in sorted((more[-1] / "no").iterdir())[:3]}
    asked += ("--no-brain", "|".join(hidden))
    assert main(small(first, tmp_path / "run", *given, *asked)) == 0
    said = capsys.readouterr()
    assert "unseen sources, fit 1 of 3: without first" in said.err
    judged = (tmp_path / "run" / "unseen-sources.csv").read_text()
    kept = [one for one in read_run(tmp_path / "run").split if one.part != "test"]
    named = [one.path for one in kept if Path(one.path).name in hidden]
    assert named, "else nothing is shown here"
    assert not [path for path in named if path in judged]
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    found = report["unseen_sources"]
    assert [row["source"] for row in found["sources"]] == [
        *("first", "second", "healthy"),
        "all of them",
    ]
    assert sum(row["others"] for row in found["sources"][:-1]) == found["sources"][-1]["others"]
    assert found["band"]["cleared"]["mean"] <= 0.2
    assert found["band"]["alarms"] == {"mean": 0.0, "of_sources": 3, "promised": 0.25}
    low, high = read_run(tmp_path / "run").manifest.decision.uncertain
    assert low <= found["band"]["low"]
    assert high >= found["band"]["high"]
    text = (tmp_path / "run" / "report.md").read_text()
    assert text.index("Sources it never saw") < text.index("## Network")
    assert "## Decision, chosen without the test part" in text
    assert found["sources"][-1]["tumors"] == 22 - report["counts"]["test"]["yes"]
    assert "](unseen-sources.png)" in text
    assert (tmp_path / "run" / "unseen-sources.png").stat().st_size > 10_000
    with open(tmp_path / "run" / "unseen-sources.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    every = found["sources"][-1]
    assert len(rows) == every["tumors"] + every["others"]
    assert all(Path(row["folder"], row["path"]).is_file() for row in rows)
    assert all(row["tumor"] == str(int("/yes/" in f"/{row['path']}")) for row in rows)
    cleared = [float(row["probability"]) <= low for row in rows if row["tumor"] == "1"]
    assert sum(cleared) / len(cleared) == pytest.approx(every["cleared"]["value"], abs=0.01)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--unseen-sources", "1"], "needs two data folders or more that can be left out"),
        (["--max-cleared", "0.2"], "--max-cleared has no effect without --unseen-sources"),
        (["--unseen-sources", "0"], "--unseen-sources"),
    ],
)
def test_what_cannot_be(more, words, sources, tmp_path, capsys):
    assert main(small(sources[0], tmp_path / "run", *more)) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_teacher_has_seen_the_sources(sources, tmp_path, capsys):
    more = ("--model", "compact", "--teacher", tmp_path, "--unseen-sources", 1)
    assert main(small(sources[0], tmp_path / "run", *more)) == 2
    assert "takes no --teacher, which has seen the sources" in capsys.readouterr().err
