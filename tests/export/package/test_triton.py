"""The model repository for Triton, against Triton's published schema."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from edge import Classifier
from edge.model_file.container import open_model
from export.cli import main
from export.package.triton import MAX_BATCH, config, write_repository
from tests.edge.conftest import MODELS


def parsed(text):
    schema = pytest.importorskip("tritonclient.grpc.model_config_pb2")
    from google.protobuf import text_format

    return text_format.Parse(text, schema.ModelConfig())


@pytest.fixture(scope="module")
def repository(finished_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    options = ["--batch", "dynamic", "--layout", "triton", "--precision", "fp32"]
    assert main([str(finished_run), "--out", str(out), *options]) == 0
    return out


def test_the_layout(repository):
    folder = repository / "triton" / "small-fp32-batch"
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "1/model.onnx",
        "config.pbtxt",
        "labels.txt",
        "manifest.json",
    ]
    assert (folder / "labels.txt").read_text() == "yes\n"
    model = (folder / "1" / "model.onnx").read_bytes()
    assert model == (repository / "small-fp32-batch.onnx").read_bytes()


def test_an_earlier_folder_stays_until_the_new_one_is_there(repository, tmp_path, monkeypatch):
    model = repository / "small-fp32-batch.onnx"
    folder = write_repository(model, tmp_path, dynamic=True)
    (folder / "labels.txt").write_text("earlier\n")
    rename = Path.rename

    def fail(path, target):
        if path.name.endswith(".partial"):
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(PermissionError):
            write_repository(model, tmp_path, dynamic=True)
    assert (folder / "labels.txt").read_text() == "earlier\n"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert write_repository(model, tmp_path, dynamic=True) == folder
    assert (folder / "labels.txt").read_text() == "yes\n"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_configuration_is_tritons_and_the_models(repository):
    onnxruntime = pytest.importorskip("onnxruntime")
    folder = repository / "triton" / "small-fp32-batch"
    found = parsed((folder / "config.pbtxt").read_text())
    session = onnxruntime.InferenceSession(
        folder / "1" / "model.onnx", providers=["CPUExecutionProvider"]
    )
    (entry,), (result,) = session.get_inputs(), session.get_outputs()
    assert (found.name, found.max_batch_size) == ("small-fp32-batch", MAX_BATCH)
    assert (found.input[0].name, list(found.input[0].dims)) == (entry.name, entry.shape[1:])
    assert (found.output[0].name, list(found.output[0].dims)) == (result.name, result.shape[1:])
    assert found.output[0].label_filename == "labels.txt"
    assert float(found.parameters["threshold"].string_value) >= 0


def test_a_batch_gives_what_single_scans_give(repository, phantoms):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = repository / "small-fp32-batch.onnx"
    classifier = Classifier(path)
    pixels = [classifier.pixels(file) for file in sorted(phantoms.glob("*/*.png"))[:5]]
    single = [classifier.engine.run(one)[0] for one in pixels]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    together = session.run(["logits"], {"pixels": np.stack(pixels)})[0][:, 0]
    np.testing.assert_allclose(together, single, atol=1e-4)


def test_a_fixed_batch_is_said_in_the_shape():
    found = parsed(config("tiny", open_model(MODELS / "tiny.onnx").manifest, dynamic=False))
    assert found.max_batch_size == 0
    assert list(found.input[0].dims) == [1, 16, 16, 3]


def test_a_heat_map_is_the_second_output():
    onnxruntime = pytest.importorskip("onnxruntime")
    path = MODELS / "tiny-map.onnx"
    found = parsed(config("tiny", open_model(path).manifest, dynamic=False))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = {output.name: output.shape for output in session.get_outputs()}
    assert {output.name: list(output.dims) for output in found.output} == wanted
    assert set(wanted) == {"logits", "heat_map"}


def test_names_are_quoted():
    manifest = open_model(MODELS / "tiny.onnx").manifest
    assert parsed(config('a "b" \\ c', manifest, dynamic=True)).name == 'a "b" \\ c'


@pytest.mark.parametrize("option", [["--batch", "dynamic"], ["--layout", "triton"]])
def test_tflite_is_refused(run, tmp_path, capsys, option):
    arguments = [str(run), "--out", str(tmp_path), "--format", "tflite", *option]
    assert main(arguments) == 2
    assert "is for ONNX" in capsys.readouterr().err
