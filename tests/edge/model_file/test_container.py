"""Model files: the manifest inside, and every way in which a file is refused."""

import json
import os
import shutil
import zipfile
from dataclasses import replace

import pytest

from edge.errors import ModelError
from edge.inference.classifier import Classifier
from edge.inference.engines import installed
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import from_json, to_json
from edge.model_file.manifest import Decision, InputSpec, RejectGate, version_for
from edge.model_file.manifest_json import dumps, loads
from edge.model_file.payload import MANIFEST_ENTRY, payload_sha256
from edge.model_file.provenance import provenance
from export.package.write_container import pack
from tests.edge.conftest import MODELS

KINDS = ("tflite", "onnx")


@pytest.fixture(params=KINDS)
def path(request, tmp_path):
    """A copy of the tiny model; no engine is needed to read it."""
    copy = tmp_path / f"tiny.{request.param}"
    copy.write_bytes((MODELS / copy.name).read_bytes())
    return copy


def manifest_of(path):
    return open_model(path).manifest


def payload_of(path):
    """The model without its manifest: what is before the ZIP, or before the appended field."""
    data = path.read_bytes()
    mark = b"PK\3\4" if path.suffix == ".tflite" else bytes([14 << 3 | 2])
    at = data.rindex(mark, 0, data.index(MANIFEST_ENTRY.encode()))
    return data[:at]


def refused(path, words):
    with pytest.raises(ModelError, match=words) as caught:
        open_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


def test_reads_what_was_packed(path):
    manifest = manifest_of(path)
    changed = replace(manifest, name="other", decision=Decision("sigmoid", 2.0, 0.3, (0.2, 0.4)))
    path.write_bytes(pack(payload_of(path), changed))
    assert to_json(manifest_of(path)) == to_json(changed)


def test_payload_hash_does_not_depend_on_the_manifest(path):
    digest = manifest_of(path).payload_sha256
    assert payload_sha256(path) == digest
    path.write_bytes(payload_of(path))
    assert payload_sha256(path) == digest


def test_the_tflite_manifest_is_a_zip_entry(tmp_path):
    with zipfile.ZipFile(MODELS / "tiny.tflite") as archive:
        assert archive.testzip() is None
        text = archive.read(MANIFEST_ENTRY)
    assert json.loads(text)["name"] == "tiny"


def test_onnxruntime_sees_the_same_manifest():
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(MODELS / "tiny.onnx", providers=["CPUExecutionProvider"])
    text = session.get_modelmeta().custom_metadata_map[MANIFEST_ENTRY]
    assert to_json(loads(text, "x")) == to_json(manifest_of(MODELS / "tiny.onnx"))


def test_provenance_is_typed(path):
    found = provenance(manifest_of(path))
    assert found.training.run == "tiny"
    assert found.training.synthetic is True
    assert found.calibration is None


def test_without_a_manifest(path):
    path.write_bytes(payload_of(path))
    refused(path, "no mri-edge manifest")


def test_cut_anywhere(path):
    whole = path.read_bytes()
    for length in range(1, len(whole), len(whole) // 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=str(path)):
            open_model(path)


def test_a_changed_byte_anywhere(path):
    whole = path.read_bytes()
    refusals = 0
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        try:
            manifest = open_model(path).manifest
        except ModelError:
            refusals += 1
        else:
            # Only in the archive's own bookkeeping (times, checksums we replace by the seal).
            assert to_json(manifest) == to_json(open_model(MODELS / path.name).manifest)
    assert refusals > 0.98 * len(whole) / 7


def test_an_edited_manifest(path):
    data = path.read_bytes()
    assert data.count(b'"threshold": 0.5') == 1
    path.write_bytes(data.replace(b'"threshold": 0.5', b'"threshold": 0.1'))
    refused(path, "changed after export")


def test_a_manifest_of_another_model(path):
    other = replace(manifest_of(path), payload_sha256="0" * 64)
    path.write_bytes(pack(payload_of(path), other))
    refused(path, "does not match its manifest")


def delimited(number, body):
    """A protobuf field of bytes; below 128 of them."""
    assert len(body) < 128
    key = number << 3 | 2
    head = bytes([key]) if key < 128 else bytes([key & 0x7F | 0x80, key >> 7])
    return head + bytes([len(body)]) + body


@pytest.mark.parametrize("wrap", ["initializer", "attribute", "subgraph", "sparse", "function"])
@pytest.mark.parametrize("field", [bytes([14 << 3, 1]), delimited(13, delimited(1, b"location"))])
def test_weights_in_other_files_are_refused(tmp_path, wrap, field):
    # ModelProto fields by number (onnx.proto), sealed as if `python -m export` had written them.
    tensor = delimited(8, b"w") + field
    initializer = delimited(5, tensor)
    node = delimited(1, delimited(5, delimited(5, tensor)))
    graph = {
        "initializer": delimited(7, initializer),
        "attribute": delimited(7, node),
        "subgraph": delimited(7, delimited(1, delimited(5, delimited(6, initializer)))),
        "sparse": delimited(7, delimited(15, delimited(1, tensor))),
        "function": delimited(25, delimited(7, delimited(5, delimited(5, tensor)))),
    }[wrap]
    path = tmp_path / "m.onnx"
    payload = payload_of(MODELS / "tiny.onnx") + graph
    path.write_bytes(payload)
    sealed = replace(manifest_of(MODELS / "tiny.onnx"), payload_sha256=payload_sha256(path))
    path.write_bytes(pack(payload, sealed))
    refused(path, "keeps weights in other files")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 1 << 27])
def test_sizes_in_the_archive_are_bounded(tmp_path, size):
    # The manifest's entry, or the directory, claims to be far larger than any manifest.
    path, whole = tmp_path / "m.tflite", (MODELS / "tiny.tflite").read_bytes()
    entry, end = whole.rindex(b"PK\1\2"), whole.rindex(b"PK\5\6")
    for at in (entry + 20, end + 12):
        path.write_bytes(whole[:at] + size.to_bytes(4, "little") + whole[at + 4 :])
        with pytest.raises(ModelError, match=str(path)):
            open_model(path)


def test_names_in_the_archive_are_never_paths(tmp_path):
    path, whole = tmp_path / "m.tflite", (MODELS / "tiny.tflite").read_bytes()
    other = (
        ("../" * 7 + "tmp/evil").encode()[: len(MANIFEST_ENTRY)].ljust(len(MANIFEST_ENTRY), b"x")
    )
    path.write_bytes(whole.replace(MANIFEST_ENTRY.encode(), other))
    refused(path, "no mri-edge manifest")
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("version", ["4.0", "99.1"])
def test_a_newer_manifest(path, version):
    path.write_bytes(pack(payload_of(path), replace(manifest_of(path), manifest_version=version)))
    refused(path, f"manifest version {version}")


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_a_file_with_types_has_a_version_that_older_releases_refuse(format):
    """They read major version 1 alone, and would have told no type."""
    typed = manifest_of(MODELS / f"tiny-types.{format}")
    assert typed.manifest_version == version_for(typed.types) == "2.0"
    plain = manifest_of(MODELS / f"tiny.{format}")
    assert plain.manifest_version[:2] == version_for(plain.types)[:2] == "1."
    with pytest.raises(ValueError, match=r"types: need manifest version 2\.0"):
        replace(typed, manifest_version="1.5")


def test_a_newer_minor_version_is_read(path):
    path.write_bytes(pack(payload_of(path), replace(manifest_of(path), manifest_version="1.7")))
    assert manifest_of(path).name == "tiny"


def test_a_gate_without_a_second_limit_is_read():
    """As manifests before 1.2 have it."""
    gate = {"hidden": 1, "weights": "", "least": 0.5}
    for learned, sure in ((gate, None), ({**gate, "sure": None}, None), ({**gate, "sure": 2}, 2.0)):
        found = from_json(RejectGate, {"learned": learned})
        assert found.learned.sure == sure
    with pytest.raises(ValueError, match=r"learned.*sure"):
        from_json(RejectGate, {"learned": {**gate, "sure": 0.1}})


@pytest.mark.parametrize(("kind", "other"), [KINDS, KINDS[::-1]])
def test_a_format_named_as_the_other(tmp_path, kind, other):
    path = tmp_path / f"model.{other}"
    path.write_bytes((MODELS / f"tiny.{kind}").read_bytes())
    refused(path, rf"is a model for \.{kind} named \.{other}; rename it to \.{kind}")


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b"not a model at all", "neither a TFLite nor")]
)
def test_what_is_no_model(tmp_path, content, words):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    refused(path, words)


def test_a_pipe_is_no_model(tmp_path):
    """Opening it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="pipe: is a pipe"):
        open_model(tmp_path / "pipe")


def test_missing_and_folder(tmp_path):
    refused(tmp_path / "gone.tflite", "no such model")
    refused(tmp_path, "is a folder")


MANIFEST = to_json(manifest_of(MODELS / "tiny.onnx"))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("labels", ["no"], "labels: must be two"),
        ("labels", "no", "labels: expected"),
        ("positive", "maybe", "positive: 'maybe' is none of"),
        ("positive", "no", "second label"),
        ("name", None, "name: expected str, got nothing"),
        ("input", {"height": 0, "width": 4, "color": "grey"}, "input.height: must be 1"),
        ("input", {"height": 4, "width": 4, "color": "blue"}, "input.color"),
        ("input", {"height": 4, "color": "grey"}, "input.width: is missing"),
        ("input", [1, 2], "input: expected an object"),
        ("input", {"height": True, "width": 4, "color": "grey"}, "input.height: expected int"),
        ("decision", {"transform": "magic"}, "decision.transform"),
        ("decision", {"transform": "sigmoid", "temperature": 0}, "decision.temperature"),
        ("decision", {"transform": "sigmoid", "threshold": 1.5}, "decision.threshold"),
        ("decision", {"transform": "sigmoid", "threshold": 0.9}, "within the uncertain band"),
        ("decision", {"transform": "sigmoid", "uncertain": [0.1]}, "expected 2 values"),
        ("decision", {"transform": "sigmoid", "temperature": 10**400}, "too large a number"),
        ("reject", {"min_side": -1}, "reject.min_side: must be 0 or more"),
        (
            "reject",
            {"min_deviation": 1e308},
            "reject.min_deviation: must be 0 or more, at most 255",
        ),
        ("reject", {"min_content": 1.5}, "reject.min_content: must be 0 or more, at most 1"),
        ("decision", {"transform": "sigmoid", "temperature": 1e-300}, "decision.temperature"),
        ("name", "tiny\nresult: no tumor", "name: must be one line of at most 200 printable"),
        ("name", "tiny\x1b[2J", "name: must be one line"),
        ("name", "\ud800", "holds half a character"),
        ("name", "x" * 201, "name: must be one line of at most 200"),
        ("labels", ["no", "yes\r"], "labels: must be one line"),
        ("precision", "\u202e8tni", "precision: must be one line"),
        ("reject", {"max_white": float("nan")}, "holds NaN, which is no number"),
    ],
)
def test_nonsense_in_a_manifest_is_named(key, value, words):
    from edge.model_file.manifest_json import seal

    data = json.loads(json.dumps({**MANIFEST, key: value}))
    with pytest.raises(ModelError, match=words):
        loads(json.dumps({**data, "seal": seal(data)}), "m.onnx")


def test_a_manifest_too_deep_to_seal_is_damaged():
    deep = "[" * 1100 + "]" * 1100
    with pytest.raises(ModelError, match=r"m\.onnx: its manifest is damaged"):
        loads('{"manifest_version": "1.0", "seal": "", "x": ' + deep + "}", "m.onnx")


def test_a_file_that_takes_the_place_of_one_in_use(path, tmp_path):
    """A second engine would run the new model with the old one's manifest."""
    if not installed(path.suffix[1:]):
        pytest.skip(f"no engine for {path.suffix} files is installed")
    classifier = Classifier(path)
    shutil.copy(path, tmp_path / "new")
    os.replace(tmp_path / "new", path)
    with pytest.raises(ModelError, match="was replaced while in use"):
        classifier.twin()


@pytest.mark.parametrize("text", ["", "[]", "{}", "nan", '{"manifest_version": "x"}', "[" * 9999])
def test_no_manifest_at_all_is_damaged(text):
    with pytest.raises(ModelError, match=r"m\.onnx: its manifest is damaged"):
        loads(text, "m.onnx")


def test_numbers_survive(path):
    spec = InputSpec(3, 4096, "grey", resize="lanczos")
    decision = Decision("softmax", 1 / 3, 0.1 + 0.2, (0.1, 0.7))
    manifest = replace(manifest_of(path), input=spec, decision=decision)
    back = loads(dumps(manifest), "x")
    assert back.decision.temperature == 1 / 3
    assert back.decision.threshold == 0.1 + 0.2
    assert back.input.shape == (3, 4096, 1)
