"""Files of the user's that hide a package of ours, and what the commands say of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import edge
from edge.console import shadowed_packages

ROOT = Path(edge.__file__).parents[1]


def python(folder, *arguments, **environment):
    """Run Python in a folder; ours is on its path, as if it were installed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(params=["train.py", "train/__init__.py"])
def file(request, tmp_path):
    path = tmp_path / request.param
    path.parent.mkdir(exist_ok=True)
    path.write_text("print('mine')\n")
    return path


def test_a_file_and_a_package_hide_ours_and_a_mere_folder_does_not(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shadowed_packages.hiding_here("train") == str(file)
    assert shadowed_packages.hiding("train") is None
    assert shadowed_packages.hiding_here("export") is None
    (tmp_path / "export").mkdir()
    assert shadowed_packages.hiding_here("export") is None
    assert shadowed_packages.command_of("train") == "mri-train"
    assert shadowed_packages.command_of("export") == "python -m export"


def test_a_command_called_as_a_script_names_scripts(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/mri-train"])
    assert shadowed_packages.command_of("export") == "mri-export"


@pytest.mark.parametrize("package", ["export", "benchmarks"])
def test_a_command_that_would_import_it_says_so(file, tmp_path, package):
    status, out, err = python(tmp_path, "-m", package, "x")
    assert (status, out) == (2, "")
    assert err == (
        f"{package}: {file} hides the package train of mri-edge; call mri-{package} instead, or "
        "rename it\n"
    )


def test_the_doctor_says_so(file, tmp_path):
    _, out, _ = python(tmp_path, "-m", "edge", "--doctor", "--format", "json")
    (advice,) = [line for line in json.loads(out)["advice"] if "hides" in line]
    assert advice == (
        f"{file} hides the package train of mri-edge: here, python -m train runs that file; "
        "call mri-train instead, or rename it"
    )


def test_a_script_works_there(file, tmp_path):
    """As pip writes it: the first folder that Python looks in is the script's own."""
    script = tmp_path / "bin" / "mri-export"
    script.parent.mkdir()
    script.write_text("import sys\nfrom export.__main__ import main\nsys.exit(main())\n")
    status, out, err = python(tmp_path, script, "--help")
    assert (status, err) == (0, "")
    assert out.startswith("usage: mri-export [RUN] [options]\n       mri-export inspect FILE")


def test_what_python_looks_in_by_its_environment_is_named(file, tmp_path):
    both = os.pathsep.join((str(tmp_path), str(ROOT)))
    status, _, err = python("/", "-m", "export", "x", PYTHONPATH=both)
    assert status == 2
    assert f"take {tmp_path} out of PYTHONPATH, or rename it" in err


def test_processes_of_benchmarks_do_not_look_there(file, tmp_path):
    code = (
        "from benchmarks.timing.own_process import python, run; "
        "print(run(python('import train, sys; print(train.__file__, sys.argv)', 1, 'b')))"
    )
    elsewhere = f"import sys; del sys.path[0]; {code}"
    status, out, _ = python(tmp_path, "-c", elsewhere)
    assert (status, out.split(" ", 1)[0]) == (0, str(ROOT / "train" / "__init__.py"))
    assert "['-c', '1', 'b']" in out


@pytest.mark.parametrize("package", ["train", "export", "benchmarks"])
def test_a_file_of_the_users_named_edge(tmp_path, package):
    """It ended in a traceback."""
    (tmp_path / "edge.py").write_text("")
    command = [sys.executable, "-m", package, "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = (
        f"{package}: {tmp_path / 'edge.py'} hides the package edge of mri-edge; call mri-{package}"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said), done.stderr
