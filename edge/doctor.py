"""What is this board, what can it run, and how is what is missing installed?

Everything is read from files and from the installed packages: no network, nothing is changed.
Functions that read the system take its root folder, so that a test can be another board.
"""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from glob import escape, glob

from edge import NOTICE, __version__
from edge.tune import cores

_FEATURES = {
    "asimd": "NEON (64 bit)",
    "neon": "NEON (32 bit)",
    "asimdhp": "float16 arithmetic",
    "asimddp": "int8 dot product",
    "i8mm": "int8 matrix product",
    "avx2": "AVX2",
    "fma": "FMA",
    "avx512f": "AVX-512",
    "avx512_vnni": "int8 dot product (AVX-512 VNNI)",
    "avx_vnni": "int8 dot product (AVX VNNI)",
}
"""Processor features that decide how fast a model runs, by their names in /proc/cpuinfo."""

# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_THROTTLED = {
    0: "under-voltage now",
    1: "clock capped now",
    2: "throttled now",
    3: "at its temperature limit now",
    16: "under-voltage since boot",
    17: "clock capped since boot",
    18: "throttled since boot",
    19: "at its temperature limit since boot",
}


_PACKAGES = {"litert": "ai-edge-litert>=1.2", "onnxruntime": "onnxruntime>=1.17"}
_JETSON_INDEX = "https://pypi.jetson-ai-lab.io/jp6/cu126"
"""NVIDIA's wheels for JetPack 6.1 and later (L4T R36.4, CUDA 12.6, Python 3.10)."""


@dataclass(frozen=True)
class Board:
    """The machine; None where the system does not tell."""

    model: str
    system: str
    """Name of the distribution, with JetPack's L4T release where there is one."""
    codename: str | None
    """Of the distribution, as in /etc/os-release ("bookworm")."""
    machine: str
    """The processor architecture that Python runs as ("aarch64")."""
    cores: int
    features: tuple[str, ...]
    memory_mb: int | None
    memory_available_mb: int | None
    temperature_c: float | None
    """The hottest sensor's."""
    governor: str | None
    """Of the processor's clock."""
    throttling: tuple[str, ...] | None
    """What a Raspberry Pi's firmware complains of; empty if of nothing."""

    @property
    def is_jetson(self) -> bool:
        """Whether NVIDIA's system for Jetson is running."""
        return "L4T" in self.system


@dataclass(frozen=True)
class EngineFound:
    """One of the engines that `edge` can use."""

    name: str
    runs: str
    """"tflite" or "onnx"."""
    version: str | None
    """None if it is not installed."""
    problem: str | None
    """Why it cannot be used, installed or not; None if it can."""
    providers: tuple[str, ...]
    """What it can compute on."""
    install: str | None
    """The command that installs it here; None if it works or if nothing does."""


@dataclass(frozen=True)
class Doctor:
    """The whole report."""

    board: Board
    python: str
    packages: dict[str, str]
    engines: tuple[EngineFound, ...]
    chosen: dict[str, str]
    """Model format: the engine that would run it, and why."""
    advice: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict:
        """Ready for JSON, the notice included."""
        from edge.schema import to_json

        return {**to_json(self), "notice": NOTICE}


def examine(root: str = "/") -> Doctor:
    """Look around."""
    from edge.engines import ENGINES

    board = read_board(root)
    engines = tuple(_engine(name, board) for name in ENGINES)
    return Doctor(
        board=board,
        python=f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}",
        packages={"mri-edge": __version__, **_versions("numpy", "pillow", "pydicom")},
        engines=engines,
        chosen={kind: _choice(kind, engines) for kind in ("tflite", "onnx")},
        advice=tuple(_advice(board, engines)),
    )


def run_doctor(model: str | None, format: str) -> int:
    """Print `examine` as "text" or "json"; returns the exit status: 1 if no engine works.

    With a model, whether an engine for that one works.
    """
    from edge.quiet import silenced

    kind = None
    if model:
        from edge.cli import say
        from edge.container import open_model
        from edge.errors import ModelError

        try:
            kind = open_model(model).manifest.format
        except ModelError as error:
            return say(error)
    with silenced():
        report = examine()
    if format == "json":
        import json

        print(json.dumps(report.to_dict(), indent=1))
    else:
        print(as_text(report))
        print(NOTICE)
    usable = [e for e in report.engines if e.problem is None and kind in (None, e.runs)]
    return 0 if usable else 1


def read_board(root: str = "/") -> Board:
    """What the files of a running Linux system say of it."""
    cpuinfo = _text(root, "proc/cpuinfo") or ""
    memory = dict(
        line.split(":", 1)
        for line in (_text(root, "proc/meminfo") or "").splitlines()
        if ":" in line
    )
    os_release = _os_release(_text(root, "etc/os-release") or "")
    system = os_release.get("PRETTY_NAME") or platform.system()
    l4t = _text(root, "etc/nv_tegra_release")
    if l4t:  # "# R36 (release), REVISION: 3.0, GCID: ..."
        release = l4t.split()[1] if len(l4t.split()) > 1 else ""
        system += f", Jetson Linux (L4T) {release}"
    return Board(
        model=(_text(root, "proc/device-tree/model") or _cpu_name(cpuinfo)).rstrip("\0\n"),
        system=system,
        codename=os_release.get("VERSION_CODENAME"),
        machine=_machine(),
        cores=cores(),
        features=_features(cpuinfo),
        memory_mb=_megabytes(memory.get("MemTotal")),
        memory_available_mb=_megabytes(memory.get("MemAvailable")),
        temperature_c=_temperature(root),
        governor=_text(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None,
        throttling=_throttling(root),
    )


def install_line(
    engine: str, board: Board, python: tuple[int, int], pip: str = "pip"
) -> tuple[str | None, str | None]:
    """The command that installs an engine on a board, and why there is none, one of them None.

    What there are wheels for (November 2026): ai-edge-litert and onnxruntime, x86_64 and aarch64;
    tflite-runtime, armv7l as well, up to Python 3.11; onnxruntime-gpu for Jetson on NVIDIA's index.

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


def as_text(report: Doctor) -> str:
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
    for engine in report.engines:
        state = engine.version or "not installed"
        if engine.version and engine.problem:
            state = f"{engine.version}, cannot be used: {engine.problem}"
        if engine.providers:
            state += f" (computes on {', '.join(engine.providers)})"
        rows.append((engine.name, state))
        if engine.install:
            rows.append(("", f"install: {engine.install}"))
        elif not engine.version:
            rows.append(("", f"{engine.problem}"))
    rows += [(f".{kind} models", text) for kind, text in report.chosen.items()]
    rows += [("advice", text) for text in report.advice]
    return "\n".join(f"{name:14} {text}" for name, text in rows)


def _engine(name: str, board: Board) -> EngineFound:
    from importlib import import_module

    from edge.engines import ENGINES, PROVIDERS, installed, version

    kind, module_name, _ = ENGINES[name]
    install, nothing = install_line(name, board, sys.version_info[:2], _pip())
    if name not in installed():
        return EngineFound(name, kind, None, nothing or "not installed", (), install)
    try:
        number = version(name)
    except Exception:  # installed by hand: no distribution of that name
        number = "of unknown version"
    try:
        module = import_module(module_name)
    except Exception as error:  # a broken wheel raises whatever it likes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return EngineFound(name, kind, number, reason, (), install)
    if name == "tflite-runtime" and int(_versions("numpy")["numpy"].split(".")[0]) > 1:
        return EngineFound(name, kind, number, "needs numpy below 2", (), install)
    providers = ("cpu",)
    if kind == "onnx":
        there = module.get_available_providers()
        providers = tuple(key for key, value in PROVIDERS.items() if value in there)
    return EngineFound(name, kind, number, None, providers, None)


def _choice(kind: str, engines: tuple[EngineFound, ...]) -> str:
    able = [engine for engine in engines if engine.runs == kind and engine.problem is None]
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


def _text(root: str, path: str) -> str | None:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20).strip()
    except OSError:
        return None


def _os_release(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _cpu_name(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        if line.startswith(("model name", "Model")) and ":" in line:
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _features(cpuinfo: str) -> tuple[str, ...]:
    for line in cpuinfo.splitlines():
        if line.startswith(("flags", "Features")) and ":" in line:
            there = line.split(":", 1)[1].split()
            return tuple(text for name, text in _FEATURES.items() if name in there)
    return ()


def _machine() -> str:
    # A 32-bit Python on a 64-bit kernel needs 32-bit wheels.
    machine = platform.machine()
    return "armv7l" if machine == "aarch64" and sys.maxsize < 2**32 else machine


def _megabytes(text: str | None) -> int | None:
    return int(text.split()[0]) * 1024 // 10**6 if text else None


def _temperature(root: str) -> float | None:
    found = []
    for path in glob(os.path.join(escape(root), "sys/class/thermal/thermal_zone*/temp")):
        text = _text("", path) or ""
        if text.lstrip("-").isdigit():
            found.append(int(text) / 1000)  # millidegrees
    return max(found) if found else None


def _throttling(root: str) -> tuple[str, ...] | None:
    """Of a Raspberry Pi, from the kernel's file or the firmware's tool; None on other boards."""
    text = _text(root, "sys/devices/platform/soc/soc:firmware/get_throttled")
    if text is None and root == "/":
        try:
            done = subprocess.run(
                ["vcgencmd", "get_throttled"],
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            )
            text = done.stdout.strip().partition("=")[2]
        except (OSError, subprocess.SubprocessError):
            return None
    try:
        bits = int(text or "", 16)
    except ValueError:
        return None
    return tuple(words for bit, words in _THROTTLED.items() if bits >> bit & 1)


def _versions(*names: str) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
