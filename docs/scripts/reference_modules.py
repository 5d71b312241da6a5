"""The module map: every module and the first line of its docstring, by room."""

import ast
import re
from pathlib import Path

from reference_markdown import bullets, page, sentence

ROOT = Path(__file__).parents[2]
PACKAGES = ("edge", "train", "export", "benchmarks")
_ROOMS = re.compile(r'name = "Rooms of (\w+)".*?layers = (\[.*?\])', re.DOTALL)


def module_map() -> str:
    """The page."""
    layers = {
        name: [one for layer in ast.literal_eval(text) for one in layer.split(" | ")]
        for name, text in _ROOMS.findall((ROOT / "pyproject.toml").read_text())
    }
    blocks = []
    for package in PACKAGES:
        folder = ROOT / package
        blocks += [f"## {package}", sentence(_first(folder / "__init__.py"))]
        names = layers[package]
        beside = [folder / f"{name}.py" for name in names if (folder / f"{name}.py").is_file()]
        blocks.append(bullets([_line(file) for file in beside]))
        for name in names:
            if (folder / name).is_dir():
                blocks += _room(folder / name)
    scripts = sorted((ROOT / "docs/scripts").glob("*.py"))
    blocks += ["## docs/scripts", "Programs that measure and draw for these pages."]
    blocks.append(bullets([_line(file) for file in scripts]))
    return page(
        "Module map",
        "Packages import one way: `benchmarks`, `export`, `train`, `edge`, each only those after "
        "it. Inside a package the modules beside the rooms come first, then the rooms from the top "
        "down: each room imports only rooms below it. A test holds both.",
        *blocks,
    )


def _room(folder: Path) -> list[str]:
    files = sorted(file for file in folder.rglob("*.py") if file.name != "__init__.py")
    heading = folder.relative_to(ROOT).as_posix()
    title = [f"### {heading}", sentence(_docstring(folder / "__init__.py"))]
    return [*title, bullets([_line(file) for file in files])]


def _line(file: Path) -> str:
    return f"`{file.relative_to(ROOT).as_posix()}`: {sentence(_first(file))}"


def _first(file: Path) -> str:
    return _docstring(file).splitlines()[0]


def _docstring(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text()))
    if not text:
        raise ValueError(f"{file}: has no docstring")
    return text
