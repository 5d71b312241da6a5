"""Text from outside, in what it is written into: one line, no formula, no markup, no code."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from edge.console.escape import csv_cell, html, markdown
from edge.inference.prediction import Prediction
from edge.parallel.pipeline import Outcome
from edge.results.writers import WRITERS

NASTY = [
    "a\rb\nc.png",
    "=HYPERLINK(1)",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1",
    "x\x1b[2Jy",
    "a\u202etxt.exe",
    "a\u2066b",
    '"quoted", with a comma',
    "<img src=x onerror=alert(1)>",
    "\udcff\ud800",
    "a\0b\x7f\x85\u2028c",
]


def outcome(name: str, **changes) -> Outcome:
    prediction = Prediction(
        **{
            "verdict": "tumor",
            "probability": 0.5,
            "reason": name,
            "model": name,
            "model_sha256": "0" * 64,
            "decode_ms": 1.0,
            "preprocess_ms": 1.0,
            "inference_ms": 1.0,
            "remarks": (name,),
            "synthetic": False,
            **changes,
        }
    )
    return Outcome(name, prediction, None)


def written(format: str, *names: str) -> str:
    stream = io.StringIO()
    writer = WRITERS[format](stream)
    for name in names:
        writer.write(outcome(name))
        writer.write(Outcome(name, None, f"{name}: is damaged"))
    writer.close()
    return stream.getvalue()


@pytest.mark.parametrize("name", NASTY)
def test_a_row_a_result_and_no_formula(name):
    text = written("csv", name)
    assert len(text.splitlines()) == 3
    rows = list(csv.reader(io.StringIO(text)))
    assert [len(row) for row in rows] == [len(rows[0])] * 3
    assert all(cell.isprintable() for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+-@＝＋－＠")]
    text.encode()  # as files are written, and no half letters


def test_numbers_are_no_formulas():
    assert csv_cell(-0.5) == -0.5
    assert csv_cell(None) is None
    assert csv_cell("scan.png") == "scan.png"
    assert csv_cell("-x.png") == "'-x.png"


@pytest.mark.parametrize("name", NASTY)
def test_a_line_a_result_on_a_terminal(name):
    lines = written("text", name).split("\n")
    assert len(lines) == 3  # the result, the notice, and nothing behind it
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", NASTY)
def test_json_has_names_exactly(name):
    lines = written("ndjson", name).split("\n")
    assert len(lines) == 3
    assert lines[0].isascii()
    assert json.loads(lines[0])["path"] == name


@pytest.mark.parametrize("name", NASTY)
def test_a_web_page_has_text_only(name):
    page = written("html", name)
    assert "<img src=x" not in page
    body = page.partition('<section id="results"')[2].partition("<script>")[0]
    assert "article" in body
    assert all(line.isprintable() for line in body.split("\n"))
    assert html("<a href='x'>&") == "&lt;a href=&#x27;x&#x27;&gt;&amp;"


def test_markdown_has_text_only():
    for text in ("![x](http://e)", "<b>", "a|b", "`c`", "**d**", "# e", "~~f~~", "_g_", "&lt;"):
        assert markdown(text) not in (text, "")
        for c in "<>|`*~":
            assert c not in markdown(text).replace(f"\\{c}", "")
    assert markdown("![x](y)") == r"\![x\](y)"
    assert markdown("80.0 [72.0-88.0]") == "80.0 [72.0-88.0]"
    assert markdown("brain_tumor_dataset/yes 1.png") == "brain_tumor_dataset/yes 1.png"
    assert markdown("www.evil.org http://x") == r"www\.evil.org http\://x"
    assert "\n" not in markdown("a\nb")


MARKER = b"Zzyzx Patience 1970"


@pytest.fixture
def marked(tmp_path):
    """Scans whose files carry a marker beside their pixels."""
    picture = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1)))
    exif = Image.Exif()
    exif[270] = MARKER.decode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARKER.decode())
    files = []
    for name, options in {
        "a.jpg": {"comment": MARKER, "exif": exif, "icc_profile": MARKER},
        "b.gif": {"comment": MARKER},
        "c.png": {"pnginfo": text, "icc_profile": MARKER, "exif": exif},
        "d.webp": {"exif": exif, "icc_profile": MARKER, "xmp": MARKER},
        "e.tif": {"description": MARKER.decode(), "icc_profile": MARKER},
    }.items():
        picture.save(tmp_path / name, **options)
        assert MARKER in (tmp_path / name).read_bytes() or name == "c.png"
        files.append(tmp_path / name)
    return files


def test_nothing_but_pixels_goes_on(marked):
    from edge.saliency.layers import scan_jpeg
    from edge.scan.decode import decode

    for file in marked:
        image = decode(file)
        assert image.info == {}
        stream = io.BytesIO()
        image.save(stream, "PNG")
        assert MARKER not in stream.getvalue()
        with Image.open(file) as opened:  # as a program gives it
            opened.load()
            assert MARKER not in scan_jpeg(opened.convert("RGB"), 128)


def test_pictures_and_pages_carry_nothing_of_the_files(marked, any_model, tmp_path):
    from base64 import b64decode

    from edge.cli import main

    arguments = ["--model", any_model, "--explain", tmp_path / "p", "--format", "html"]
    main([*map(str, marked), *map(str, arguments), "--out", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text()
    parts = [b64decode(part.partition('"')[0]) for part in page.split("base64,")[1:]]
    assert len(parts) == 3 * len(marked)  # the scan, and once more under its heat map
    parts += [path.read_bytes() for path in (tmp_path / "p").iterdir()]
    assert not [part for part in parts if MARKER in part]
