"""The report as data, in words, merged, and in the README."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.accuracy.agreement import Accuracy, Share
from benchmarks.cli import main
from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.report import readme
from benchmarks.report.merge import merged
from benchmarks.report.output import columns, markdown, markdown_table, plain, write
from benchmarks.report.tables import tables
from benchmarks.results import json_schema
from benchmarks.results.benchmark_report import read_report
from edge.model_file.dataclass_json import to_json
from tests.benchmarks.reports import MACHINE, group, model, report

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(to_json(report())))
    return path


def test_a_report_is_read_back_as_it_was_written(file):
    assert read_report(file) == report()


def test_the_schema_is_that_of_the_code():
    committed = (ROOT / "docs" / "benchmarks" / "report.schema.json").read_text()
    assert committed == json_schema.text(), (
        "python -m benchmarks schema > docs/benchmarks/report.schema.json"
    )


def test_the_schema_knows_every_key_of_a_report():
    definitions = json_schema.schema()["$defs"]
    assert set(to_json(report())) == set(definitions["Report"]["properties"])
    assert set(to_json(model())) == set(definitions["Model"]["properties"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no report"),
        ("[1]", "is no report"),
        ('{"schema_version": "1.0"}', "has schema version 1.0, this mri-edge reads 2.1"),
        ('{"schema_version": "2.7"}', "is damaged"),
    ],
)
def test_other_files_are_refused(text, words, tmp_path, capsys):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=words):
        read_report(path)
    assert main(["merge", str(path)]) == 2
    assert main(["m.tflite", "--out", str(tmp_path), "--baseline", str(path)]) == 2
    assert capsys.readouterr().err.count(f"{path}: {words.split(',')[0]}") == 2


def test_a_missing_report(tmp_path, capsys):
    assert main(["merge", str(tmp_path / "gone.json")]) == 2
    assert "gone.json: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("words", [plain, markdown])
def test_the_words_are_the_figures(words):
    text = words(report())
    for part in (
        "Board 5, 4 cores, aarch64",
        "clock governor not told",
        "temperature not told",
        "SYNTHETIC",
        "not a medical device",
        "80.00 [72.00-88.00]",
        "100.0% [83.9%-100.0%] (20 of 20)",
        "arithmetic",
        "not measured",
        "bad.onnx: its self-test failed",
    ):
        assert part in text
    assert "PARTIAL" not in text
    assert "DEGENERATE" not in text
    assert "PARTIAL" in words(report(partial=True))


@pytest.mark.parametrize("words", [plain, markdown])
def test_a_degenerate_model_is_called_so(words):
    found = Accuracy(Share.of(31, 51), Share.of(31, 31), Share.of(0, 20), 0.5, 0.1)
    useless = model(judged=replace(model().judged, accuracy=found))
    text = words(report(group(useless)))
    assert "cnn, cnn-int8.tflite (litert): DEGENERATE: every scan is above the threshold" in text
    assert "specificity 0 of 20" in text
    assert "cnn, Keras: DEGENERATE" in words(report(group(keras_accuracy=found)))


def test_no_table_is_wider_than_a_page():
    """Of this report, and of one with long figures."""
    slow = model(1234.5, 1234.5, engine="onnxruntime", format="onnx", file="vgg16-253-int8.onnx")
    both = report(group(model(), slow, run="vgg16-253"))
    for table in tables(both):
        lines = markdown_table(table)
        assert max(map(len, lines)) <= 110, table.title
        assert max(map(len, columns(table))) <= 110, table.title


def test_nothing_measured_is_shown_as_nothing():
    bare = model(
        judged=None, rows=(), stages=None, cost=None, cold=None, memory=None, throughput=None
    )
    text = plain(report(group(bare, keras=(), conditions=None), peaks=(), partial=True))
    assert "Inference" not in text
    assert "PARTIAL" in text


def test_a_noisy_row_is_marked():
    from tests.benchmarks.reports import latency

    row = replace(model().rows[0], inference=latency(1.0, drift=0.1))
    assert "NOISY" in plain(report(group(model(rows=(row,)))))
    assert "NOISY" not in plain(report())


def test_it_leaves_files_and_pictures(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    write(report(), tmp_path)
    names = {"latency-percentiles.png", "accuracy-latency.png", "stages.png", "floor.png"}
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.md", *names}
    assert all(f"]({name})" in (tmp_path / "report.md").read_text() for name in names)
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert min(image.size) > 150


def test_merged_there_is_a_column_for_each_machine(file, tmp_path, capsys):
    other = tmp_path / "pi.json"
    file.write_text(json.dumps(to_json(report(group(model(0.99))))))
    pi = report(group(model(7.0), keras=()), machine=replace(MACHINE, processor="Pi"))
    other.write_text(json.dumps(to_json(pi)))
    assert main(["merge", str(file), str(other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    machines = [line.split(":")[0] for line in lines if line[:1].isdigit()]
    assert machines == ["1. Board 5", "2. Pi"]
    at = lines.index("## cnn, int8 tflite, cnn-int8.tflite, litert")
    assert [cell.strip() for cell in lines[at + 2].split("|")[1:-1]] == ["measure", "1", "2"]
    (row,) = [line for line in lines if "inference p50 / p90, ms, 1 thread" in line]
    assert [cell.strip() for cell in row.split("|")[2:4]] == ["1.02 / 1.06", "7.25 / 7.49"]
    at = lines.index("## cnn, Keras predict, keras")
    assert [cell.strip() for cell in lines[at + 2].split("|")[1:-1]] == ["measure", "1"]


def test_merged_tables_fit_on_a_page():
    """However many machines, and whatever a model is called."""
    long = group(model(1000.0, file=f"{'long-' * 20}int8.tflite"))
    text = merged([report(long)] * 9, [f"{n}.json" for n in range(9)])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert max(map(len, rows)) <= 110
    assert sum(row.startswith("| measure") for row in rows) > 2
    for number in range(1, 10):
        assert any(f"| {number} " in row for row in rows if row.startswith("| measure"))


def test_machines_of_one_name_are_told_apart_by_their_files():
    text = merged([report(), report()], ["a.json", "b.json"])
    assert "Board 5 (a.json)" in text
    assert "Board 5 (b.json)" in text


def test_two_files_of_one_kind_have_rows_of_their_own_when_merged():
    both = report(group(model(1.0), model(2.0, file="cnn-int8-batch.tflite")))
    lines = merged([both], ["a.json"]).splitlines()
    measured = [at for at, line in enumerate(lines) if "inference p50 / p90, ms, 1 thread " in line]
    assert len(measured) == 2
    titles = [at for at, line in enumerate(lines) if line.startswith("## ") and "tflite" in line]
    assert ["batch" in lines[at] for at in titles] == [False, True]
    assert titles[0] < measured[0] < titles[1] < measured[1]


def test_the_readme_is_rewritten_between_its_markers():
    text = (
        "Before.\n<!-- benchmarks results: made -->\nstale words\n<!-- benchmarks end -->\nAfter.\n"
    )
    once = readme.rewritten(text, report())
    assert "stale words" not in once
    assert "80.0 [72.0-88.0]" in once
    assert once.startswith("Before.\n<!-- benchmarks results: made -->\n")
    assert once.endswith("\n<!-- benchmarks end -->\nAfter.\n")
    assert readme.rewritten(once, report()) == once
    assert readme.rewritten(once, report(group(model(9.0)))) != once


def test_an_unknown_marker_is_an_error():
    text = "<!-- benchmarks nonsense: x -->\n<!-- benchmarks end -->\n"
    with pytest.raises(BenchmarkError, match="unknown block 'nonsense'"):
        readme.rewritten(text, report())


def test_pictures_carry_the_report_that_they_show(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    (tmp_path / "docs" / "benchmarks").mkdir(parents=True)
    for name in readme.DOCUMENTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<!-- benchmarks full: x -->\n<!-- benchmarks end -->\n")
    path = tmp_path / readme.REPORT
    path.write_text(json.dumps(to_json(report())))
    readme.write(tmp_path, path)
    assert readme.stale(tmp_path, path) == []
    drawn = {f"{name}.png" for name in readme._drawn(report())}
    assert drawn == {file.name for file in path.parent.glob("*.png")}
    floor = path.parent / "floor.png"
    whole = floor.read_bytes()
    floor.unlink()
    assert readme.stale(tmp_path, path) == [f"{floor} (missing)"]
    floor.write_bytes(whole)
    path.write_text(json.dumps(to_json(report(seconds=13.0))))
    stale = readme.stale(tmp_path, path)
    assert "README.md" in stale
    assert any(name.endswith("floor.png") for name in stale)


def test_nothing_is_overwritten_unless_asked(monkeypatch, capsys):
    def write(*_):
        raise AssertionError("written")

    monkeypatch.setattr(readme, "write", write)
    monkeypatch.setattr(readme, "stale", lambda *_: ["README.md"])
    assert main(["readme"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "stale: README.md",
        "write them anew: python -m benchmarks readme --write",
    ]
    monkeypatch.setattr(readme, "stale", lambda *_: [])
    assert main(["readme"]) == 0


def test_the_committed_tables_fit_on_a_page():
    blocks = [(ROOT / readme.FULL).read_text()]
    blocks += readme._BLOCK.search((ROOT / "README.md").read_text()).group(0, 0)
    for text in blocks:
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert rows
        assert max(map(len, rows)) <= 110
    assert max(row.count("|") for row in rows) == 6  # five columns in the README


def test_the_committed_documents_match_the_committed_report():
    if not (ROOT / readme.REPORT).is_file():
        pytest.skip(f"no report is committed at {readme.REPORT}")
    assert readme.stale(ROOT, ROOT / readme.REPORT) == [], (
        "run: python -m benchmarks readme --write"
    )


def test_every_document_has_a_marker():
    for name in readme.DOCUMENTS:
        assert readme.rewritten((ROOT / name).read_text(), report()) != (ROOT / name).read_text()


class Stream:
    """Takes lines."""

    def __init__(self, terminal):
        self.text, self._terminal = "", terminal

    def isatty(self):
        return self._terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_progress_tells_the_time_left():
    now = [0.0]
    stream = Stream(False)
    progress = Progress(stream, lambda: now[0])
    progress.start("look")
    progress.plan("a", 60)
    progress.plan("b", 60)
    progress.start("a")
    now[0] = 30.0
    progress.at(0.5)
    assert progress.left() == 90
    progress.start("b")
    progress.plan("b", 10)
    assert progress.left() == 10
    assert stream.text.splitlines() == [
        "look",
        "[  0%, about 2:00 left] a",
        "[ 33%, about 1:00 left] b",
    ]


def test_on_a_terminal_progress_is_one_line():
    stream = Stream(True)
    progress = Progress(stream, lambda: 0.0)
    progress.plan("a", 60)
    progress.start("a")
    progress.at(0.5)
    progress.note("a note")
    progress.end()
    assert stream.text.count("\n") == 1
    assert stream.text.endswith("\x1b[K")
