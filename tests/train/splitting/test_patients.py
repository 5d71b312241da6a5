"""Patients from file names and from a table."""

import pytest

from train.data.scans import Scan
from train.errors import TrainError
from train.splitting.patients import from_csv, from_names

SCANS = [
    Scan("/d", f"{folder}/{name}.png", folder == "yes", name)
    for folder, name in (
        ("yes", "TCGA_CS_4941_19960909_FLAIR-axi-011"),
        ("no", "TCGA_CS_4941_19960909_T1-axi-015"),
        ("yes", "TCGA_HT_7473_19970826_T1-axi-011"),
        ("no", "other"),
    )
]
EXPECTED = ["TCGA_CS_4941", "TCGA_CS_4941", "TCGA_HT_7473", None]


@pytest.mark.parametrize("pattern", [r"^TCGA_.{7}", r"^(TCGA_.{7})_", r"^(TCGA_\w\w_\d+)_(\d+)"])
def test_the_first_group_or_the_whole_match(pattern):
    assert from_names(pattern, SCANS) == EXPECTED


def test_the_folder_is_not_searched():
    with pytest.raises(TrainError, match=r"finds a patient in none of 4 file names, TCGA_.*011"):
        from_names("yes|no/", SCANS)


def test_no_expression():
    with pytest.raises(TrainError, match=r"--patient-id \(: is no regular expression"):
        from_names("(", SCANS)


def test_a_table_by_path_or_by_name(tmp_path):
    table = tmp_path / "patients.csv"
    table.write_text(
        "patient,file,age\n"
        f"a,{SCANS[0].path},40\n"
        f"b,{SCANS[2].path.split('/')[1]},50\n"
        "c,elsewhere.png,60\n"
    )
    assert from_csv(table, SCANS) == ["a", None, "b", None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a header with the columns file and patient; has none"),
        ("name,patient\na.png,1\n", "columns file and patient; has name, patient"),
        ("name,patient\nx,y\n", "needs a header"),
        ("file,patient\nx.png,1\n", "names none of the 4 scans, yes/TCGA"),
        ("file,patient\nother.png,1\nother.png,2\n", "gives other.png two patients, 1 and 2"),
    ],
)
def test_unusable_tables(tmp_path, text, words):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TrainError, match=words):
        from_csv(tmp_path / "t.csv", SCANS)


def test_no_table(tmp_path):
    with pytest.raises(TrainError, match=r"gone\.csv: cannot be read"):
        from_csv(tmp_path / "gone.csv", SCANS)
