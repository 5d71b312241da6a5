"""Heat maps, their pictures, and the page of results in a real browser."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge import Classifier, ModelError
from edge.inference.engines import installed
from edge.inference.prediction import Prediction
from edge.saliency import overlay
from edge.saliency.heat_map import (
    GRID,
    MEANINGS,
    PATCHES,
    HeatMap,
    finding,
    heat_map,
    occlusion,
    upsampled,
)
from edge.saliency.overlay import draw
from edge.saliency.picture_names import picture_name
from edge.scan.preprocess import preprocess_part
from tests.edge.conftest import MODELS
from tests.edge.test_cli import run


def test_occlusion_finds_what_a_model_looks_at():
    pixels = np.zeros((48, 36, 3), np.uint8)
    pixels[8:16, 24:30] = 255
    calls = []

    def bright_spot(stack):
        calls.append(len(stack))
        return stack[:, 8:16, 24:30].mean(axis=(1, 2, 3)) / 10

    heat = occlusion(bright_spot, pixels)
    assert heat.values.shape == (GRID, GRID)
    row, column = np.unravel_index(heat.values.argmax(), heat.values.shape)
    assert 2 <= row <= 3
    assert 8 <= column <= 9
    assert heat.values[8:].max() == 0
    assert sum(calls) == heat.inferences == PATCHES + 1


def test_upsampled_is_a_share_of_the_peak():
    values = np.zeros((GRID, GRID))
    values[3, 3], values[8, 8] = 5.0, -5.0
    share = upsampled(HeatMap(values, "", 0), (60, 90))
    assert share.shape == (90, 60)
    assert 0.8 * 255 < share.max() <= 255
    assert share.min() == 0
    assert not upsampled(HeatMap(-np.ones((GRID, GRID)), "", 0), (6, 6)).any()


def test_the_map_of_a_part_lies_where_the_part_does():
    values = np.zeros((4, 4))
    values[1, 2] = 5.0
    heat = HeatMap(values, "", 0, (0.5, -0.5, 1.0, 0.5))
    assert heat.place == (0.5 + 0.5 * 2.5 / 4, -0.5 + 1.5 / 4)
    share = upsampled(heat, (80, 80))
    assert share.shape == (80, 80)
    assert share[:, :40].max() == share[40:].max() == 0, "nothing where the model did not look"
    # What of the cell lies above the picture is not seen.
    assert np.unravel_index(share.argmax(), share.shape)[0] == 0
    assert share[0, 65] > 0.9 * share.max()


def test_a_picture_says_when_the_peak_lies_beyond_it():
    values, image = np.zeros((4, 4)), Image.new("L", (100, 100), 90)
    values[0, 0] = 5.0
    said = []
    prediction = Prediction("tumor", 0.9, None, "m int8", "0" * 64, True, 1, 1, 1)
    with pytest.MonkeyPatch.context() as patch:
        write = overlay._text
        patch.setattr(
            overlay, "_text", lambda pen, x, y, lines, room: said.extend(lines) or write(
                pen, x, y, lines, room
            )
        )  # fmt: skip
        for part in ((0, 0, 1, 1), (-1, -1, 2, 2)):
            draw(image, HeatMap(values, "evidence, 4x4 cells", 1, part), "a.png", prediction)
    findings = [text for *_, text in said if "log-odds" in text]
    assert findings[0].startswith("Colour")
    assert (
        findings[1] == "The strongest part (5.00 in log-odds) lies in the black beside the picture."
    )


def test_explain_writes_a_picture_for_each_verdict(model, scan, tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    deep = tmp_path / "deep"
    deep.mkdir()
    shutil.copy(scan(180), deep / "scan.png")
    files = [scan(180), deep / "scan.png", tmp_path / "dot.png", tmp_path / "gone.png"]
    out = tmp_path / "maps"
    status, text, _ = run(*files, "--model", model, "--explain", out, "--format", "ndjson")
    assert status == 1
    results = [json.loads(line) for line in text.splitlines()]
    pictures = sorted(out.iterdir())
    assert len(pictures) == 2
    assert {result["explanation"]["file"] for result in results[:2]} == set(map(str, pictures))
    assert not any("explanation" in result for result in results[2:])
    pictures[0].chmod(0o600)
    run(*files, "--model", model, "--explain", out)
    assert pictures[0].stat().st_mode & 0o777 == 0o600
    made = results[0]["explanation"]
    assert made["inferences"] == PATCHES + 1
    assert made["method"].startswith("occlusion")
    assert made["milliseconds"] > 0
    with Image.open(made["file"]) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


def test_its_pictures_are_no_scans(model, scan, tmp_path):
    out = tmp_path / "maps"
    status, _, err = run(scan(180), "--model", model, "--explain", out)
    assert status == 0
    assert f"1 picture written to {out}" in err
    shutil.copy(scan(40), tmp_path / "one-more.png")
    status, text, err = run(tmp_path, "--model", model, "--format", "ndjson")
    assert status == 0
    paths = [json.loads(line)["path"] for line in text.splitlines()]
    assert [path.rpartition("/")[2] for path in paths] == ["one-more.png", "scan.png"]
    assert "1 picture that --explain wrote was left out" in err
    status, text, err = run(out / "*.png", "--model", model, "--format", "ndjson")
    assert status == 1
    assert "no file has such a name" in err
    assert "1 picture that --explain wrote was left out" in err


def test_the_batched_engine_agrees(model, scan):
    classifier = Classifier(model)
    stack = np.stack([classifier.pixels(scan(mean, f"{mean}.png")) for mean in (40, 100, 180)])
    many = classifier.many_logits(stack)
    assert many.shape == (3, 1)
    assert np.allclose(many, [classifier.logits(pixels) for pixels in stack], atol=1e-4)
    # logit = 0.1 * (mean brightness - 100): each scan its own, not the last one's thrice.
    assert np.allclose(many[:, 0], 0.1 * (stack.mean(axis=(1, 2, 3)) - 100), atol=1e-2)


@pytest.fixture(params=["tflite", "onnx"])
def mapped(request):
    """The tiny model with a heat map of 4 rows and 8 columns."""
    if not installed(request.param):
        pytest.skip(f"no engine for {request.param} is installed")
    return MODELS / f"tiny-map.{request.param}"


def _more(model) -> int:
    """Inferences besides the verdict's: ONNX Runtime leaves out what no verdict needs."""
    return int(installed(model.suffix[1:])[0] == "onnxruntime")


def test_a_map_comes_with_the_verdict(mapped, scan):
    classifier, other = Classifier(mapped), Classifier(mapped)
    image, seen, _ = classifier.examine(scan(180))
    found = heat_map(classifier, image, seen)
    assert found.inferences == _more(mapped)
    wanted = heat_map(other, image, seen)
    assert wanted.inferences == 1
    assert np.array_equal(found.values, wanted.values)
    # What was run since, and what its owner may have written to, is no longer what is asked for.
    classifier.classify(scan(40))
    assert heat_map(classifier, image, seen).inferences == 1
    pixels = np.array(seen.pixels)
    classifier.judge(pixels)
    pixels[:8] = 255 - pixels[:8]
    assert np.array_equal(classifier.heat_map(pixels), other.heat_map(pixels))


def test_no_map_outlives_an_engine_that_failed(mapped, scan):
    classifier = Classifier(mapped)
    image, seen, _ = classifier.examine(scan(180))
    wanted, ran = heat_map(classifier, image, seen).values, classifier.engine.run

    def fails(pixels):
        ran(pixels)
        raise RuntimeError("out of memory")

    _, again, _ = classifier.examine(scan(180))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier.engine, "run", fails)
        with pytest.raises(RuntimeError):
            classifier.examine(scan(40))
    assert np.array_equal(heat_map(classifier, image, again).values, wanted)


def test_a_models_own_map_takes_one_inference(mapped):
    pixels = np.full((16, 16, 3), 30, np.uint8)
    pixels[4:8, 10:12] = 250
    classifier = Classifier(mapped)
    heat = heat_map(classifier, Image.fromarray(pixels))
    assert (heat.method, heat.inferences) == ("grad-cam, 4x8 cells", 1)
    assert heat.values.shape == (4, 8)
    assert np.unravel_index(heat.values.argmax(), (4, 8)) == (1, 5)
    # With no hidden layer, the cells' values are the logit, less its bias (-0.1 * 100).
    assert heat.values.sum() == pytest.approx(classifier.logits(pixels)[0] + 10, abs=1e-3)


def test_the_map_of_a_model_that_sees_the_head_goes_where_the_head_is(mapped):
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[60:160, 240:360] = 60
    pixels[80:100, 250:270] = 250
    classifier = Classifier(mapped)
    cropped = replace(classifier.manifest.input, crop="head")
    classifier.manifest = replace(classifier.manifest, input=cropped)
    heat = heat_map(classifier, Image.fromarray(pixels))
    assert heat.part == preprocess_part(Image.fromarray(pixels), cropped)[1] != (0, 0, 1, 1)
    across, down = heat.place
    assert abs(across - 260 / 400) < 0.05
    assert abs(down - 90 / 200) < 0.1
    share = upsampled(heat, (400, 200))
    row, column = np.unravel_index(share.argmax(), share.shape)
    assert abs(column - 260) < 20
    assert abs(row - 90) < 20
    unmapped = Classifier(MODELS / mapped.name.replace("-map", ""))
    unmapped.manifest = replace(unmapped.manifest, input=cropped)
    assert heat_map(unmapped, Image.fromarray(pixels)).part == heat.part


@pytest.mark.parametrize("size", [(3, 20000), (20000, 3)])
def test_the_map_of_a_long_picture_is_drawn_within_it(size):
    longer = max(size) / min(size)
    part = (0.5 - longer / 2, 0.0, 0.5 + longer / 2, 1.0) if size[0] < size[1] else (
        0.0, 0.5 - longer / 2, 1.0, 0.5 + longer / 2
    )  # fmt: skip
    share = upsampled(HeatMap(np.ones((16, 16)), "", 0, part), size)
    assert share.shape == size[::-1]
    assert share.min() == 255


def test_logits_are_the_same_beside_a_map(mapped):
    classifier = Classifier(mapped)
    plain = Classifier(MODELS / mapped.name.replace("-map", ""))
    stack = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    wanted = [plain.logits(pixels) for pixels in stack]
    classifier.heat_map(stack[0])
    assert np.allclose([classifier.logits(pixels) for pixels in stack], wanted, atol=1e-4)
    assert np.allclose(classifier.many_logits(stack), wanted, atol=1e-4)


def test_explain_names_the_method(mapped, scan, tmp_path):
    status, text, _ = run(
        scan(180), "--model", mapped, "--explain", tmp_path / "maps", "--format", "ndjson"
    )
    assert status == 0
    made = json.loads(text)["explanation"]
    assert (made["method"], made["inferences"]) == ("grad-cam, 4x8 cells", _more(mapped))
    with Image.open(made["file"]) as picture:
        assert min(picture.size) > 500


def test_a_manifest_that_promises_a_map_is_held_to_it(tmp_path):
    pytest.importorskip("ai_edge_litert")
    from edge.model_file.container import open_model
    from edge.model_file.manifest import HeatMapSpec
    from export.package.write_container import pack

    for name, spec in (
        ("tiny", HeatMapSpec("evidence", 4, 8)),
        ("tiny-map", HeatMapSpec("grad-cam", 8, 4)),
    ):
        whole = open_model(MODELS / f"{name}.tflite")
        payload = (MODELS / f"{name}.tflite").read_bytes()
        payload = payload[: payload.index(b"PK\3\4")]
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(pack(payload, replace(whole.manifest, heat_map=spec)))
        with pytest.raises(ModelError, match="its manifest tells of a heat map"):
            Classifier(path)


@pytest.mark.parametrize("method", MEANINGS)
def test_every_method_has_its_picture(method):
    image = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (64, 1)))
    prediction = Prediction("tumor", 0.9, None, "m int8", "0" * 64, True, 1, 1, 1)
    for values in (np.eye(7), -np.eye(7)):
        page = draw(image, HeatMap(values, f"{method}, 7x7 cells", 1), "scan.png", prediction)
        assert min(page.size) > 500


def test_a_name_that_would_talk_to_a_terminal_is_tamed():
    name = picture_name("/scans/weird\n\x1b[31m.png")
    assert name.startswith("weird__[31m.png-")
    assert name.isprintable()
    assert name != picture_name("/scans/weird__[31m.png"), "they stay apart"


def test_a_long_name_in_another_script_has_its_picture(any_model, scan, tmp_path):
    long = scan(180, "ж" * 120 + ".png")
    status, text, err = run(
        long, "--model", any_model, "--explain", tmp_path / "maps", "--format", "ndjson"
    )
    assert status == 0, err
    assert (tmp_path / "maps").joinpath(picture_name(str(long))).exists()
    assert json.loads(text)["explanation"]["file"].startswith(f"{tmp_path / 'maps'}/жж")
    for name in ("ж" * 127, "a" * 255, "a" + "脳" * 84, "\udcff" * 255):
        assert len(os.fsencode(f"{picture_name(name)}.{'0' * 16}.partial")) <= 255


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_verdict_outlives_its_picture(any_model, scan, tmp_path, jobs):
    files, maps = [scan(180), scan(40, "b.png")], tmp_path / "maps"
    # A folder in the picture's place: it cannot be written, whoever tries.
    (maps / picture_name(str(files[0])) / "x").mkdir(parents=True)
    status, text, err = run(
        *files,
        *("--model", any_model, "--explain", maps, "--format", "ndjson", "--jobs", jobs),
    )
    assert status == 1
    results = [json.loads(line) for line in text.splitlines()]
    assert [result["verdict"] for result in results] == ["tumor", "no_tumor"]
    assert [result["error"] for result in results] == [None, None]
    assert ["explanation" in result for result in results] == [False, True]
    assert "the picture cannot be written" in err
    assert "1 picture written" in err
    assert not list(maps.glob("*.partial"))


@pytest.mark.parametrize("method", MEANINGS)
def test_what_is_said_where_nothing_is_coloured(method):
    said = finding(HeatMap(np.zeros((2, 2)), f"{method}, 2x2 cells", 1))
    assert said == f"Nothing is coloured. Colour would show {MEANINGS[method]}."
