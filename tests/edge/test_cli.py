"""`edge-classify` as its user meets it: in a process of its own."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from edge import NOTICE, __version__
from edge.app import arguments, help_text
from edge.inference import engines, providers
from edge.results import writers
from edge.saliency import heat_map
from edge.service import watch


def run(*arguments, **options):
    """Exit status, standard output and standard error of `edge-classify`."""
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_text(model, scan):
    status, out, err = run(scan(180), "--model", model)
    assert (status, err) == (0, "")
    line, synthetic, notice = out.splitlines()
    assert "trained on generated phantoms" in synthetic
    assert line.startswith(f"{scan(180)}: TUMOR  probability of tumor 1.000")
    assert notice == NOTICE


def test_json_is_one_document(any_model, scan):
    status, out, _ = run(scan(180), scan(40, "b.png"), "--model", any_model, "--format", "json")
    document = json.loads(out)
    assert status == 0
    assert [r["verdict"] for r in document["results"]] == ["tumor", "no_tumor"]
    for result in document["results"]:
        assert result["notice"] == NOTICE
        assert set(result["timings_ms"]) == {"decode", "preprocess", "inference"}
        assert len(result["model_sha256"]) == 64


def test_ndjson_and_csv_agree(any_model, scan):
    paths = [scan(180), scan(40, "b,\n.png")]
    _, lines, _ = run(*paths, "--model", any_model, "--format", "ndjson")
    _, table, _ = run(*paths, "--model", any_model, "--format", "csv")
    objects = [json.loads(line) for line in lines.splitlines()]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [o["path"] for o in objects] == [str(p) for p in paths]
    # A cell is one line (edge.console.escape.csv_cell).
    assert [r["path"] for r in rows] == [str(p).replace("\n", "\\n") for p in paths]
    assert [float(r["probability"]) for r in rows] == [o["probability"] for o in objects]
    assert {r["notice"] for r in rows} == {NOTICE}


def test_bad_inputs_are_named_and_the_rest_is_done(any_model, scan, tmp_path):
    good = scan(180)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("I am a text")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:90])
    bad = [tmp_path / name for name in ("empty.png", "text.png", "cut.png", "gone.png")]
    status, out, err = run(*bad[:2], good, *bad[2:], "--model", any_model)
    assert status == 1
    assert out.count("TUMOR") == 1
    lines = err.splitlines()
    assert len(lines) == len(bad)
    for line, path in zip(lines, bad, strict=True):
        assert line.startswith(f"edge-classify: {path}: ")


def test_bad_inputs_stand_in_the_json_too(any_model, scan, tmp_path):
    status, out, _ = run(tmp_path / "gone.png", scan(180), "--model", any_model, "--format", "json")
    first, second = json.loads(out)["results"]
    assert status == 1
    assert first["verdict"] is None
    assert "gone.png: cannot be read" in first["error"]
    assert second["error"] is None


def test_rejected_is_a_result_but_not_a_success(any_model, tmp_path):
    from PIL import Image

    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    status, out, err = run(tmp_path / "dot.png", "--model", any_model)
    assert (status, err) == (1, "")
    assert "dot.png: REJECTED  1x1 pixels is too small" in out


def test_a_folder_hides_no_failure(any_model, scan, tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.move(scan(180), folder / "good.png")
    (folder / "lost.png").write_bytes(b"")
    (folder / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.png")
    status, out, err = run(folder, "--model", any_model, "--format", "json", timeout=60)
    assert status == 1
    for name in ("lost.png: is empty", "gone.jpg: ", "pipe.png: is not a regular file"):
        assert f"{folder / name}" in err
    records = json.loads(out)["results"]
    assert len(records) == 4
    assert len({tuple(sorted(record)) for record in records}) == 1


def test_a_folder_is_searched(any_model, scan, tmp_path):
    folder = tmp_path / "scans" / "deep"
    folder.mkdir(parents=True)
    shutil.move(scan(180), folder / "b.png")
    shutil.move(scan(40), folder.parent / "c.png")
    (folder / "notes.txt").write_text("nothing")
    status, out, err = run(tmp_path / "scans", "--model", any_model, "--format", "ndjson")
    names = [os.path.basename(json.loads(line)["path"]) for line in out.splitlines()]
    assert (status, names) == (0, ["c.png", "b.png"])
    assert "1 of 3 files are no images and were skipped" in err


def test_a_folder_without_images(any_model, tmp_path):
    (tmp_path / "none").mkdir()
    status, out, err = run(tmp_path / "none", "--model", any_model)
    assert (status, out) == (1, "")
    assert "none: no image files in this folder" in err


def test_a_name_cannot_steer_the_terminal(any_model, scan):
    status, out, _ = run(scan(180, "\x1b[31mred\n.png"), "--model", any_model)
    assert status == 0
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3  # the scan, what the model is, the notice


def test_a_name_that_is_no_text(any_model, scan, tmp_path):
    odd = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.png")
    shutil.copy(scan(180), odd)
    for kind in ("text", "json", "ndjson", "csv"):
        status, out, _ = run(os.fsdecode(odd), "--model", any_model, "--format", kind)
        assert status == 0
        assert "TUMOR" in out or "tumor" in out


def test_a_frame_is_chosen(any_model, scan, tmp_path):
    from PIL import Image

    dark, bright = (Image.open(scan(mean, f"{mean}.png")) for mean in (60, 190))
    dark.save(tmp_path / "two.gif", save_all=True, append_images=[bright])
    path = tmp_path / "two.gif"
    status, out, err = run(path, "--model", any_model)
    assert (status, out) == (1, "")
    assert "holds 2 frames; choose one with --frame" in err
    assert "no tumor" in run(path, "--model", any_model, "--frame", 1)[1]
    assert "TUMOR" in run(path, "--model", any_model, "--frame", 2)[1]
    assert run(path, "--model", any_model, "--frame", 0)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no scan given"),
        (["--model", "m.tflite"], "no scan given"),
        (["x.png", "--model", "gone.tflite"], "gone.tflite: no such model file"),
        (["--modle", "m.tflite"], "unknown option --modle; did you mean --model?"),
        (["--mod", "m.tflite"], "unknown option --mod; did you mean --model?"),
        (["x.png", "--threads", "0"], "'0' is not a whole number of 1 or more"),
        (["x.png", "--model", ""], "--model: an empty name; is a variable not set?"),
        (["x.png", "--out", ""], "--out: an empty name"),
        (["x.png", "--format", "xml"], "--format: unknown value 'xml' (known: text, "),
    ],
)
def test_wrong_usage(arguments, words):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_an_unusable_model_is_one_line(any_model, scan):
    data = any_model.read_bytes()
    any_model.write_bytes(data[: len(data) // 2])
    status, out, err = run(scan(180), "--model", any_model)
    assert (status, out) == (2, "")
    assert err.startswith(f"edge-classify: {any_model}: ")
    assert len(err.splitlines()) == 1


def test_self_test(model):
    status, out, err = run("--self-test", "--model", model)
    assert (status, err) == (0, "")
    assert out.startswith("self-test passed (")
    assert NOTICE in out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("format", ["text", "json", "csv"])
def test_a_full_disk_is_one_line(any_model, scan, format):
    command = (
        f"{sys.executable} -m edge {scan(180)} --model {any_model} --format {format} >/dev/full"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("edge-classify: the results cannot be written (No space left")
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_leaves(any_model, scan):
    paths = " ".join([str(scan(180))] * 300)
    command = f"{sys.executable} -m edge {paths} --model {any_model} --format ndjson | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["verdict"] == "tumor"
    assert done.stderr == ""


def test_version_and_help_carry_the_notice():
    assert run("--version")[1] == f"edge-classify {__version__}. {NOTICE}\n"
    status, out, _ = run("--help")
    assert status == 0
    assert NOTICE in out.replace("\n", " ")


def test_what_help_says_is_true():
    # The parser spells these out so that --help imports nothing.
    assert tuple(engines.ENGINES) == arguments._ENGINE_NAMES
    assert tuple(providers.PROVIDERS) == arguments._PROVIDER_NAMES
    assert tuple(writers.WRITERS) == arguments._FORMATS
    assert f"{heat_map.PATCHES + 1} times" in arguments.parser().format_help()
    assert watch.RESULTS in arguments.parser().format_help()
    assert arguments.parser().get_default("threads") == engines.DEFAULT_THREADS


def test_the_stored_help_is_the_parsers():
    # After a change of the arguments, print format_help() into edge/app/help_text.py.
    assert arguments.parser().format_help() == help_text.HELP


def test_results_do_not_replace_a_scan_or_the_model(model, scan, tmp_path):
    """`--out *.png` gives the first scan's name to --out."""
    picture, copy = scan(180), tmp_path / "model.tflite"
    shutil.copy(model, copy)
    for target in (picture, copy):
        before = target.read_bytes()
        status, _, err = run(scan(181, "other.png"), "--model", model, "--out", target)
        assert status == 2
        assert "must not replace" in err
        assert target.read_bytes() == before


def test_results_replace_earlier_results(model, scan, tmp_path):
    out = tmp_path / "results.json"
    for _ in range(2):
        assert run(scan(180), "--model", model, "--out", out, "--format", "json")[0] == 0
    assert json.loads(out.read_text())["results"]


def test_what_pillow_logs_is_not_printed(tmp_path):
    from tests.edge.tiff_files import write_tiff

    path = write_tiff(tmp_path / "odd.tif", np.zeros((8, 8), np.uint8))
    data = path.read_bytes()
    at = data.index((277).to_bytes(2, "little") + (3).to_bytes(2, "little"))  # SamplesPerPixel
    path.write_bytes(data[: at + 8] + (64003).to_bytes(2, "little") + data[at + 10 :])
    status, _, errors = run(str(path))
    assert status == 1
    assert len(errors.strip().splitlines()) == 1, errors


@pytest.mark.parametrize("name", ["r.xlsx", "r.pdf", "r.json.gz"])
def test_results_of_an_unknown_ending_are_refused(model, scan, tmp_path, name):
    status, _, err = run(scan(180), "--model", model, "--out", tmp_path / name)
    assert status == 2
    assert "no results are written as ." in err
    assert not (tmp_path / name).exists()
    assert run(scan(180), "--model", model, "--out", tmp_path / name, "--format", "csv")[0] == 0
    assert run(scan(180), "--model", model, "--out", tmp_path / name)[0] == 2, "though it is there"
    for plain in ("r", "r.txt", "r.log"):
        assert run(scan(180), "--model", model, "--out", tmp_path / plain)[0] == 0
        assert "TUMOR" in (tmp_path / plain).read_text()


@pytest.mark.parametrize("names", ["", "\n", "\n\r\n"])
def test_a_list_without_a_name_is_no_success(model, names):
    status, out, err = run("-", "--model", model, "--format", "json", input=names)
    assert status == 1
    assert "standard input names no scan" in out + err


def test_a_file_that_looks_like_an_option(scan, tmp_path):
    scan(180, "-dash.png")
    status, _, err = run("-dash.png", cwd=tmp_path)
    assert (status, "a file of such a name goes behind --" in err) == (2, True)


def test_a_model_without_a_learned_gate_says_so(model):
    status, out, _ = run("--self-test", "--model", model)
    assert status == 0
    assert "no gate was learned" in out
    assert "no gate was learned" not in run("--self-test")[1]


def test_pictures_into_a_file(model, scan, tmp_path):
    status, _, err = run(scan(180), "--model", model, "--explain", scan(181, "other.png"))
    assert status == 2
    assert "it is a file; name a folder" in err
