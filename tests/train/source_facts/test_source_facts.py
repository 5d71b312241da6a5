"""source.toml: what it may say, what is wrong with it, and what it says of scans."""

from dataclasses import replace
from pathlib import Path

import pytest

from train.data.apply_source_facts import (
    boxes_of,
    check,
    classes_of,
    completed,
    is_person,
    no_brain_of,
    patients_of,
    stripped_of,
    traits_of,
)
from train.data.class_folders import find_files
from train.data.scans import Classes, Scan
from train.errors import TrainError
from train.source_facts.find import (
    described,
    find_facts,
    useful_to,
    with_hashes,
    without_replaced,
)
from train.source_facts.read import read_facts

LEAST = 'what = "w"\nlicence = "none found"\n'
WHOLE = """
what = "Slices of two people"
whose = "somebody"
licence = "CC BY-NC 4.0"
non_commercial = true
remarks = "few"
positive = "yes"
negative = ["no", "other"]
family = "brats"
duplicates = ["else"]
plane = "axial"
field_strength = [1.5, 3]
skull_stripped = '/p1_'
boxes = "boxes"
boxes_by = "an expert"
no_brain = '/no/.*neck'
[sequence]
T1 = '_T1\\.'
FLAIR = '_FLAIR\\.'
[patients]
pattern = '^(p\\d)_'
ids = "p"
"""
PATHS = {
    "yes": ("p1_T1.png", "p2_FLAIR.png"),
    "no": ("p1_neck_T1.png", "p2_T1.png"),
    "other": ("x.png",),
}


@pytest.fixture
def folder(tmp_path):
    """A data folder of five empty files, a box for one of them, and no facts."""
    data = tmp_path / "data"
    for name, files in PATHS.items():
        (data / name).mkdir(parents=True)
        for file in files:
            (data / name / file).touch()
    (data / "boxes").mkdir()
    (data / "boxes" / "p1_T1.txt").write_text("0 .5 .5 .2 .2\n")
    return data


def with_facts(folder: Path, text: str):
    """The facts of a folder and its scans by them."""
    (folder / "source.toml").write_text(text)
    facts = find_facts([folder])
    files = find_files(folder, classes_of(folder, facts) or Classes())
    root = folder.resolve()
    scans = [
        Scan(str(root), path.relative_to(folder).as_posix(), positive, "")
        for path, positive in files
    ]
    return facts, scans


def applied(facts, scans):
    """Everything that facts say."""
    check(facts, scans)
    boxes_of(facts, scans)


def by_path(scans, values):
    return {scan.path: value for scan, value in zip(scans, values, strict=True)}


def test_every_key_is_read(folder):
    (own,) = with_facts(folder, WHOLE)[0].values()
    assert own.positive == ("yes",)
    assert own.negative == ("no", "other")
    assert own.family == ("brats",)
    assert own.field_strength == (1.5, 3)
    assert own.sequence == {"T1": r"_T1\.", "FLAIR": r"_FLAIR\."}
    assert own.patients.ids == "p"
    assert own.non_commercial is True


def test_what_the_facts_say_of_scans(folder):
    facts, scans = with_facts(folder, WHOLE)
    assert {scan.path for scan in scans if scan.positive} == {"yes/p1_T1.png", "yes/p2_FLAIR.png"}
    assert by_path(scans, patients_of(facts, scans)) == {
        "yes/p1_T1.png": "p: p1",
        "yes/p2_FLAIR.png": "p: p2",
        "no/p1_neck_T1.png": "p: p1",
        "no/p2_T1.png": "p: p2",
        "other/x.png": None,
    }
    assert by_path(scans, traits_of(facts, scans, "sequence"))["yes/p2_FLAIR.png"] == "FLAIR"
    assert by_path(scans, traits_of(facts, scans, "sequence"))["other/x.png"] is None
    assert set(traits_of(facts, scans, "plane")) == {"axial"}
    assert by_path(scans, stripped_of(facts, scans))["yes/p1_T1.png"] is True
    assert by_path(scans, stripped_of(facts, scans))["other/x.png"] is False
    assert [scans[i].path for i in no_brain_of(facts, scans).nonzero()[0]] == ["no/p1_neck_T1.png"]
    root, own = next(iter(facts.items()))
    tumors = {root: replace(own, no_brain="yes/p1")}
    assert [scans[i].path for i in no_brain_of(tumors, scans).nonzero()[0]] == ["yes/p1_T1.png"]
    assert [scans[i].path for i in boxes_of(facts, scans).of] == ["yes/p1_T1.png"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what = 'w'\n", "lacks the key licence"),
        ("licence = 'l'\n", "lacks the key what"),
        ("what = ", "is no TOML"),
        (f"what = {'[' * 5000}", "is no TOML"),
        ("#" * (1 << 20) + "\n", "cannot be read .is larger than 1048576 bytes"),
        (LEAST + "famly = ['x']\n", "unknown key famly; did you mean family?"),
        (LEAST + "file = 'x'\n", "unknown key file"),
        (LEAST + "[patients]\npatern = 'x'\n", "unknown key patients.patern; did you mean pattern"),
        (LEAST + "non_commercial = 'yes'\n", "non_commercial must be true or false, is 'yes'"),
        (LEAST + "positive = 1\n", "positive must be a text or a list of texts, is 1"),
        (LEAST + "positive = ['']\n", "positive must be"),
        (LEAST + "patients = 'x'\n", "patients must be a table, is 'x'"),
        (LEAST + "field_strength = 'high'\n", "field_strength must be a number or a list of"),
        (LEAST + "field_strength = nan\n", "a list of numbers, above 0, is nan"),
        (LEAST + "field_strength = [1.5, inf]\n", r"a list of numbers, above 0, is \[1.5, inf\]"),
        (LEAST + "field_strength = true\n", "field_strength must be a number"),
        (LEAST + "plane = 3\n", "plane must be a text or a list of texts, or a table"),
        (LEAST + "no_brain = '('\n", r"no_brain = '\(' is no regular expression"),
        (LEAST + "[plane]\naxial = '['\n", r"plane.axial = '\[' is no regular expression"),
        (LEAST + "[patients]\npattern = '*'\n", "patients.pattern = .* is no regular expression"),
        (
            LEAST + "[patients]\npattern = 'a'\ncsv = 'b'\n",
            "pattern and patients.csv exclude",
        ),
        (LEAST + "positive = 'a'\nnegative = 'a'\n", "positive and negative both name a"),
        (
            LEAST + "[patients.blocks]\ntable = 't'\nfile = 'f'\norder = 'o'\nsize = 0\n",
            "patients.blocks.size must be a whole number, is 0",
        ),
        (LEAST + "[patients.blocks]\ntable = 't'\n", "lacks the key patients.blocks.file"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key(tmp_path, text, words):
    file = tmp_path / "source.toml"
    file.write_text(text)
    with pytest.raises(TrainError, match=words) as caught:
        read_facts(file)
    assert str(caught.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("positive = 'tumor'\n", "positive names tumor, and .* it has boxes, no, other, yes"),
        ("no_brain = 'x9'\n", "no_brain = 'x9' is in the path of none of 4 scans, data/"),
        ("[plane]\naxial = 'x9'\n", "plane.axial = 'x9' is in the path of none of 4 scans"),
        ("[sequence]\nT1 = 'T1'\nT2 = 'p1'\n", "sequence.T1 and sequence.T2 both match data/"),
        ("skull_stripped = 'x9'\n", "skull_stripped = 'x9' is in the path of none"),
        ("boxes = 'bxes'\n", "boxes: .*bxes: no such folder"),
        ("boxes = 'no'\n", "boxes: .*no: no .txt file with boxes in it"),
        ("[patients]\npattern = 'x9'\n", "patients.pattern names none of 4 scans"),
        ("[patients]\ncsv = 'p.csv'\n", "patients.csv: .*p.csv cannot be read"),
        ("[patients.named]\none = 'x9'\n", "patients.named.one = 'x9' is in the path of none"),
        (
            "[patients.blocks]\ntable = 'p.csv'\nfile = 'f'\norder = 'o'\nsize = 2\n",
            "patients.blocks: .*p.csv cannot be read",
        ),
    ],
)
def test_what_does_not_fit_the_folder_is_named_with_its_key(folder, text, words):
    with pytest.raises(TrainError, match=words) as caught:
        applied(*with_facts(folder, LEAST + text))
    assert str(caught.value).startswith(f"{folder.resolve() / 'source.toml'}: ")


def test_a_folder_may_hold_one_class_and_be_it_itself(folder):
    facts, scans = with_facts(folder, LEAST + "negative = 'data'\n")
    assert not any(scan.positive for scan in scans)
    assert classes_of(folder, facts) == Classes((), ("data",))


def test_without_class_keys_the_folders_are_yes_and_no(folder):
    facts, scans = with_facts(folder, LEAST)
    assert classes_of(folder, facts) is None
    assert len(scans) == 4


def test_blocks_of_neighbours_are_no_patients(folder):
    (folder / "order.csv").write_text(
        "file,place\nyes/p1_T1.png,a/3.jpg\np2_FLAIR.png,a/4.jpg\nno/p2_T1.png,b/5.jpg\n"
    )
    facts, scans = with_facts(
        folder,
        LEAST
        + '[patients.blocks]\ntable = "order.csv"\nfile = "file"\norder = "place"\nsize = 4\n',
    )
    found = by_path(scans, patients_of(facts, scans))
    assert found["yes/p2_FLAIR.png"] == found["no/p2_T1.png"] != found["yes/p1_T1.png"]
    assert found["no/p1_neck_T1.png"] is None
    assert not any(map(is_person, found.values()))
    (folder / "order.csv").write_text(f"file,place\nyes/p1_T1.png,{'9' * 5000}\n")
    with pytest.raises(TrainError, match="has no number of at most 18 digits"):
        patients_of(facts, scans)


def test_a_table_names_patients_and_one_person_may_have_several_names(folder):
    (folder / "who.csv").write_text("file,patient\nyes/p1_T1.png,anna\np2_T1.png,bert\n")
    facts, scans = with_facts(
        folder, LEAST + "[patients]\ncsv = 'who.csv'\n[patients.named]\nbert = 'FLAIR'\n"
    )
    found = by_path(scans, patients_of(facts, scans))
    assert found["yes/p1_T1.png"] == "data: anna"
    assert found["no/p2_T1.png"] == found["yes/p2_FLAIR.png"] == "data: bert"
    (folder / "who.csv").write_text("file,patient\nyes/p1_T1.png,anna\nyes/p1_T1.png,bert\n")
    with pytest.raises(TrainError, match=r"source.toml: patients.csv: .* two things of yes/p1"):
        patients_of(facts, scans)


def test_dicom_tells_patients_that_the_facts_do_not():
    assert completed([None, None], ["a", None]) == ["a", None]
    assert completed([None, None], None) is None
    assert completed(["x", None, None], ["a", "b", None]) == ["x", "b", None]


def test_facts_beside_read_only_disks_come_before_those_in_the_folder(folder, tmp_path):
    (folder / "source.toml").write_text(LEAST)
    sources = tmp_path / "sources"
    with pytest.raises(TrainError, match=f"--sources {sources}: no such folder"):
        find_facts([folder], sources)
    sources.mkdir()
    with pytest.raises(TrainError, match=r"has no \.toml file"):
        find_facts([folder], sources)
    (sources / "daat.toml").write_text(LEAST)
    with pytest.raises(TrainError, match=r"none of the folders.* data.toml; did you mean daat\?"):
        find_facts([folder], sources)
    (sources / "data.toml").write_text(LEAST.replace("none found", "CC0"))
    (found,) = find_facts([folder], sources).values()
    assert (found.licence, found.file) == ("CC0", sources / "data.toml")
    assert find_facts([tmp_path]) == {}


def test_options_win_and_say_so(folder):
    facts, _ = with_facts(folder, WHOLE)
    said = []
    assert without_replaced(facts, {"positive": [], "patient_id": None}, said.append) == facts
    assert said == []
    options = {"positive": ["yes"], "patient_id": "x", "boxes": [Path("b")], "no_brain": "n"}
    (left,) = without_replaced(facts, options, said.append).values()
    assert said == [
        "--positive in place of what the facts say of classes: data",
        "--patient-id in place of what the facts say of patients: data",
        "--boxes in place of what the facts say of boxes: data",
        "--no-brain in place of what the facts say of scans that show no brain: data",
    ]
    assert (left.positive, left.negative, left.boxes, left.no_brain) == ((), (), "", "")
    assert left.patients.pattern == ""
    assert left.family == ("brats",), "who may share patients is said by no option"


def test_networks_that_learn_no_places_are_told_of_none(folder):
    facts, _ = with_facts(folder, WHOLE)
    assert useful_to(facts, True) == facts
    (left,) = useful_to(facts, False).values()
    assert left == replace(facts[str(folder)], boxes="")


def test_the_terminal_is_told_of_licences_and_of_folders_without_facts(folder, tmp_path):
    facts, _ = with_facts(folder, WHOLE)
    lines = described(facts, [folder, tmp_path])
    assert lines[0].startswith("facts of data (")
    assert lines[1].startswith(f"no facts of {tmp_path.name}")
    assert "not for commercial use: data (CC BY-NC 4.0)" in lines[2]
    assert described({}, [folder]) == []


def test_a_resumed_session_sees_that_facts_or_their_files_changed(folder):
    facts, _ = with_facts(folder, WHOLE)
    before = with_hashes(facts)
    assert with_hashes(facts) == before
    (folder / "boxes" / "p1_T1.txt").write_text("0 .5 .5 .3 .3\n")
    changed = with_hashes(facts)
    assert changed != before
    (folder / "source.toml").write_text(WHOLE + "# later\n")
    assert with_hashes(facts) not in (before, changed)
