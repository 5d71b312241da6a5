"""Operations, peaks and floors."""

import json

import pytest

from benchmarks.hardware import peaks
from benchmarks.hardware.multiply_adds import Layer, count
from benchmarks.hardware.peaks import Bandwidth, Peak
from benchmarks.hardware.roofline import floor
from edge.inference.engines import installed
from tests.edge.conftest import MODELS

PEAK = Peak(1, 100.0, 400.0, (Bandwidth(1.0, 50.0), Bandwidth(64.0, 20.0)))


def by_hand(width=1.0, side=150):
    """Multiply-adds and weights of the article's CNN, from its description."""
    macs, weights, channels = 0, 0, 3
    for filters in (round(width * all_of_them) for all_of_them in (16, 32, 64)):
        side -= 2
        macs += side * side * filters * 9 * channels
        weights += filters * 9 * channels
        side, channels = side // 2, filters
    units = round(width * 512)
    dense = side * side * channels * units + units
    return macs + dense, weights + dense


def test_by_hand_is_as_documented():
    """shared/toolchain.md has the multiply-adds; of all parameters, biases are not counted."""
    biases = 16 + 32 + 64 + 512 + 1
    assert by_hand() == (pytest.approx(64.1e6, rel=1e-3), 9_494_561 - biases)


def test_the_article_s_network_is_counted_as_by_hand(exported):
    """With a quarter of its filters, as it was trained here."""
    macs, weights = by_hand(0.25)
    for name, engine in (
        ("small-fp32.tflite", "litert"),
        ("small-int8.tflite", "litert"),
        ("small-fp32.onnx", "onnxruntime"),
        ("small-int8.onnx", "onnxruntime"),
        ("small-fp16.onnx", "onnxruntime"),
        ("small-int8.tflite", "openvino"),
        ("small-int8.onnx", "openvino"),
    ):
        path = exported / name
        layers = count(str(path), path.suffix[1:], engine)
        assert sum(layer.macs for layer in layers) == macs, name
        width = {"fp32": 4, "fp16": 2, "int8": 1}[path.stem.split("-")[1]]
        found = sum(layer.weight_bytes for layer in layers)
        assert found == pytest.approx(weights * width, rel=1e-3), name


def test_where_no_tool_counts_onnx(monkeypatch):
    monkeypatch.setattr("benchmarks.hardware.multiply_adds.is_installed", lambda name: None)
    assert count(str(MODELS / "tiny.onnx"), "onnx", "onnxruntime") is None


def test_a_layer_is_bound_by_its_slower_side():
    big = Layer("conv", macs=10**9, weight_bytes=1000)  # 10 ms in fp32
    heavy = Layer("dense", macs=1000, weight_bytes=20_000_000)  # 1 ms at 20 GB/s
    found = floor([big, heavy], "fp32", PEAK, measured_ms=22.0)
    assert found.ms == pytest.approx(11.0)
    assert found.compute_share == pytest.approx(10 / 11)
    assert found.ratio == pytest.approx(2.0)
    assert found.bound == "arithmetic"
    assert floor([heavy], "fp32", PEAK, 1.5).bound == "reading weights"
    assert "overhead" in floor([heavy], "fp32", PEAK, 30.0).bound
    assert floor([big], "int8", PEAK, 5.0).ms == pytest.approx(2.5)


def test_small_weights_are_read_from_the_cache():
    assert PEAK.bytes_per_second(500_000) == 50e9
    assert PEAK.bytes_per_second(2_000_000) == 20e9
    assert PEAK.bytes_per_second(10**9) == 20e9


def test_without_an_int8_peak_there_is_no_int8_floor():
    peak = Peak(1, 100.0, None, PEAK.bandwidth)
    layer = Layer("conv", 1000, 1000)
    assert floor([layer], "int8", peak, 1.0) is None
    assert floor([layer], "fp16", peak, 1.0) is not None
    assert floor([], "fp32", peak, 1.0) is None


def test_the_peaks_of_this_machine(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(peaks, "_SECONDS", 0.02)
    probes = []
    if installed("onnx"):
        pytest.importorskip("onnx")
        for precision in ("fp32", "int8"):
            path = tmp_path / f"{precision}.onnx"
            path.write_bytes(peaks._onnx(precision))
            probes += ["onnxruntime", precision, str(path)]
    peaks._main(["1", *probes])
    found = json.loads(capsys.readouterr().out)
    assert found["fp32"] > 0
    assert (found["int8"] is not None) == bool(probes)
    assert [size for size, _ in found["bandwidth"]] == [1, 4, 16, 64]


def test_matrix_products_for_litert(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(peaks, "_SECONDS", 0.02)
    peaks.write_tflite(str(tmp_path))
    for precision in ("fp32", "int8"):
        path = str(tmp_path / f"peak-{precision}.tflite")
        (layer,) = count(path, "tflite", "litert")
        assert layer.macs == 256 * 1024 * 1024
        assert layer.weight_bytes == 1024 * 1024 * (4 if precision == "fp32" else 1)
        assert peaks._engine("litert", precision, path, 1) > 0
