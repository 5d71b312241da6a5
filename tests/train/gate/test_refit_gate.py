"""A finished model file gets another gate; its network stays."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge import Classifier
from edge.model_file.bundled import BUNDLED, bundled_model
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.provenance import LaterGate, provenance
from export.package.write_container import pack, payload_of

SCRIPT = Path(__file__).parents[3] / "docs/scripts/refit_gate.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("refit_gate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(BUNDLED.values()))
def test_the_network_stays_and_the_gate_is_named(script, name, tmp_path):
    file = Path(bundled_model(name.rsplit(".", 1)[-1]))
    manifest = open_model(str(file)).manifest
    strict = replace(manifest.reject.learned, least=-9.0)
    origin = LaterGate(("lgg",), "0" * 64, {"ct_head": 31}, 0, "2026-11-29T00:00:00+00:00")
    new = tmp_path / file.name
    payload = payload_of(file, manifest.format)
    new.write_bytes(pack(payload, script.with_gate(manifest, strict, origin)))
    found = open_model(str(new)).manifest
    assert found.payload_sha256 == manifest.payload_sha256
    assert to_json(found.reject) == to_json(replace(manifest.reject, learned=strict))
    assert provenance(found).gate == origin
    assert provenance(found).parity == provenance(manifest).parity
    assert payload_of(new, manifest.format) == payload
    pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 1), np.uint8)
    assert Classifier(str(new)).judge(pixels) == Classifier(str(file)).judge(pixels)
