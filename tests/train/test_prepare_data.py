"""Facts of the data folders in place of options: the same scans in the same parts."""

import json
import shutil
from collections import Counter, defaultdict

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from train.arguments import parser
from train.cli import main
from train.phantom.files import write_phantoms
from train.prepare_data import prepare_data
from train.request_of_options import request_of

LEAST = 'what = "phantoms"\nlicence = "CC0"\n'


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Two folders of phantoms, of two scans a patient: site/{ill,well} and healthy/."""
    root = tmp_path_factory.mktemp("data")
    made = write_phantoms(root / "made", 60, seed=5)
    for name, label in (("ill", "yes"), ("well", "no")):
        for i, file in enumerate(sorted((made / label).glob("*.png"))):
            folder = root / ("healthy" if label == "no" and i % 3 == 0 else f"site/{name}")
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / f"p{i // 2:02}_{i}.png")
    (root / "site" / "boxes").mkdir()
    for file in sorted((root / "site" / "ill").glob("*.png"))[:7]:
        (root / "site" / "boxes" / f"{file.stem}.txt").write_text("0 .5 .5 .2 .2\n")
    shutil.rmtree(made)
    return root


@pytest.fixture
def folders(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "data")


def prepared(folders, *options):
    line = ["--model", "compact", "--data", folders / "site", "--data", folders / "healthy"]
    args = parser().parse_args([str(word) for word in [*line, *options]])
    request = request_of(args)
    return request, prepare_data(request)


OPTIONS = ("--positive", "ill", "--negative", "well", "healthy", "--patient-id", r"^(p\d\d)_")


def write_facts(folders, site="", healthy=""):
    """What OPTIONS say. A patient's name there means the same person everywhere: so do `ids`."""
    patients = "[patients]\npattern = '^(p\\d\\d)_'\nids = 'all'\n"
    (folders / "site" / "source.toml").write_text(
        f"{LEAST}positive = 'ill'\nnegative = 'well'\nboxes = 'boxes'\n{site}{patients}"
    )
    (folders / "healthy" / "source.toml").write_text(
        f"{LEAST}negative = 'healthy'\nno_brain = '_0.png'\n{healthy}{patients}"
    )


def test_facts_give_the_split_of_the_options_that_say_the_same(folders):
    boxes = ("--boxes", folders / "site" / "boxes")
    _, by_options = prepared(folders, *OPTIONS, *boxes)
    write_facts(folders)
    request, by_facts = prepared(folders)
    assert by_facts.parts == by_options.parts
    assert by_facts.boxes == by_options.boxes
    assert len(by_facts.boxes.of) == 7
    assert by_facts.grouping.patients == by_options.grouping.patients > 10
    assert by_facts.classes == by_options.classes
    assert len(request.asked["facts"]) == 2


def test_types_are_listed_with_their_counts_and_are_in_each_part(folders, capsys):
    options = ("--types", "--positive", "ill", "well", "--negative", "healthy")
    _, data = prepared(folders, *options)
    count = Counter(data.types.tolist())
    said = capsys.readouterr().err
    assert f"types of tumor: ill {count['ill']}, well {count['well']}; without one: healthy" in said
    for part in ("train", "validation", "test"):
        assert {one.type for one in data.parts if one.part == part} == {"ill", "well", ""}


def test_a_folder_without_facts_is_split_as_before_families(folders, monkeypatch):
    """Nothing of the sources' families is in it: the plain split of the same scans."""
    from train.splitting import split

    _, data = prepared(folders, *OPTIONS)
    none = np.zeros(len(data.parts), bool)
    assert data.parts == split.split(data.found.scans, data.grouping, 0, split.FOLDS, none, none)


def test_options_win_over_facts_and_say_so(folders, capsys):
    write_facts(folders)
    request, _ = prepared(folders, *OPTIONS)
    said = capsys.readouterr().err
    assert "--positive in place of what the facts say of classes: site, healthy" in said
    assert "--patient-id in place of what the facts say of patients: site, healthy" in said
    assert all(one.positive == () for one in request.facts.values())


def test_sources_of_one_family_are_on_one_side(folders):
    """Each numbers its patients its own way, so all of both is trained on."""
    write_facts(folders, site="family = 'x'\n", healthy="family = 'x'\n")
    for name in ("site", "healthy"):
        file = folders / name / "source.toml"
        file.write_text(file.read_text().replace("ids = 'all'\n", ""))
    rest = write_phantoms(folders / "rest", 60, seed=11)
    _, data = prepared(folders, "--data", rest)
    parts = defaultdict(set)
    for one in data.parts:
        parts[one.root.rpartition("/")[2]].add(one.part)
    assert parts == {
        "site": {"train"},
        "healthy": {"train"},
        "rest": {"train", "validation", "test"},
    }
    _, data = prepared(folders, "--data", rest, "--folds", "2")
    groups = {data.parts[i].group for i in range(60)}
    assert len(groups) == 1, "a fold tests the family as one, or trains on it as one"


def test_a_tested_source_costs_its_family(folders, capsys):
    write_facts(folders, site="family = 'x'\n")
    other = write_phantoms(folders / "other", 40, seed=9)
    (other / "source.toml").write_text(LEAST + "family = ['x', 'y']\n")
    rest = write_phantoms(folders / "rest", 60, seed=11)
    args = ["--model", "compact", "--data", other, "--data", rest, "--test-data", folders / "site"]
    request = request_of(parser().parse_args(list(map(str, args))))
    data = prepare_data(request)
    parts = {
        name: Counter(one.part for one in data.parts if one.root.endswith(name))
        for name in ("other", "rest", "site")
    }
    assert set(parts["other"]) == {"dropped"}
    assert set(parts["rest"]) == {"train", "validation"}
    assert set(parts["site"]) == {"test"}
    from train.prepare_data import describe

    describe(data)
    assert "40 scans of other left out: it may share patients with the tested source site (fam" in (
        capsys.readouterr().err
    )


def test_the_gate_learns_from_what_the_facts_say_shows_no_brain(folders):
    from train.gate.no_brain import scans_without_brain

    write_facts(folders)
    request, data = prepared(folders)
    named = scans_without_brain(request, data, np.arange(len(data.parts)))
    assert [data.parts[i].path for i in np.flatnonzero(named)] == ["p00_0.png"]


def test_inspect_prints_the_table_of_sources(folders, tmp_path, capsys):
    pytest.importorskip("imagehash")
    write_facts(
        folders,
        site="family = 'x'\nplane = 'axial'\nsequence = ['T1', 'T2']\nfield_strength = 3\n",
        healthy="family = 'x'\nnon_commercial = true\n",
    )
    again = shutil.copytree(folders / "healthy", folders / "again" / "no")
    (again / "source.toml").unlink()
    (folders / "again" / "source.toml").write_text(LEAST + "negative = 'no'\n")
    line = ["--inspect", "--out", tmp_path / "out"]
    line += [word for name in ("site", "healthy", "again") for word in ("--data", folders / name)]
    assert main(list(map(str, line))) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    head = next(line for line in lines if line.startswith("  source "))
    assert " ".join(head.split()) == (
        "source tumor none patients boxes sequences planes skull tesla"
    )
    site = lines[lines.index(head) + 1].split()
    assert site == ["site", "30", "20", "15", "7", "T1", "T2", "axial", "-", "3"]
    assert "  healthy: licence CC0, not for commercial use" in lines
    assert "  healthy: scans that one in another source is like or equal to: again 10" in lines
    named = "`duplicates` of its source.toml"
    assert f"  healthy: look at these, which {named} does not name: again" in lines
    rows = json.loads((tmp_path / "out" / "inspect.json").read_text())["sources"]
    assert [row["name"] for row in rows] == ["site", "healthy", "again"]
    assert rows[1]["overlap"] == {"again": 10}
    assert rows[0]["sequences"] == {"T1": 0, "T2": 0}


def test_inspect_without_facts_has_no_table(folders, tmp_path, capsys):
    line = ["--inspect", "--data", folders / "site", "--positive", "ill", "--out", tmp_path / "o"]
    assert main(list(map(str, line))) == 0
    assert "Sources:" not in capsys.readouterr().out
    assert json.loads((tmp_path / "o" / "inspect.json").read_text())["sources"] == []


@pytest.mark.parametrize(
    ("given", "rate"),
    [([], 1e-5), (["--weights", "none"], 1e-4), (["--fine-tune-rate", "0.5"], 0.5)],
)
def test_pretrained_weights_are_fine_tuned_with_small_steps(tmp_path, given, rate):
    """Larger ones undo what the head has learned in their first epoch."""
    args = ["--model", "vgg16", "--unfreeze", "block5", "--data", str(tmp_path), *given]
    assert request_of(parser().parse_args(args)).fit.fine_tune_rate == rate
