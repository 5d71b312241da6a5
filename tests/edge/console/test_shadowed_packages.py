"""Files of the user's that hide a package of ours, and what the commands say of them."""

import json
import os
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
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
    assert out.startswith("usage: mri-export [RUN] [options]\n       mri-export ")


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


SCRIPT = "import sys\nfrom edge.console.workstation import train\nsys.exit(train())\n"


def test_a_script_says_what_its_environment_puts_before_ours(file, tmp_path):
    """`PYTHONPATH=. mri-train`, beside a train.py: before, the traceback of an import."""
    script = tmp_path / "bin" / "mri-train"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    both = os.pathsep.join((".", str(ROOT)))
    status, out, err = python(tmp_path, script, "--help", PYTHONPATH=both)
    assert (status, out) == (2, "")
    assert err.startswith(f"train: {file} hides the package train of mri-edge; take {tmp_path} out")


@pytest.fixture
def installed(tmp_path):
    """Our packages as pip leaves them: copied, with a record of their hashes."""
    site = tmp_path / "site-packages"
    info = site / "mri_edge-0.2.0.dist-info"
    info.mkdir(parents=True)
    record = []
    for package in ("edge", *shadowed_packages.PACKAGES):
        copied = shutil.copytree(
            ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__", "models")
        )
        for path in sorted(copied.rglob("*.py")):
            digest = urlsafe_b64encode(sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
            size = path.stat().st_size
            record.append(f"{path.relative_to(site).as_posix()},sha256={digest},{size}\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mri-edge\nVersion: 0.2.0\n")
    (info / "RECORD").write_text("".join(record))
    return site


@pytest.mark.parametrize("name", ["train/__init__.py", "train/splitting/split.py"])
def test_a_package_that_another_has_written_over(installed, tmp_path, name):
    script = tmp_path / "mri-train"
    script.write_text(SCRIPT)
    status, out, err = python("/", script, "--help", PYTHONPATH=str(installed))
    assert (status, err) == (0, "")
    (installed / name).write_text("print('of another package')\n")
    for call in ([script], ["-m", "train"], ["-m", "export"]):
        status, _, err = python("/", *call, "--help", PYTHONPATH=str(installed))
        assert status == 2
        assert f"{installed / name} is not the file that mri-edge installed" in err
    _, out, _ = python("/", "-m", "edge", "--doctor", "--format", "json", PYTHONPATH=str(installed))
    assert any(str(installed / name) in line for line in json.loads(out)["advice"])
    (installed / name).unlink()
    assert python("/", script, "--help", PYTHONPATH=str(installed))[0] == 2


def test_what_is_not_copied_may_be_changed():
    assert [shadowed_packages.overwritten(package) for package in shadowed_packages.PACKAGES] == [
        *(None, None, None)
    ]
