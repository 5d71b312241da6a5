"""`python -m export inspect FILE`."""

from dataclasses import replace

import pytest

from edge import NOTICE
from edge.cli import main as edge_classify
from edge.model_file.bundled import bundled_model
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.provenance import provenance
from export.cli import main
from export.package.write_container import pack
from tests.edge.conftest import MODELS
from tests.edge.model_file.test_container import payload_of


def test_a_manifest_in_words(capsys):
    assert main(["inspect", str(MODELS / "tiny.onnx")]) == 0
    out = capsys.readouterr().out
    for words in (
        "no, yes; yes means tumor",
        "uint8 [1, 16, 16, 3], rgb, crop none, bilinear resize, scaling in graph",
        "tumor from 0.6; uncertain between 0.4 and 0.6",
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


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_a_manifest_cannot_steer_the_terminal(tmp_path, capsys, kind):
    """Nor can the model's name, beside a verdict: it is refused."""
    manifest = open_model(MODELS / f"tiny.{kind}").manifest
    story = replace(provenance(manifest), licence="free\n\033[31mverified")
    manifest = replace(manifest, provenance=to_json(story))
    file = tmp_path / f"evil.{kind}"
    file.write_bytes(pack(payload_of(MODELS / f"tiny.{kind}"), manifest))
    assert main(["inspect", str(file)]) == 0
    out = capsys.readouterr().out
    assert "\033" not in out
    assert r"free\n\x1b[31mverified" in out
    scan = MODELS.parents[2] / "samples" / "phantom-tumor-1.png"
    object.__setattr__(manifest, "name", "\033[2Jgood")  # as a forger's program would
    file.write_bytes(pack(payload_of(MODELS / f"tiny.{kind}"), manifest))
    assert edge_classify([str(scan), "--model", str(file)]) == 2
    out, err = capsys.readouterr()
    assert "\033" not in out + err
    assert r"name: must be one line" in err


def test_a_damaged_file_is_one_line(tmp_path, capsys):
    data = (MODELS / "tiny.tflite").read_bytes()
    (tmp_path / "m.tflite").write_bytes(data[:500] + b"x" + data[501:])
    assert main(["inspect", str(tmp_path / "m.tflite")]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"export: {tmp_path / 'm.tflite'}: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "a", "--x"]])
def test_wrong_usage(arguments):
    assert main(arguments) == 2
