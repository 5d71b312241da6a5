"""What can this board run, and how is what is missing installed?

Everything is read from files and from the installed packages: no network, nothing is changed.
"""

import os
import platform
import sys
from dataclasses import dataclass, field, replace

from edge import NOTICE, __version__
from edge.board.hardware import Board, read_board
from edge.console.messages import printable
from edge.console.shadowed_packages import hidden_here

_PACKAGES = {
    "litert": "ai-edge-litert>=1.2",
    "onnxruntime": "onnxruntime>=1.17",
    "openvino": "openvino>=2026.1",
}
_DICOM = "pydicom>=3.0.1"
_DECODERS = {
    "pylibjpeg": "pylibjpeg",
    "libjpeg": "pylibjpeg-libjpeg",
    "openjpeg": "pylibjpeg-openjpeg",
}
"""What pydicom decodes compressed pixels with besides Pillow: module and package."""
_JETSON_INDEX = "https://pypi.jetson-ai-lab.io/jp6/cu126"
"""NVIDIA's wheels for JetPack 6.1 and later (L4T R36.4, CUDA 12.6, Python 3.10)."""


@dataclass(frozen=True)
class EngineFound:
    """One of the engines that `edge` can use."""

    name: str
    runs: tuple[str, ...]
    """Of "tflite" and "onnx"."""
    version: str | None
    """None if it is not installed."""
    problem: str | None
    """Why it cannot be used, installed or not; None if it can."""
    providers: tuple[str, ...]
    """What it can compute on."""
    install: str | None
    """The command that installs it here; None if it works or if nothing does."""


@dataclass(frozen=True)
class BoardReport:
    """The whole report."""

    board: Board
    python: str
    packages: dict[str, str]
    engines: tuple[EngineFound, ...]
    dicom: str
    """What reads DICOM files here, and what is missing to read all of them."""
    chosen: dict[str, str]
    """Model format: the engine that would run it, and why."""
    trust: str = "every model file is taken: no trust store"
    """Whose models are taken."""
    signature: str | None = None
    """Who vouches for the model that was named; None: none was."""
    advice: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        from edge.model_file.dataclass_json import to_json

        return {**to_json(self), "notice": NOTICE}


def examine(root: str = "/") -> BoardReport:
    """Look around."""
    from edge.inference.engines import ENGINES

    board = read_board(root)
    engines = tuple(_engine(name, board) for name in ENGINES)
    return BoardReport(
        board=board,
        python=f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}",
        packages={"mri-edge": __version__, **_versions("numpy", "pillow", "pydicom")},
        engines=engines,
        dicom=_dicom(),
        chosen={kind: _choice(kind, engines) for kind in ("tflite", "onnx")},
        advice=tuple(_advice(board, engines)),
    )


def run_doctor(
    model: str | None, format: str, store: str | None = None, policy: str | None = None
) -> int:
    """Print `examine` as "text" or "json"; returns the exit status: 1 if no engine works.

    With a model, whether an engine for that one works, and who vouches for it.

    Args:
        store: a trust store, as `edge.model_file.container.find_trust` takes it.
        policy: for signatures, as that takes it.
    """
    from edge.console.messages import results, say
    from edge.console.streams import silenced
    from edge.errors import ModelError
    from edge.model_file.container import find_trust, open_model

    kind = signature = None
    try:
        trust = find_trust(store, policy)
        if model:
            file = open_model(model, trust)
            kind, signature = file.manifest.format, file.vouched()
    except ModelError as error:
        return say(error)
    with silenced():
        report = replace(examine(), signature=signature)
        if trust:
            report = replace(report, trust=trust.words(), advice=(*report.advice, *trust.advice()))
    if format == "json":
        import json

        print(json.dumps(report.to_dict(), indent=1), file=results())
    else:
        print(as_text(report), NOTICE, sep="\n", file=results())
    usable = [e for e in report.engines if e.problem is None and kind in (None, *e.runs)]
    return 0 if usable else 1


def install_line(
    engine: str, board: Board, python: tuple[int, int], pip: str = "pip"
) -> tuple[str | None, str | None]:
    """The command that installs an engine on a board, and why there is none, one of them None.

    What there are wheels for (November 2026): ai-edge-litert, onnxruntime and openvino, x86_64 and
    aarch64; tflite-runtime, armv7l as well, up to Python 3.11; onnxruntime-gpu for Jetson on
    NVIDIA's index.

    Args:
        python: (major, minor).
        pip: how pip is called.
    """
    small = board.machine in ("armv7l", "armv6l")
    if engine == "tflite-runtime":
        if board.machine == "armv6l":
            return None, "no wheel for armv6l (Raspberry Pi 1 and Zero) exists"
        if python > (3, 11):
            return None, (
                f"its last release is for Python 3.11 and this is {python[0]}.{python[1]}"
                + ("; use Raspberry Pi OS Bookworm, or a 64-bit system" if small else "")
            )
        # NumPy has no armv7l wheels on PyPI; piwheels.org builds them for Raspberry Pi OS.
        index = " --extra-index-url https://www.piwheels.org/simple" if small else ""
        return f"{pip} install{index} 'tflite-runtime==2.14.0' 'numpy<2'", None
    if small:
        return None, f"no wheel for {board.machine} exists; use tflite-runtime or a 64-bit system"
    if engine == "onnxruntime" and board.is_jetson:
        return f"{pip} install --index-url {_JETSON_INDEX} onnxruntime-gpu", None
    return f"{pip} install '{_PACKAGES[engine]}'", None


def _pip() -> str:
    """How this Python's pip is called, with what a system's own Python asks for (PEP 668)."""
    if sys.prefix != sys.base_prefix:
        return f"{sys.prefix}/bin/pip"
    import sysconfig

    managed = os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
    return f"{sys.executable} -m pip" + (" --break-system-packages" if managed else "")


def as_text(report: BoardReport) -> str:
    """The report for people."""
    board = report.board
    known = lambda value, unit="": "not told" if value is None else f"{value}{unit}"  # noqa: E731
    rows = [
        ("board", board.model),
        ("system", f"{board.system}, {board.machine}"),
        ("processor", f"{board.cores} cores; {', '.join(board.features) or 'no known features'}"),
        (
            "memory",
            f"{known(board.memory_mb, ' MB')}, {known(board.memory_available_mb, ' MB')} available",
        ),
        ("temperature", known(board.temperature_c, " °C")),
        (
            "throttling",
            "not told" if board.throttling is None else ", ".join(board.throttling) or "none",
        ),
        ("governor", known(board.governor)),
        ("python", report.python),
        ("packages", ", ".join(f"{name} {number}" for name, number in report.packages.items())),
    ]
    served = {kind for engine in report.engines if engine.problem is None for kind in engine.runs}
    for engine in report.engines:
        state = engine.version or "not installed"
        elsewhere = " and ".join(f".{kind}" for kind in engine.runs if kind in served)
        if not engine.version and elsewhere:
            rows.append((engine.name, f"{state}, nor needed: another runs {elsewhere} models"))
            continue
        if engine.version and engine.problem:
            state = f"{engine.version}, cannot be used: {engine.problem}"
        if engine.providers:
            state += f" (computes on {', '.join(engine.providers)})"
        rows.append((engine.name, state))
        if engine.install:
            rows.append(("", f"install: {engine.install}"))
        elif not engine.version:
            rows.append(("", f"{engine.problem}"))
    rows.append(("dicom", report.dicom))
    rows += [(f".{kind} models", text) for kind, text in report.chosen.items()]
    rows.append(("trust", report.trust))
    if report.signature:
        rows.append(("signature", report.signature))
    rows += [("advice", text) for text in report.advice]
    # Names of keys and folders are others' words.
    return "\n".join(f"{name:14} {printable(text)}" for name, text in rows)


def _engine(name: str, board: Board) -> EngineFound:
    from edge.inference.engines import (
        ENGINES,
        import_engine,
        import_problem,
        installed,
        version,
    )
    from edge.inference.providers import PROVIDERS

    kinds = ENGINES[name][0]
    install, nothing = install_line(name, board, sys.version_info[:2], _pip())
    if name not in installed():
        return EngineFound(name, kinds, None, nothing or "not installed", (), install)
    number, providers = "of unknown version", ("cpu",)
    try:
        number = version(name)
        if problem := import_problem(name):
            return EngineFound(name, kinds, number, problem, (), install)
        module = import_engine(name)
        if name == "onnxruntime":
            there = module.get_available_providers()
            providers = tuple(key for key, value in PROVIDERS.items() if value in there)
    except Exception as error:  # a broken wheel raises whatever it likes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return EngineFound(name, kinds, number, reason, (), install)
    if name == "tflite-runtime" and int(_versions("numpy")["numpy"].split(".")[0]) > 1:
        return EngineFound(name, kinds, number, "needs numpy below 2", (), install)
    return EngineFound(name, kinds, number, None, providers, None)


def _dicom() -> str:
    from importlib.util import find_spec

    if find_spec("pydicom") is None:
        return (
            "ordinary files are read; for others, such as compressed ones, install "
            f"{_DICOM}: {_pip()} install {_DICOM!r}"
        )
    found = _versions("pydicom")
    missing = [module for module in _DECODERS if find_spec(module) is None]
    text = f"read, by pydicom {found.get('pydicom', 'of unknown version')}"
    if not missing:
        return f"{text}, compressed ones too"
    packages = " ".join(_DECODERS[module] for module in missing)
    return (
        f"{text}; JPEG Lossless, JPEG-LS and JPEG 2000 are not all read without {packages}: "
        f"{_pip()} install {packages}"
    )


def _choice(kind: str, engines: tuple[EngineFound, ...]) -> str:
    able = [engine for engine in engines if kind in engine.runs and engine.problem is None]
    if not able:
        return "no engine; install one as said above"
    why = "the preferred one of those that work" if len(able) > 1 else "the only one that works"
    return f"{able[0].name} {able[0].version}, {why}"


def _advice(board: Board, engines: tuple[EngineFound, ...]):
    if board.throttling:
        yield f"the board reports {', '.join(board.throttling)}: check power supply and cooling"
    if board.governor == "powersave":
        yield "the governor is powersave: the processor stays at its lowest clock"
    if board.temperature_c is not None and board.temperature_c >= 80:
        yield f"{board.temperature_c} °C: boards slow down from 80 °C on; cool it"
    if board.memory_available_mb is not None and board.memory_available_mb < 150:
        yield "less than 150 MB are available: use an int8 model and --jobs 1"
    if board.machine == "armv7l" and "aarch64" in platform.release() + platform.version():
        yield "a 64-bit system on this board would bring faster engines"
    if all(engine.problem for engine in engines):
        yield "no engine works here: nothing can be classified before one is installed"
    yield from hidden_here()


def _versions(*names: str) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
