"""When a study is judged, and that a restart judges none twice."""

import json

import pytest

pytest.importorskip("pydicom")
from edge.inference.engines import installed
from edge.model_file.container import open_model
from edge.pacs.study.studies import LATER, NOT_MADE, QUEUED, Studies
from edge.pacs.study.studies_file import studies_path
from tests.edge.conftest import MODELS
from tests.edge.dicom_files import write_dicom
from tests.edge.pacs.network import read, write_slices
from tests.edge.series.test_grouping import picture


@pytest.fixture
def spool(tmp_path):
    """Three slices of two studies, and the lines of their verdicts."""
    folder, out = tmp_path / "spool", tmp_path / "results.ndjson"
    files = write_slices(folder / "1.2.3", 2) + write_slices(folder / "1.2.4", 1, study="1.2.4")
    with open(out, "w") as lines:
        for number, file in enumerate(files):
            record = {"path": str(file), "verdict": "tumor", "probability": 0.9, "reason": None}
            record |= {"model": "tiny", "model_sha256": "0" * 64, "synthetic": True, "error": None}
            record["file"] = {"path": str(file), "sha256": f"{number:064x}"}
            lines.write(json.dumps(record) + "\n")
    return folder, out


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def studies(spool, clock=None, settle=10.0, reports=None):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    manifest = open_model(MODELS / "tiny.tflite").manifest
    written = []
    folder, out = spool
    clock = clock or Clock()
    made = Studies(str(folder), str(out), manifest, settle, written.append, clock, reports)
    return made, written


def test_each_is_judged_when_it_has_settled(spool):
    clock = Clock()
    made, written = studies(spool, clock)
    assert made.judge_due() == pytest.approx(10)
    clock.now = 9.0
    made.add(str(spool[0] / "1.2.4" / "late.dcm"), "ab")
    clock.now = 11.0
    assert made.judge_due() == pytest.approx(8)
    assert [line["slices"] for line in written] == [2]
    assert written[0]["verdict"] == "tumor"
    assert written[0]["series"][0]["counted"] == 2


def test_a_slice_without_a_line_is_waited_for(spool):
    clock = Clock()
    made, written = studies(spool, clock)
    assert not made.lacks_lines()
    (spool[0] / "1.2.3" / "waits.dcm").write_bytes(b"")
    assert made.lacks_lines()
    clock.now = 11.0
    made.judge_due()
    assert [line["study"].rpartition("/")[2] for line in written] == ["1.2.4"]


def test_a_line_that_was_cut_short_at_any_byte_is_written_again(spool):
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    assert len(written) == 2
    path = spool[1].with_name("results.studies.ndjson")
    assert str(path) == studies_path(str(spool[1]))
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    for size in [*range(0, len(whole), 97), *ends]:
        path.write_bytes(whole[:size])
        made, _ = studies(spool, settle=0.0)
        made.judge_due()
        made.close()
        assert sorted(line["study"] for line in read(path)) == sorted(
            line["study"] for line in written
        )
        assert {line["version"] for line in read(path)} == {1}


def test_a_line_that_lacks_its_end_alone_is_kept(spool):
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    path = spool[1].with_name("results.studies.ndjson")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    made, again = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    assert (len(written), again, path.read_bytes()) == (2, [], whole)


@pytest.mark.parametrize("text", [b"shopping", b"shopping\n", b"milk\n{", b'{"a": 1}\n', b"\n"])
def test_another_file_is_left_as_it_is(spool, text):
    from edge.errors import EdgeError

    path = spool[1].with_name("results.studies.ndjson")
    path.write_bytes(text)
    for _ in range(2):
        with pytest.raises(EdgeError, match="is no file of studies"):
            studies(spool)
    assert path.read_bytes() == text


def test_two_nodes_cannot_write_to_the_same_file(spool):
    from edge.errors import EdgeError

    made, _ = studies(spool)
    with pytest.raises(EdgeError, match="stop that one first"):
        studies(spool)
    made.close()


@pytest.mark.parametrize(("error", "verdict"), [(None, "no_tumor"), ("damaged", "uncertain")])
def test_an_unread_slice_clears_no_study(spool, error, verdict):
    """Not even where it is a series by itself, beside one that is clear."""
    folder, out = spool
    records = []
    for number in range(1, 6):
        (file,) = write_slices(
            folder / "1.2.9",
            1,
            study="1.2.9",
            first=number,
            SeriesInstanceUID=f"1.2.9.{1 + number // 3}",
        )
        bad = error if number == 5 else None
        record = {"path": str(file), "verdict": None if bad else "no_tumor", "error": bad}
        record |= {"probability": None if bad else 0.01, "reason": None, "model": "tiny"}
        record |= {"model_sha256": "0" * 64, "synthetic": True}
        record["file"] = {"path": str(file), "sha256": f"{number:064x}"}
        records.append(record)
    with open(out, "a") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    (line,) = (one for one in written if one["study"].endswith("1.2.9"))
    assert line["verdict"] == verdict


class Fake:
    """Reports that are made when somebody says so."""

    def __init__(self):
        self.begun, self.result = [], None

    def begin(self, inputs):
        self.begun.append(inputs)
        self.result = None

    def outcome(self):
        return self.result


@pytest.fixture
def judged(spool):
    clock, fake = Clock(), Fake()
    made, written = studies(spool, clock, reports=fake)
    clock.now = 11.0
    yield made, written, fake, clock
    made.close()


def test_a_line_comes_after_the_report_and_one_study_at_a_time(judged):
    made, written, fake, _ = judged
    made.judge_due()
    made.judge_due()
    assert (len(fake.begun), written, made.is_reporting) == (1, [], True)
    fake.result = QUEUED
    made.judge_due()
    assert [(line["slices"], line["report"]) for line in written] == [(2, "queued")]
    assert len(fake.begun) == 2
    fake.result = NOT_MADE
    made.judge_due()
    assert [line["report"] for line in written] == ["queued", "failed"]
    assert (made.is_reporting, made.unfinished, made.failed) == (False, 0, True)


def test_a_slice_that_comes_while_the_report_is_made(judged, spool):
    made, written, fake, clock = judged
    made.judge_due()
    made.add(str(spool[0] / "1.2.3" / "late.dcm"), "ab")
    fake.result = QUEUED
    made.judge_due()
    assert [line["version"] for line in written] == [1]
    assert made.unfinished == 2
    fake.result = QUEUED
    made.judge_due()
    clock.now = 22.0
    made.judge_due()
    fake.result = QUEUED
    made.judge_due()
    assert [(line["study"][-5:], line["version"]) for line in written] == [
        *(("1.2.3", 1), ("1.2.4", 1), ("1.2.3", 2)),
    ]
    assert written[0]["content"] != written[2]["content"]


def test_a_report_without_room_is_tried_again_later(judged):
    made, written, fake, clock = judged
    made.judge_due()
    fake.result = LATER
    left = made.judge_due()  # and the other study goes on
    assert left == pytest.approx(30)
    assert len(fake.begun) == 2
    fake.result = QUEUED
    made.judge_due()
    assert [line["slices"] for line in written] == [1]
    clock.now = 42.0
    made.judge_due()
    assert len(fake.begun) == 3
    fake.result = QUEUED
    made.judge_due()
    assert [line["slices"] for line in written] == [1, 2]


SENT_AGAIN = {  # later bytes under one number, and the probabilities that count then
    "another picture": ({"mean": 90}, None, [0.9, 0.1]),
    "a corrected header": ({"WindowCenter": 1, "WindowWidth": 9}, None, [0.1]),
    "a damaged file": ({}, "damaged", [0.9]),
}


@pytest.mark.parametrize("what", SENT_AGAIN)
def test_of_one_number_the_last_of_each_picture_counts(spool, what):
    """Two series may be numbered alike; then the later one must not hide the first one's tumor."""
    elements, error, counted = SENT_AGAIN[what]
    folder, out = spool
    (folder / "1.2.9").mkdir()
    with open(out, "a") as lines:
        for name, probability, options, problem in (
            ("1.2.9.1", 0.9, {}, None),
            ("1.2.9.1-ab", 0.1, elements, error),
        ):
            options = dict(options)
            file = write_dicom(
                folder / "1.2.9" / f"{name}.dcm", picture(options.pop("mean", 120)), **options
            )
            record = {"verdict": "tumor" if probability > 0.5 else "no_tumor", "error": None}
            record |= {"probability": probability, "reason": None, "model": "tiny"}
            record |= {"model_sha256": "0" * 64, "synthetic": True}
            if problem:
                record = {"verdict": None, "error": problem}
            record["file"] = {"path": str(file), "sha256": name}
            lines.write(json.dumps(record) + "\n")
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    (line,) = [one for one in written if one["study"].endswith("1.2.9")]
    assert line["slices"] == len(counted)
    strongest = [slice_ for series in line["series"] for slice_ in series["strongest"]]
    assert sorted((one["probability"] for one in strongest), reverse=True) == counted


DAMAGED = [
    {"model": None},
    {"model": "gone"},
    {"probability": "0.9"},
    {"probability": 7},
    {"probability": True},
    {"probability": None},
    {"verdict": "clear"},
    {"type": ["glioma"]},
    {"type_probabilities": {"glioma": "much"}},
    {"type_probabilities": [0.5]},
    {"type_probabilities": "much"},
]


def judged_with(spool, change):
    """The series of a study of two slices, the first of whose lines is another."""
    out = spool[1]
    records = [json.loads(line) for line in out.read_text().splitlines()]
    records[0] = {key: value for key, value in (records[0] | change).items() if value != "gone"}
    out.write_text("".join(json.dumps(record) + "\n" for record in records))
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    made.close()
    (line,) = [one for one in written if one["study"].endswith("1.2.3")]
    (series,) = line["series"]
    return series


@pytest.mark.parametrize("change", DAMAGED, ids=str)
def test_a_line_that_was_changed_since_is_no_result(spool, change):
    series = judged_with(spool, change)
    assert (series["counted"], series["unread"]) == (1, 1)


def test_slices_of_two_models_make_no_verdict(spool):
    series = judged_with(spool, {"model_sha256": "1" * 64})
    assert (series["counted"], series["unread"], series["model_sha256"]) == (1, 1, "0" * 64)
    assert (
        "1 slice was judged by another model before; classify the study with --series"
        in series["remarks"]
    )


def test_slices_that_are_classified_again_are_no_others(spool):
    """As where the results were taken away beneath a running node."""
    made, written = studies(spool, settle=0.0)
    made.judge_due()
    lines = spool[1].read_text().splitlines()
    spool[1].write_text(lines[1] + "\n")
    made.count_again()
    assert made.lacks_lines()
    for line in lines[::2]:
        made.add(*(json.loads(line)["file"][key] for key in ("path", "sha256")))
    made.judge_due()
    made.close()
    assert ([line["version"] for line in written], made.unfinished) == ([1, 1], 0)
