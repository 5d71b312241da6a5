"""`python -m export keygen`, `sign` and `verify`."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge.model_file.container import find_trust, open_model
from edge.model_file.ssh_signature import NAMESPACE
from export import cli
from tests.edge.conftest import MODELS

pytest.importorskip("cryptography", reason="the extra `sign` is not installed")


@pytest.fixture
def models(tmp_path):
    return [Path(shutil.copy(MODELS / f"tiny.{kind}", tmp_path)) for kind in ("tflite", "onnx")]


@pytest.fixture
def key(tmp_path, capsys) -> Path:
    """A private key without a passphrase; its public half is in the trust store `trust`."""
    path = tmp_path / "clinic"
    assert cli.main(["keygen", str(path), "--name", "Clinic A", "--no-passphrase"]) == 0
    (tmp_path / "trust").mkdir()
    shutil.copy(tmp_path / "clinic.pub", tmp_path / "trust")
    capsys.readouterr()
    return path


def call(capsys, *words) -> tuple[int, str, str]:
    status = cli.main(list(map(str, words)))
    return status, *capsys.readouterr()


def test_from_key_to_device(key, models, tmp_path, capsys):
    status, out, _ = call(capsys, "sign", *models, "--key", key)
    assert status == 0
    assert out.count("signed by SHA256:") == 2
    assert not list(tmp_path.glob(".*")), "no temporary file is left"
    status, out, _ = call(capsys, "verify", *models, "--trust", tmp_path / "trust")
    assert status == 0
    assert out.count(": Clinic A, SHA256:") == 2
    for path in models:
        model = open_model(path, find_trust(str(tmp_path / "trust"), "require"))
        assert model.signer == "Clinic A"
        assert model.sha256 in out


def test_no_passphrase_is_asked_for_a_file_that_cannot_be_signed(
    key, models, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("export.signing.keys.load_key", lambda *given: pytest.fail("was asked"))
    missing = tmp_path / "gone.tflite"
    status, _, said = call(capsys, "sign", models[0], missing, "--key", key)
    assert status != 0
    assert str(missing) in said
    assert not list(tmp_path.glob("*.sig")), "none is signed unless all can be"


def test_verify_tells_of_each(key, models, tmp_path, capsys):
    call(capsys, "sign", models[0], "--key", key)
    status, out, _ = call(capsys, "verify", *models, "--trust", tmp_path / "trust")
    assert status == 1
    assert "tiny.tflite: Clinic A" in out
    assert "tiny.onnx: NOT TRUSTED: it is not signed" in out


def test_verify_without_a_store(models, capsys):
    status, _, err = call(capsys, "verify", *models)
    assert status == 2
    assert "has no trust store" in err


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_the_private_key_is_its_owners_alone(key, models, capsys):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o640)
    status, _, err = call(capsys, "sign", *models, "--key", key)
    assert status == 2
    assert "others may read this private key; run: chmod 600" in err


@pytest.mark.parametrize("there", ["clinic", "clinic.pub"])
def test_a_key_is_never_replaced(tmp_path, capsys, there):
    (tmp_path / there).write_text("mine")
    status, _, err = call(capsys, "keygen", tmp_path / "clinic", "--no-passphrase")
    assert status == 2
    assert "is there already, and a key is never replaced" in err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_passphrase(models, tmp_path, capsys):
    pytest.importorskip("bcrypt")
    key, right, wrong = (tmp_path / name for name in ("key", "right", "wrong"))
    right.write_text("open sesame\nnot this\n")
    wrong.write_text("open\n")
    assert call(capsys, "keygen", key, "--passphrase-file", right)[0] == 0
    status, _, err = call(capsys, "sign", *models, "--key", key, "--passphrase-file", wrong)
    assert status == 2
    assert f"{key}: has another passphrase" in err
    assert not list(tmp_path.glob("*.sig"))
    assert call(capsys, "sign", *models, "--key", key, "--passphrase-file", right)[0] == 0


def test_without_a_terminal_no_passphrase_is_asked_for(tmp_path):
    command = [sys.executable, "-m", "export", "keygen", tmp_path / "key"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no terminal to ask for a passphrase on" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[2J", "x" * 101, "", " ", " padded"])
def test_a_name_that_results_cannot_show(tmp_path, capsys, name):
    status, _, err = call(capsys, "keygen", tmp_path / "key", "--name", name, "--no-passphrase")
    assert status == 2
    assert "--name" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAA\n"])
def test_what_is_no_key(tmp_path, models, capsys, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    status, _, err = call(capsys, "sign", *models, "--key", path)
    assert status == 2
    assert "is no private key" in err


def test_keys_of_other_kinds(tmp_path, models, capsys):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    for name, private in (("p256", ec.generate_private_key(ec.SECP256R1())),
                          ("good", ed25519.Ed25519PrivateKey.generate())):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        path.chmod(0o600)
    status, _, err = call(capsys, "sign", *models, "--key", tmp_path / "p256")
    assert status == 2
    assert "is no Ed25519 key" in err
    assert call(capsys, "sign", *models, "--key", tmp_path / "good")[0] == 0


def test_what_is_no_model_is_not_signed(key, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("hello")
    status, _, err = call(capsys, "sign", tmp_path / "notes.txt", "--key", key)
    assert status == 2
    assert "neither a TFLite nor an ONNX model" in err
    assert not list(tmp_path.glob("*.sig"))


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen_makes_the_same_signature(key, models, tmp_path, capsys):
    """Ed25519 leaves nothing to chance: byte for byte, whichever program signs."""
    call(capsys, "sign", models[0], "--key", key)
    ours = Path(f"{models[0]}.sig")
    kept = ours.read_bytes()
    ours.unlink()
    command = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-O", "hashalg=sha256", "-f", key]
    subprocess.run([*command, models[0]], check=True, capture_output=True)
    assert ours.read_bytes() == kept


def test_without_the_package_the_extra_is_named(models, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.delitem(sys.modules, "export.signing.keys", raising=False)
    monkeypatch.delattr("export.signing.keys", raising=False)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    status, _, err = call(capsys, "sign", *models, "--key", tmp_path / "key")
    assert status == 2
    assert "pip install 'mri-edge[sign]'" in err
