"""What a mistyped word was probably meant to be."""

import pytest

from edge.console.suggestions import did_you_mean, nearest, nearest_options, slip_of

OPTIONS = ["-h", "--help", "--out", "--epochs", "--batch-size", "--learning-rate", "--calibration"]
OPTIONS += ["--calibration-scans"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--epoch", ["--epochs"]),
        ("-epochs", ["--epochs"]),
        ("–epochs", ["--epochs"]),
        ("--EPOCHS", ["--epochs"]),
        ("--epcohs", ["--epochs"]),
        ("--batch_size", ["--batch-size"]),
        ("--output", ["--out"]),
        ("--lr", ["--learning-rate"]),
        ("--calib", ["--calibration", "--calibration-scans"]),
        ("--zzz", []),
        ("-x", []),
        ("--", []),
    ],
)
def test_options(given, meant):
    assert nearest_options(given, OPTIONS) == meant


def test_values():
    assert nearest("VGG61", ["cnn", "vgg16"]) == "vgg16"
    assert nearest("int", ["fp32", "int8"]) == "int8"
    assert nearest("", ["fp32"]) is None
    assert did_you_mean("jsn", ["text", "json"]) == "; did you mean json?"
    assert did_you_mean("xml", ["text", "csv"]) == ""


def test_a_file_is_no_mistyped_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert slip_of(["merg", "a"], ["merge", "schema"]) == "merge"
    (tmp_path / "merg").write_text("")
    assert slip_of(["merg", "a"], ["merge", "schema"]) is None
    for words in ([], ["merge"], ["--merge"], ["dist/m.tflite"]):
        assert slip_of(words, ["merge", "schema"]) is None
