"""`python -m export inspect FILE`."""

import pytest

from edge import NOTICE
from edge.bundled import bundled_model
from export.cli import main
from tests.edge.conftest import MODELS


def test_a_manifest_in_words(capsys):
    assert main(["inspect", str(MODELS / "tiny.onnx")]) == 0
    out = capsys.readouterr().out
    for words in (
        "no, yes; yes means tumor",
        "uint8 [1, 16, 16, 3], rgb, crop none, bilinear resize, scaling in graph",
        "tumor from 0.5; uncertain between 0.4 and 0.6",
        "SYNTHETIC phantoms",
        NOTICE,
    ):
        assert words in out


def test_an_exported_file_tells_its_proof(exported, capsys):
    assert main(["inspect", str(exported / "small-int8.tflite")]) == 0
    out = capsys.readouterr().out
    assert "min-max, train part: no " in out
    assert "proof, litert" in out
    assert "verdicts changed" in out


def test_the_bundled_models_gate_is_told(capsys):
    files = [bundled_model("litert"), bundled_model("onnxruntime")]
    assert files[0] != files[1]
    for file in files:
        assert main(["inspect", file]) == 0
        assert "learned gate" in capsys.readouterr().out


def test_a_damaged_file_is_one_line(tmp_path, capsys):
    data = (MODELS / "tiny.tflite").read_bytes()
    (tmp_path / "m.tflite").write_bytes(data[:500] + b"x" + data[501:])
    assert main(["inspect", str(tmp_path / "m.tflite")]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"export: {tmp_path / 'm.tflite'}: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "a", "--x"]])
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
