"""What stands in the place of a package of ours: a `train.py` where `python -m train` is run, say.

Python looks for a module in the folder that `python -m` is started in before it looks among the
installed ones. The console scripts (`mri-train`, ...) do not look there. And another distribution
may bring a `train` of its own, which pip writes over ours.
"""

import os
import sys
from collections.abc import Iterator

import edge
from edge.console.exit_status import WRONG
from edge.console.messages import say, speak_as

PACKAGES = ("train", "export", "benchmarks")
"""Those of the workstation, each of which imports the ones before it."""


def hiding(package: str, path: list[str] | None = None) -> str | None:
    """The file that is imported in place of our package; None if ours is, or nothing.

    Args:
        path: folders to look in, in that order; None: Python's own.
    """
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(package, path)
    if spec is None or not spec.has_location or not spec.origin:
        return None  # a folder without __init__.py is imported only where there is nothing else
    ours = os.path.join(os.path.dirname(os.path.dirname(edge.__file__)), package)
    same = os.path.realpath(os.path.dirname(spec.origin)) == os.path.realpath(ours)
    return None if same else spec.origin


def hiding_here(package: str) -> str | None:
    """The file that `python -m` would run here in place of our package; None if ours."""
    try:
        return hiding(package, [os.getcwd(), *sys.path])
    except OSError:  # the working folder is gone
        return None


def hidden_here() -> Iterator[str]:
    """What hides our packages here, in words, and what to call instead."""
    for package in PACKAGES:
        file = hiding_here(package)
        if file and (tree := _source_tree(file)):
            yield (
                f"{tree} is a source tree of mri-edge: here, python -m {package} runs its code; "
                f"mri-{package} runs what is installed"
            )
            return
        if file:
            yield (
                f"{file} hides the package {package} of mri-edge: here, python -m {package} runs "
                f"that file; {_instead(file, package)}, or rename it"
            )
        elif changed := overwritten(package):
            yield _changed(changed)


def _source_tree(file: str) -> str | None:
    """The folder of mri-edge's own sources that a package's file is in; None: it is another's."""
    root = os.path.dirname(os.path.dirname(file))
    try:
        with open(os.path.join(root, "pyproject.toml"), encoding="utf-8") as project:
            words = project.read().partition("[project]")[2].partition("\n[")[0].splitlines()
            return root if 'name = "mri-edge"' in words else None
    except (OSError, UnicodeDecodeError):
        return None


def refuse_hidden(package: str) -> int:
    """Status 2, and a message, if what a command imports is hidden; else 0."""
    for needed in PACKAGES[: PACKAGES.index(package) + 1]:
        file = hiding(needed)
        if file:
            speak_as(package)
            say(
                f"{file} hides the package {needed} of mri-edge; {_instead(file, package)}, "
                "or rename it"
            )
            return WRONG
        if changed := overwritten(needed):
            speak_as(package)
            return say(_changed(changed))
    return 0


def overwritten(package: str) -> str | None:
    """A file of an installed package of ours that is not the one that was installed; None if all
    are, or if the package was not copied when it was installed (`pip install -e`)."""
    import hashlib
    from base64 import urlsafe_b64encode
    from importlib.metadata import PackageNotFoundError, distribution

    root = os.path.dirname(os.path.dirname(edge.__file__))
    try:
        found = distribution("mri-edge")
    except PackageNotFoundError:
        return None
    if os.path.realpath(found.locate_file("")) != os.path.realpath(root):
        return None  # we run from elsewhere
    for file in found.files or ():
        if file.parts[0] != package or file.suffix != ".py" or not file.hash:
            continue
        try:
            with open(file.locate(), "rb") as stream:
                digest = hashlib.new(file.hash.mode, stream.read()).digest()
        except OSError:
            return str(file.locate())
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            return str(file.locate())
    return None


def _changed(file: str) -> str:
    return (
        f"{file} is not the file that mri-edge installed; has another package overwritten it? "
        "Install mri-edge anew, in an environment of its own"
    )


def _instead(file: str, package: str) -> str:
    """What to do about it: a console script does not look where it is called, but in PYTHONPATH."""
    folder = os.path.dirname(file)
    if os.path.basename(file) == "__init__.py":
        folder = os.path.dirname(folder)
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if os.path.realpath(folder) in map(os.path.realpath, filter(None, named)):
        return f"take {folder} out of PYTHONPATH"
    if os.path.basename(folder) in ("site-packages", "dist-packages"):
        return "install mri-edge in an environment of its own"
    return f"call mri-{package} instead"


def command_of(package: str) -> str:
    """How a command is called: as a console script if this one was, or if it is hidden here."""
    script = _is_script() or hiding_here(package)
    return f"mri-{package}" if script else f"python -m {package}"


def _is_script() -> bool:
    return os.path.basename(sys.argv[0] if sys.argv else "").startswith("mri-")
