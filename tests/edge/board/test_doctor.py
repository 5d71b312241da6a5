"""`--doctor` on this machine and on boards that are only files; `--self-test` on every engine."""

import importlib
import json
import socket
import struct
import sys
import zlib
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge import NOTICE
from edge.board import doctor
from edge.board.doctor import as_text, examine, install_line
from edge.board.hardware import read_board
from edge.cli import main
from edge.errors import EngineError, ModelError
from edge.inference.check_model import check_model
from edge.inference.engines import ENGINES, import_engine, installed, version
from edge.inference.providers import PROVIDERS, provider_order
from edge.inference.self_test import golden_png
from edge.model_file.container import open_model
from edge.model_file.payload import payload_sha256
from edge.model_file.provenance import provenance
from export.package.write_container import pack
from tests.edge.conftest import MODELS
from tests.edge.model_file.test_container import payload_of
from tests.edge.test_cli import run

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor : 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n",
    "proc/meminfo": "MemTotal:        3884360 kB\nMemAvailable:     97656 kB\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n',
    "sys/class/thermal/thermal_zone0/temp": "81200\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
}
JETSON = {
    "proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit\0",
    "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic\n",
    "etc/os-release": 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nVERSION_CODENAME=jammy\n',
}


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Build a root folder from the files of a board, and read it."""

    def build(files: dict[str, str], machine: str):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.setattr(doctor.platform, "machine", lambda: machine)
        return read_board(str(tmp_path))

    return build


def test_a_raspberry_pi(board):
    found = board(PI, "aarch64")
    assert found.model == "Raspberry Pi 4 Model B Rev 1.4"
    assert found.codename == "bookworm"
    assert found.features == ("NEON (64 bit)",)
    assert (found.memory_mb, found.memory_available_mb) == (3977, 99)
    assert found.temperature_c == 81.2
    assert found.governor == "powersave"
    assert found.throttling == (
        "under-voltage now",
        "throttled now",
        "under-voltage since boot",
        "throttled since boot",
    )
    advice = " ".join(doctor._advice(found, ()))
    for word in ("under-voltage", "powersave", "81.2", "150 MB"):
        assert word in advice


def test_a_board_that_tells_nothing(board):
    found = board({}, "aarch64")
    assert (found.temperature_c, found.governor, found.throttling) == (None, None, None)
    assert found.memory_mb is None
    assert "not told" in as_text(replace(examine(), board=found))


@pytest.mark.parametrize(
    ("machine", "engine", "python", "words"),
    [
        ("aarch64", "litert", (3, 13), "pip install 'ai-edge-litert>=1.2'"),
        ("aarch64", "onnxruntime", (3, 11), "pip install 'onnxruntime>=1.17'"),
        ("aarch64", "tflite-runtime", (3, 11), "'tflite-runtime==2.14.0' 'numpy<2'"),
        ("armv7l", "tflite-runtime", (3, 11), "--extra-index-url https://www.piwheels.org/simple"),
        ("armv7l", "tflite-runtime", (3, 13), "use Raspberry Pi OS Bookworm, or a 64-bit system"),
        ("aarch64", "tflite-runtime", (3, 13), "its last release is for Python 3.11"),
        ("armv7l", "litert", (3, 11), "no wheel for armv7l exists"),
        ("armv6l", "tflite-runtime", (3, 11), "no wheel for armv6l"),
        ("x86_64", "openvino", (3, 14), "pip install 'openvino>="),
        ("armv7l", "openvino", (3, 11), "no wheel for armv7l exists"),
    ],
)
def test_install_lines(board, machine, engine, python, words):
    line, nothing = install_line(engine, board(PI, machine), python)
    assert (line is None) != (nothing is None)
    assert words in (line or nothing)


def test_install_lines_on_a_jetson(board):
    found = board(JETSON, "aarch64")
    assert found.is_jetson
    assert "R36" in found.system
    assert "jp6/cu126 onnxruntime-gpu" in install_line("onnxruntime", found, (3, 10))[0]


def test_doctor_here():
    status, out, err = run("--doctor")
    assert (status, err) == (0 if installed() else 1, "")
    assert out.endswith(NOTICE + "\n")
    for word in ("board", "memory", "governor", "litert", "onnxruntime", ".tflite models"):
        assert word in out
    report = json.loads(run("--doctor", "--format", "json")[1])
    assert report["notice"] == NOTICE
    assert {e["name"] for e in report["engines"] if e["problem"] is None} == set(installed())
    for engine in report["engines"]:
        assert tuple(engine["runs"]) == ENGINES[engine["name"]][0]


def test_doctor_names_what_is_missing(monkeypatch):
    from edge.inference import engines

    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    report = examine()
    assert all(engine.version is None for engine in report.engines)
    assert "no engine works here" in as_text(report)
    assert "pip install 'ai-edge-litert" in as_text(report) or report.board.machine == "armv7l"


def test_doctor_wants_no_second_engine(monkeypatch):
    """One of a kind is enough: to install another would be advice to break what works."""
    report = examine()
    runs = [engine for engine in report.engines if engine.problem is None]
    lacking = [
        replace(engine, version=None, problem="not installed", install="pip install it")
        for engine in report.engines
    ]
    for one in runs:
        engines = tuple(one if engine.name == one.name else engine for engine in lacking)
        unserved = [engine for engine in engines if not {*engine.runs} & {*one.runs}]
        text = as_text(replace(report, engines=engines))
        assert text.count("install: pip install it") == len(unserved)
        assert text.count("nor needed: another runs .") == len(engines) - len(unserved) - 1


def test_doctor_and_self_test_make_no_network_call(any_model, monkeypatch, capsys):
    def refuse(*_, **__):
        raise AssertionError("a network call")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert main(["--doctor"]) == 0
    assert main(["--self-test", "--model", str(any_model)]) == 0
    assert NOTICE in capsys.readouterr().out


def test_self_test_asks_every_engine(model):
    result = check_model(open_model(model))
    assert result.passed
    names = [check.name for check in result.checks]
    assert names[0] == "payload"
    for engine in installed(model.suffix[1:]):
        assert any(name.startswith(f"golden sample on {engine} ") for name in names)


def test_self_test_compares_the_formats():
    if len({"litert", "onnxruntime"} & set(installed())) < 2:
        pytest.skip("needs an engine of each format")
    names = [check.name for check in check_model(open_model(MODELS / "tiny.onnx")).checks]
    assert any(" against " in name for name in names)


def test_an_engine_that_the_model_does_not_need_fails_no_self_test(monkeypatch):
    """A service starts only where the self-test passes."""
    if len({"litert", "onnxruntime"} & set(installed())) < 2:
        pytest.skip("needs an engine of each format")

    def broken(name):
        if name == "onnxruntime":
            raise ImportError("libcuda is missing")
        return importlib.import_module(name)

    monkeypatch.setattr("edge.inference.engines.import_module", broken)
    result = check_model(open_model(MODELS / "tiny.tflite"))
    assert result.passed
    (left_out,) = [check for check in result.checks if "onnxruntime" in check.name]
    assert "not compared (engine onnxruntime cannot be used (libcuda is missing)" in left_out.detail


def test_an_engine_from_a_distribution_of_another_name(monkeypatch):
    """As onnxruntime-gpu on a Jetson."""
    name = installed()[0]
    import_engine(name)
    module = sys.modules[ENGINES[name][1].split(".")[0]]
    monkeypatch.setattr(module, "__version__", "1.2.3", raising=False)
    monkeypatch.setitem(ENGINES, name, (*ENGINES[name][:2], "no-such-distribution"))
    assert version(name) == "1.2.3"
    assert f"{name} 1.2.3" in as_text(examine())


def test_a_module_that_only_has_an_engines_name(monkeypatch):
    """What an interrupted pip leaves behind is told, not a traceback."""
    name = "onnxruntime"
    if name not in installed():
        pytest.skip("onnxruntime is not installed")
    monkeypatch.setattr("edge.inference.engines.import_module", lambda _: SimpleNamespace())
    monkeypatch.setitem(ENGINES, name, (("onnx",), "json", "no-such-distribution"))
    (found,) = [engine for engine in examine().engines if engine.name == name]
    assert "get_available_providers" in found.problem


def test_a_golden_sample_as_large_as_a_wall_is_damaged(model):
    """Its header says 30,000 x 30,000 pixels."""
    manifest = open_model(model).manifest
    png = bytearray(golden_png(provenance(manifest).golden))
    png[16:24] = struct.pack(">II", 30_000, 30_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    golden = {**manifest.provenance["golden"], "png_base64": b64encode(png).decode()}
    changed = replace(manifest, provenance={**manifest.provenance, "golden": golden})
    model.write_bytes(pack(payload_of(model), changed))
    with pytest.raises(ModelError, match="golden sample is damaged"):
        check_model(open_model(model))


def test_self_test_as_json(any_model):
    status, out, _ = run("--self-test", "--model", any_model, "--format", "json")
    report = json.loads(out)
    assert (status, report["passed"], report["notice"]) == (0, True, NOTICE)


def test_self_test_fails_on_another_probability(any_model):
    manifest = open_model(any_model).manifest
    golden = {**manifest.provenance["golden"], "probability": 0.9}
    changed = replace(manifest, provenance={**manifest.provenance, "golden": golden})
    payload = payload_of(any_model)
    any_model.write_bytes(pack(payload, changed))
    assert payload_sha256(any_model) == manifest.payload_sha256
    status, out, _ = run("--self-test", "--model", any_model)
    assert status == 1
    assert "FAILED" in out


@pytest.mark.parametrize("flag", ["--self-test", "--doctor"])
def test_only_text_and_json(any_model, flag):
    status, _, err = run(flag, "--model", any_model, "--format", "csv")
    assert status == 2
    assert "reports as text or json" in err


def test_provider_order():
    cpu, cuda, tensorrt = (PROVIDERS[key] for key in ("cpu", "cuda", "tensorrt"))
    everything = [tensorrt, cuda, cpu]
    assert provider_order("auto", everything) == [cuda, cpu]
    assert provider_order("auto", [cpu]) == [cpu]
    assert provider_order("tensorrt", everything) == [tensorrt, cuda, cpu]
    assert provider_order("tensorrt", [cuda, cpu]) == [cuda, cpu]
    assert provider_order("cpu", everything) == [cpu]


def test_a_provider_that_is_not_there_is_a_warning(model, scan):
    status, out, err = run(scan(180), "--model", model, "--provider", "cuda")
    assert "provider cuda" in err
    assert "using cpu" in err
    assert status == 0
    assert "TUMOR" in out


def test_threads_auto(any_model, scan):
    status, out, err = run(scan(180), "--model", any_model, "--threads", "auto")
    assert (status, err) == (0, "")
    assert "TUMOR" in out


def test_public_names_have_types():
    import typing

    from edge import Classifier, Outcome, Prediction, classify_many

    assert typing.get_type_hints(Classifier.classify)["return"] is Prediction
    assert typing.get_type_hints(Outcome)["error"] == str | None
    assert "return" in typing.get_type_hints(classify_many)
    assert (Path(sys.modules["edge"].__file__).parent / "py.typed").exists()


@pytest.fixture
def deadly_engine(monkeypatch, tmp_path):
    """The first installed engine, replaced by one whose import kills the process."""
    name = installed()[0]
    kind, _, distribution = ENGINES[name]
    (tmp_path / "deadly_engine.py").write_text("import os, signal; os.kill(os.getpid(), 4)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(ENGINES, name, (kind, "deadly_engine", distribution))
    return name


def test_an_engine_whose_import_kills_the_process_is_named(deadly_engine):
    found = next(one for one in examine().engines if one.name == deadly_engine)
    assert "ends the process (SIGILL)" in found.problem
    assert "cannot be used" in as_text(examine())


def test_the_self_test_outlives_such_an_engine(deadly_engine):
    kind = ENGINES[deadly_engine][0][-1]
    model = open_model(MODELS / f"tiny.{kind}")
    with pytest.raises(EngineError, match=r"ends the process \(SIGILL\)"):
        check_model(model, deadly_engine)
    if len(installed(kind)) > 1:
        failed = [check.detail for check in check_model(model).checks if not check.passed]
        assert len(failed) == 1
        assert "ends the process (SIGILL)" in failed[0]


def test_doctor_names_what_reads_dicom(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'pydicom>=3.0.1'" in doctor._dicom()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "pydicom" or None)
    assert "without pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg" in doctor._dicom()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert doctor._dicom().endswith("compressed ones too")
