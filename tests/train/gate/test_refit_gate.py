"""A finished model file gets another gate; its network stays."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge import Classifier
from edge.inference.self_test import self_test
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


@pytest.mark.parametrize("name", sorted(BUNDLED.values()))
def test_another_crop_rule_comes_with_a_golden_sample_of_its_own(script, name, tmp_path):
    file = Path(bundled_model(name.rsplit(".", 1)[-1]))
    manifest = open_model(str(file)).manifest
    other = "none" if manifest.input.crop != "none" else "head"
    assert script.with_crop(manifest, manifest.input.crop) is manifest
    new, payload = tmp_path / file.name, payload_of(file, manifest.format)
    new.write_bytes(pack(payload, script.with_crop(manifest, other)))
    assert not self_test(Classifier(str(new))).tensor_matches
    script.with_golden(new, payload)
    found = open_model(str(new)).manifest
    assert (found.input.crop, provenance(found).trained_crop) == (other, manifest.input.crop)
    assert self_test(Classifier(str(new))).passed
    back = script.with_crop(found, manifest.input.crop)
    assert (back.input.crop, provenance(back).trained_crop) == (manifest.input.crop, "")
