"""The JSON API as its OpenAPI file has it, asked by a client that knows nothing else."""

import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from edge import NOTICE, Classifier, __version__
from edge.parallel.pipeline import classify_many
from edge.series.result import judge
from edge.series.rule import rule_for
from edge.series.slice_position import read_place
from tests.edge.serve.conftest import SAMPLE, SAMPLES

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture(scope="module")
def document(server):
    return server.json("GET", "/openapi.json")[1]


@pytest.fixture(scope="module")
def call(server, document):
    """A client made from the file alone: what it does not describe cannot be asked or answered."""
    operations = {
        one["operationId"]: (method.upper(), path, one)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }

    def client(name, body=None, **query):
        method, path, operation = operations[name]
        known = {one["name"] for one in operation.get("parameters", ())}
        assert set(query) <= known
        if query:
            path += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        status, headers, text = server.ask(method, path, body)
        content = operation["responses"][str(status)]["content"]
        kind = headers["Content-Type"].partition(";")[0]
        schema = {**content[kind]["schema"], "components": document["components"]}
        if kind == "text/plain":
            return status, text.decode()
        found = [json.loads(line) for line in text.splitlines()]
        if kind == "application/json":
            found = [json.loads(text)]
        for one in found:
            jsonschema.Draft202012Validator(schema).validate(one)
        return status, found if kind == "application/x-ndjson" else found[0]

    return client


def png(mean=90, size=(64, 64), **options):
    rows = np.linspace(max(0, mean - 40), min(255, mean + 40), size[1])
    file = io.BytesIO()
    Image.fromarray(np.tile(rows, (size[0], 1)).astype(np.uint8)).save(file, "PNG", **options)
    return file.getvalue()


def test_the_openapi_file_is_valid_and_of_this_version(document):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)
    assert document["info"]["version"] == __version__
    assert NOTICE in document["info"]["description"]


def test_every_route_is_described(document, server):
    from edge.serve.service_api import ServiceApi

    described = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods}
    import inspect
    import re

    source = inspect.getsource(ServiceApi)
    routes = set(re.findall(r'\("(GET|POST)", "(/[^"]+)"\)', source))
    assert described == {*routes, ("GET", "/openapi.json")}


@pytest.mark.parametrize("file", sorted(SAMPLES.iterdir()), ids=lambda file: file.stem)
def test_the_verdict_is_that_of_the_classifier(call, file):
    status, result = call("classify", file.read_bytes())
    expected = Classifier().classify(file).to_dict()
    assert status == 200
    for key, value in expected.items():
        if key != "timings_ms":
            assert result[key] == value
    assert result["notice"] == NOTICE


def test_pictures_come_after_the_verdict(call, server):
    _, (first, second) = call("classify", SAMPLE.read_bytes(), pictures=1)
    assert first["result"]["verdict"] == "tumor"
    pictures = second["pictures"]
    scan, heat = map(opened, (pictures["scan"], pictures["heat_map"]["image"]))
    assert scan.size == (256, 256)
    assert heat.convert("RGBA").getchannel("A").getextrema() == (0, 255)
    assert abs(heat.width / heat.height - scan.width / scan.height) < 0.02


def opened(address):
    from base64 import b64decode

    return Image.open(io.BytesIO(b64decode(address.partition("base64,")[2])))


def test_a_model_without_a_map_gives_the_scan_alone(tiny):
    status, _, text = tiny.ask("POST", "/v1/classify?pictures=1", png(180))
    assert status == 200
    pictures = json.loads(text.splitlines()[1])["pictures"]
    assert pictures["scan"]
    assert pictures["heat_map"] is None


def test_what_is_no_scan_is_told_without_a_name(call):
    status, found = call("classify", b"no picture")
    assert (status, found["kind"]) == (422, "unreadable")
    assert found["error"].startswith("is not an image of a supported format")
    assert call("classify", SAMPLE.read_bytes()[:9000])[0] == 422


def test_a_file_that_is_rejected_is_a_verdict(call):
    file = io.BytesIO()
    Image.new("RGB", (300, 200), (90, 160, 220)).save(file, "PNG")
    status, (first, second) = call("classify", file.getvalue(), pictures=1)
    assert (status, first["result"]["verdict"]) == (200, "rejected")
    assert first["result"]["probability"] is None
    assert second["pictures"]["heat_map"] is None


def test_frames_are_counted_and_asked_for_one_by_one(call):
    pages = [Image.open(SAMPLES / f"phantom-{kind}-1.png") for kind in ("tumor", "no-tumor")]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    status, found = call("classify", file.getvalue())
    assert (status, found["frames"]) == (422, 2)
    words = [call("classify", file.getvalue(), frame=n)[1]["verdict"] for n in (1, 2)]
    assert words == ["tumor", "no_tumor"]
    assert call("classify", file.getvalue(), frame=3)[0] == 422


def test_a_dicom_slice_says_which_series_it_is_of(call, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    from tests.edge.dicom_files import write_dicom

    pixels = np.asarray(Image.open(SAMPLE)).astype(np.uint16) * 8
    path = tmp_path / "slice.dcm"
    write_dicom(path, pixels)
    data = pydicom.dcmread(path)
    data.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.7731"
    data.save_as(path)
    _, (first, second) = call("classify", path.read_bytes(), pictures=1)
    assert first["result"]["verdict"] == Classifier().classify(path).verdict
    assert second["series_hash"] == read_place(str(path)).series
    assert len(second["series_hash"]) == 16


def test_the_study_is_judged_by_the_rule_of_series(call):
    files = sorted(SAMPLES.iterdir())
    results = [call("classify", file.read_bytes())[1] for file in files]
    status, found = call("judgeSeries", json.dumps({"slices": [*results, {"verdict": None}]}))
    assert status == 200
    classifier = Classifier()
    expected = judge(
        "x", None, list(classify_many(classifier, files, jobs=1)), rule_for(classifier.manifest)
    ).to_dict()
    for key in ("verdict", "score", "mean_log_odds", "tumor", "counted", "rule", "notice"):
        assert found[key] == expected[key]
    assert found["unread"] == 1
    assert files[found["strongest"][0]["slice"] - 1] == type(files[0])(
        expected["strongest"][0]["path"]
    )


BAD_SLICES = [
    b"",
    b"[]",
    b"{",
    b'{"slices": []}',
    b'{"slices": [1]}',
    b'{"slices": [{"verdict": "well"}]}',
    b'{"slices": [{"verdict": "tumor", "probability": 2}]}',
    b'{"slices": [{"verdict": "tumor", "probability": NaN}]}',
    b'{"slices": [{"verdict": "tumor", "probability": 1, "model_sha256": "of another"}]}',
    b"[" * 100_000,
    json.dumps({"slices": [{"verdict": None}] * 5001}).encode(),
]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probability": 0.01, "verdict": "tumor"}, "its verdict is not the one of its prob"),
        ({"probability": 0.99, "verdict": "no_tumor"}, "its verdict is not the one of its prob"),
        ({"probability": 0.99, "verdict": "uncertain"}, "its verdict is not the one of its prob"),
        ({"probability": None, "verdict": "rejected", "reason": None}, "and has no reason"),
        ({"probability": None, "verdict": "rejected", "reason": ""}, "and has no reason"),
    ],
)
def test_a_slice_that_contradicts_itself_is_refused(call, change, words):
    sha256 = Classifier().manifest.payload_sha256
    one = {"model_sha256": sha256, "reason": None, "doubtful": False} | change
    status, found = call("judgeSeries", json.dumps({"slices": [one]}))
    assert (status, words in found["error"]) == (422, True)


def test_a_reason_makes_a_slice_doubtful(call):
    """As in what the command line writes, which has no word `doubtful`."""
    one = {"verdict": "uncertain", "probability": 0.001, "reason": "it may show no brain"}
    one["model_sha256"] = Classifier().manifest.payload_sha256
    status, found = call("judgeSeries", json.dumps({"slices": [one, one]}))
    assert (status, found["doubtful"], found["verdict"]) == (200, 2, "uncertain")


@pytest.mark.parametrize("body", BAD_SLICES, ids=range(len(BAD_SLICES)))
def test_what_is_no_study_is_refused_in_words(call, body):
    status, found = call("judgeSeries", body)
    assert status in (411, 422)
    assert found["error"]


def test_the_rest_is_as_described(call):
    assert call("health") == (200, {"status": "ok"})
    status, model = call("model")
    assert (status, model["heat_map"], model["limits"]["slices"]) == (200, "evidence", 5000)
    assert call("page")[1]["tail"].endswith("</html>\n")
    call("classify", SAMPLE.read_bytes())
    status, text = call("metrics")
    assert 'mri_edge_verdicts_total{verdict="tumor"}' in text
    values = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if not line.startswith("#")
    }
    assert values['mri_edge_seconds_bucket{le="+Inf"}'] == values["mri_edge_seconds_count"]
    assert values["mri_edge_seconds_count"] >= 1


def test_the_page_has_its_first_byte_at_once(server):
    server.ask("GET", "/")
    took = []
    for _ in range(9):
        start = time.perf_counter()
        assert server.ask("GET", "/")[0] == 200
        took.append(time.perf_counter() - start)
    assert sorted(took)[4] < 0.05


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/model", None),
        ("GET", "/healthz", None),
        ("GET", "/nothing", None),
        ("POST", "/v1/classify", b"no picture"),
        ("POST", "/v1/classify", SAMPLE.read_bytes()),
        ("POST", "/v1/series", b"{}"),
    ],
)
def test_json_ends_its_line(server, method, path, body):
    text = server.ask(method, path, body)[2]
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == 1


def animation():
    pages, file = [Image.open(one) for one in sorted(SAMPLES.iterdir())], io.BytesIO()
    pages[0].save(file, "GIF", save_all=True, append_images=pages[1:])
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [(animation(), "holds 6 frames"), (png(size=(8100, 8000)), "more than the limit of 64000000")],
    ids=["frames", "pixels"],
)
def test_an_error_names_no_option_of_the_command_line(call, body, words):
    status, found = call("classify", body)
    assert (status, words in found["error"]) == (422, True), found
    assert "--" not in found["error"]


def test_an_empty_file_is_said_to_be_empty(call):
    status, found = call("classify", b"")
    assert (status, found["error"]) == (422, "the file is empty")
