"""A model of any format becomes a run, and a file that a device runs."""

import json
import re
import shutil

import numpy as np
import pytest

from edge import Classifier
from edge.model_file.container import open_model
from edge.model_file.provenance import provenance
from export.adopt.source import check_rebuilt, open_source
from export.cli import main
from train.run.run_folder import read_run

FORMATS = ("net.keras", "net.h5", "net.onnx", "net.tflite", "saved")
ONNX_FP32 = ("--format", "onnx", "--precision", "fp32")
LEAKS = "Trained elsewhere: leaks cannot be excluded"


def adopt(model, data, out, *options) -> int:
    command = [out / "run", "--from", model, "--data", data, "--out", out, *options]
    return main(list(map(str, command)))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_rebuilt_as_it_is(elsewhere, name):
    source = open_source(elsewhere / name)
    assert (source.shape, source.outputs, source.activation) == ((32, 32, 3), 1, "sigmoid")
    pictures = np.random.default_rng(0).random((4, 32, 32, 3)).astype(np.float32)
    assert check_rebuilt(source, pictures) < 1e-5


@pytest.mark.parametrize("name", ["net.keras", "saved"])
def test_a_file_becomes_a_run_and_an_export(elsewhere, phantoms, tmp_path, capsys, name):
    assert adopt(elsewhere / name, phantoms, tmp_path, *ONNX_FP32) == 0
    run = read_run(tmp_path / "run")
    assert run.manifest.labels == ("no", "yes")
    found = run.manifest.training.adopted
    assert (found.file, found.scaling, found.color) == (name, "unit", "rgb")
    assert (found.labels, found.negative, found.activation) == (("no", "yes"), ("no",), "sigmoid")
    assert LEAKS in (run.folder / "report.md").read_text()
    said = capsys.readouterr()
    assert LEAKS in said.out
    assert "--scaling unit --color rgb" in said.err
    assert "none" in said.err
    assert ": wrong" in said.err
    file = tmp_path / "run-fp32.onnx"
    assert provenance(open_model(file).manifest).training.adopted == found
    assert main(["inspect", str(file)]) == 0
    assert "elsewhere: leaks cannot be excluded" in capsys.readouterr().out


def test_it_goes_all_the_way_to_int8(elsewhere, phantoms, tmp_path):
    assert adopt(elsewhere / "net.onnx", phantoms, tmp_path, "--int8") == 0
    scan = next(phantoms.glob("yes/*.png"))
    verdicts = {
        Classifier(tmp_path / f"run-int8.{kind}").classify(scan).verdict
        for kind in ("tflite", "onnx")
    }
    assert len(verdicts) == 1
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["adopted"]["kind"] == "ONNX"
    assert not (tmp_path / "run" / "curves.png").exists()


@pytest.fixture(scope="module")
def four_labels(elsewhere, tmp_path_factory):
    """A model with four outputs, of which the third is high for scans without a tumor."""
    import keras

    trained = open_source(elsewhere / "net.keras").network
    last = trained.layers[-1]
    four = keras.layers.Dense(4, activation="softmax", name="four")
    model = keras.Model(trained.input, four(last.input))
    kernel, bias = last.get_weights()
    wide, biases = kernel.repeat(4, axis=1), bias.repeat(4)
    wide[:, 2], biases[2] = -kernel[:, 0], -bias[0]
    four.set_weights([wide, biases])
    file = tmp_path_factory.mktemp("four") / "four.keras"
    model.save(file)
    return file


FOUR = ["glioma", "meningioma", "notumor", "pituitary"]


def test_four_labels_become_two(four_labels, phantoms, tmp_path):
    """The probability of tumor is 1 less that of the negative label; all names are kept."""
    names = ["--order", *FOUR, "--negative", "notumor"]
    options = ["--int8", "--scaling", "unit", "--format", "tflite", "onnx"]
    assert adopt(four_labels, phantoms, tmp_path, *names, *options) == 0
    manifest = read_run(tmp_path / "run").manifest
    assert manifest.labels == ("notumor", "glioma+meningioma+pituitary")
    assert manifest.training.adopted.labels == tuple(FOUR)
    assert manifest.decision.transform == "sigmoid"
    assert logits_are_in_float(tmp_path / "run-int8.tflite", tmp_path / "run-int8.onnx")


def test_outputs_are_counted_before_folders_are_looked_at(four_labels, phantoms, tmp_path, capsys):
    options = ["--order", "a", "b", "c", "--negative", "a"]
    assert adopt(four_labels, phantoms, tmp_path, *options) == 2
    assert "has 4 outputs, so --order needs 4 different labels, has 3" in capsys.readouterr().err


def logits_are_in_float(tflite, onnx_file) -> bool:
    """Whether logits of several labels and what is reckoned from them are not rounded, in both."""
    import onnx
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(tflite))
    kinds = {one["index"]: one["dtype"] for one in interpreter.get_tensor_details()}
    operations = interpreter._get_ops_details()
    (log,) = [one for one in operations if one["op_name"] == "LOG"]
    *_, last = [one for one in operations if one["op_name"] == "FULLY_CONNECTED"]
    graph = onnx.load(onnx_file).graph
    rounded = {name for one in graph.node if "QuantizeLinear" in one.op_type for name in one.output}
    *_, dense = [one for one in graph.node if one.op_type in ("Gemm", "MatMul")]
    (own,) = [one for one in graph.node if one.op_type == "Log"]
    weights = {kinds[at].__name__ for one in (log, last) for at in one["inputs"][:2]}
    return weights == {"float32"} and not rounded & {own.input[0], dense.input[1]}


def test_what_is_not_clear_is_asked_for(elsewhere, phantoms, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("export.adopt.trial._worse", lambda *_: False)
    assert adopt(elsewhere / "net.keras", phantoms, tmp_path) == 2
    assert "give --scaling unit --color rgb or --scaling" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    given = ["--scaling", "unit", "--order", "no", "yes"]
    assert adopt(elsewhere / "net.keras", phantoms, tmp_path, *given, *ONNX_FP32) == 0
    assert read_run(tmp_path / "run").manifest.training.adopted.tried is False


def test_the_wrong_order_is_found_and_turned(elsewhere, phantoms, tmp_path):
    """A network whose single output is the probability of no tumor."""
    data = tmp_path / "data"
    shutil.copytree(phantoms / "yes", data / "no")
    shutil.copytree(phantoms / "no", data / "yes")
    assert adopt(elsewhere / "net.keras", data, tmp_path, *ONNX_FP32) == 0
    manifest = read_run(tmp_path / "run").manifest
    assert manifest.training.adopted.labels == ("yes", "no")
    assert manifest.labels == ("no", "yes")
    turned = Classifier(tmp_path / "run-fp32.onnx")
    mean = {
        label: np.mean([turned.classify(scan).probability for scan in data.glob(f"{label}/*.png")])
        for label in ("no", "yes")
    }
    assert mean["no"] < mean["yes"], "its own middle is not at a half"


def test_a_wrong_scaling_is_refused_though_given(elsewhere, phantoms, tmp_path, capsys):
    given = ["--scaling", "imagenet-std", "--color", "rgb", "--order", "no", "yes"]
    assert adopt(elsewhere / "net.keras", phantoms, tmp_path, *given, *ONNX_FP32) == 2
    said = capsys.readouterr().err
    assert "--scaling imagenet-std --color rgb is given, and does not fit" in said
    assert "given, wrong" in said
    assert "Give --scaling unit --color rgb" in said
    assert not list(tmp_path.iterdir())


def test_a_model_that_says_one_class_of_everything_is_not_published(phantoms, tmp_path, capsys):
    import keras

    picture = keras.Input((32, 32, 3))
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer="ones")
    x = keras.layers.GlobalAveragePooling2D()(picture)
    keras.Model(picture, last(x)).save(tmp_path / "constant.keras")
    given = ["--scaling", "unit", "--order", "no", "yes"]
    out = tmp_path / "out"
    assert adopt(tmp_path / "constant.keras", phantoms, out, *given, *ONNX_FP32) == 2
    said = capsys.readouterr().err
    assert "constant.keras: DEGENERATE: every scan is above the threshold" in said
    assert "It is not adopted" in said
    assert not out.exists()


def test_cautions_stand_in_the_report_and_in_the_file(
    elsewhere, phantoms, tmp_path, capsys, monkeypatch
):
    words = "these scans say that glioma means no tumor"
    monkeypatch.setattr("export.adopt.adopt.cautions", lambda *_: (words,))
    assert adopt(elsewhere / "net.keras", phantoms, tmp_path, *ONNX_FP32) == 0
    said = capsys.readouterr()
    assert f"CAUTION: {words}" in said.err
    assert "1 output, last activation sigmoid" in said.err
    assert f"**CAUTION: {words}**" in (tmp_path / "run" / "report.md").read_text()
    assert main(["inspect", str(tmp_path / "run-fp32.onnx")]) == 0
    assert re.search(f"CAUTION +{words}", capsys.readouterr().out)


def test_imagenet_scaling_of_a_grey_network(phantoms, tmp_path, capsys):
    import keras

    picture = keras.Input((32, 32, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(picture))
    keras.Model(picture, keras.layers.Dense(1, "sigmoid")(x)).save(tmp_path / "grey.keras")
    assert adopt(tmp_path / "grey.keras", phantoms, tmp_path, "--scaling", "imagenet-mean") == 2
    assert "--scaling imagenet-mean: " in (said := capsys.readouterr().err)
    assert "grey.keras takes grey pictures" in said


@pytest.mark.parametrize("option", ["--scaling unit", "--color rgb", "--order a b", "--negative a"])
def test_its_options_are_for_it_alone(option, capsys):
    assert main(["runs/x", *option.split()]) == 2
    assert "is for --from" in capsys.readouterr().err


def test_it_needs_scans(capsys):
    assert main(["--from", "net.keras"]) == 2
    assert "--from needs --data" in capsys.readouterr().err


def test_a_run_is_not_replaced(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    again = [str(tmp_path / "run"), "--from", "net.keras", "--data", "scans"]
    assert main(again) == 2
    assert "exists already; name another folder" in capsys.readouterr().err
    (tmp_path / "run" / "manifest.json").write_text("{}")
    assert main(again) == 2
    assert f"`python -m export {tmp_path / 'run'}` exports it" in capsys.readouterr().err


def test_a_size_that_no_device_takes(phantoms, tmp_path, capsys):
    import keras

    pixels = keras.Input((5000, 8, 1))
    x = keras.layers.GlobalAveragePooling2D()(pixels)
    model = keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid")(x))
    model.save(tmp_path / "large.keras")
    assert adopt(tmp_path / "large.keras", phantoms, tmp_path) == 2
    assert "large.keras: no device takes such pictures" in capsys.readouterr().err
