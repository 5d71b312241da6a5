"""Whose models a device takes: signatures, trust stores, policies, forgeries."""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edge import Classifier, ModelError
from edge.inference.check_model import check_model
from edge.inference.engines import installed
from edge.model_file import container
from edge.model_file.bundled import BUNDLED, bundled_model
from edge.model_file.container import find_trust, open_model, read_model
from edge.model_file.ssh_signature import (
    NAMESPACE,
    key_id,
    public_line,
    read_public_key,
    read_signature,
)
from export.package.write_container import pack
from tests.edge.conftest import MODELS
from tests.edge.model_file.test_container import payload_of
from tests.edge.test_cli import run

SIGNED = Path(__file__).parent / "signed"
"""tiny.tflite and tiny.onnx of the tests, signed by two keys whose private halves are gone."""
OLD, NEW = ((SIGNED / f"{name}.pub").read_bytes() for name in ("old", "new"))
OLD_ID, NEW_ID = (key_id(read_public_key(line)[0]) for line in (OLD, NEW))


@pytest.fixture(params=["tflite", "onnx"])
def signed(request, tmp_path) -> Path:
    """A copy of the tiny model with its signature, by the new key."""
    path = Path(shutil.copy(MODELS / f"tiny.{request.param}", tmp_path))
    shutil.copy(SIGNED / f"{path.name}.new.sig", f"{path}.sig")
    return path


@pytest.fixture
def store(tmp_path) -> Path:
    """A trust store with both keys, which requires signatures."""
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "old.pub").write_bytes(OLD)
    (folder / "new.pub").write_bytes(NEW)
    (folder / "policy").write_text("require\n")
    return folder


def opened(path, store, policy=None):
    return open_model(path, find_trust(str(store), policy))


def forge(path: Path) -> None:
    """Reseal its manifest so that nothing is called a tumor: as whoever can write the file may."""
    manifest = open_model(path).manifest
    never = replace(manifest.decision, threshold=1.0, uncertain=(1.0, 1.0))
    blind = replace(manifest.reject, max_white=1.0)
    path.write_bytes(pack(payload_of(path), replace(manifest, decision=never, reject=blind)))


def test_a_signed_model_is_taken_and_its_signer_known(signed, store):
    model = opened(signed, store)
    assert (model.signer, model.key_id, model.unsigned) == ("The new key", NEW_ID, None)
    assert model.vouched() == f"signed by The new key, {NEW_ID}"


def test_a_forged_and_resealed_model_is_refused(signed, store):
    """It passes every check but that of the signature, and shows the same `model_sha256`."""
    payload = open_model(signed).manifest.payload_sha256
    forge(signed)
    forged = open_model(signed)
    assert forged.manifest.payload_sha256 == payload
    assert forged.manifest.decision.threshold == 1.0
    if installed(signed.suffix[1:]):
        assert check_model(forged, installed(signed.suffix[1:])[0]).passed
    with pytest.raises(ModelError, match="is not trusted: its signature is not of this file"):
        opened(signed, store)


def test_the_command_refuses_it_before_any_engine_sees_it(scan, signed, store):
    if not installed(signed.suffix[1:]):
        pytest.skip("no engine for it")
    picture, options = scan(180), ["--model", signed, "--trust", store]
    status, out, _ = run(picture, *options, "--format", "json")
    (result,) = json.loads(out)["results"]
    assert (status, result["verdict"], result["signer"]) == (0, "tumor", "The new key")
    assert result["signer_key_id"] == NEW_ID
    before = result["file_sha256"]
    forge(signed)
    for command in ([picture], ["--self-test"], ["--doctor"], ["--watch", signed.parent]):
        status, out, err = run(*command, *options)
        assert (status, out) == (2, ""), command
        assert "is not trusted" in err
    # Without a store it is taken, and the hash of the file tells the two apart.
    status, out, _ = run(picture, "--model", signed, "--format", "json")
    (result,) = json.loads(out)["results"]
    assert result["verdict"] == "no_tumor"
    assert result["file_sha256"] != before
    assert result["signer"] is result["signer_key_id"] is None


@pytest.mark.parametrize("engine", ["default", "named"])
def test_python_heeds_the_store_of_the_system(signed, store, monkeypatch, engine):
    if not installed(signed.suffix[1:]):
        pytest.skip("no engine for it")
    monkeypatch.setattr(container, "TRUST_STORE", str(store))
    assert Classifier(signed)._file.signer == "The new key"
    forge(signed)
    with pytest.raises(ModelError, match="is not trusted"):
        Classifier(signed)


def test_rotation_and_revocation(signed, store):
    """Both keys are trusted for a while; then the old one is revoked, and all that it signed."""
    shutil.copy(SIGNED / f"{signed.name}.old.sig", f"{signed}.sig")
    assert opened(signed, store).signer == "The old key"
    (store / "revoked").write_text(f"# lost on a train\n{OLD_ID}  # on Monday\n")
    for policy in ("require", "warn"):
        (store / "policy").write_text(policy)
        with pytest.raises(ModelError, match="is signed by a revoked key, SHA256:"):
            opened(signed, store)
    shutil.copy(SIGNED / f"{signed.name}.new.sig", f"{signed}.sig")
    assert opened(signed, store).signer == "The new key"


def test_a_single_file_can_be_revoked(signed, store):
    digest = opened(signed, store).sha256
    (store / "revoked").write_text(digest)
    with pytest.raises(ModelError, match="this file is revoked"):
        opened(signed, store)


def test_a_key_that_is_not_in_the_store_is_nobodys(signed, store):
    (store / "new.pub").unlink()
    with pytest.raises(ModelError, match="by a key that is not trusted here, SHA256:"):
        opened(signed, store)


def test_without_a_signature(signed, store):
    os.unlink(f"{signed}.sig")
    with pytest.raises(ModelError, match=r"it is not signed \(no tiny\.\w+\.sig\)"):
        opened(signed, store)
    (store / "policy").write_text("warn")
    model = opened(signed, store)
    assert model.signer is None
    assert "not signed" in model.unsigned
    (store / "policy").write_text("off")
    assert find_trust(str(store)) is None


def test_a_warning_is_said_and_the_result_names_nobody(scan, signed, store):
    if not installed(signed.suffix[1:]):
        pytest.skip("no engine for it")
    (store / "policy").unlink()
    os.unlink(f"{signed}.sig")
    status, out, err = run(scan(180), "--model", signed, "--trust", store, "--format", "ndjson")
    assert status == 0
    assert "WARNING: nobody who is trusted vouches for it: it is not signed" in err
    assert json.loads(out)["signer"] is None


@pytest.mark.parametrize(
    ("own", "asked", "holds"),
    [
        ("require", "warn", "require"),
        ("require", "off", "require"),
        ("warn", "off", "warn"),
        ("warn", "require", "require"),
        ("off", "warn", "warn"),
        ("require", None, "require"),
        (None, None, "warn"),
    ],
)
def test_the_stricter_policy_holds(store, own, asked, holds):
    (store / "policy").unlink()
    if own:
        (store / "policy").write_text(own)
    trust = find_trust(str(store), asked)
    assert trust.policy == holds
    assert bool(trust.remark) == (asked is not None and asked != holds)


def test_no_keys_can_be_brought_to_a_system_with_a_store(tmp_path, store, monkeypatch):
    system = tmp_path / "system"
    system.mkdir()
    monkeypatch.setattr(container, "TRUST_STORE", str(system))
    with pytest.raises(ModelError, match=r"has a trust store, .*system, and takes no other"):
        find_trust(str(store))
    assert find_trust(str(system)).folder == str(system)
    assert find_trust(None, "off").policy == "warn"
    os.rmdir(system)
    os.symlink("nowhere", system)  # what cannot be read lets nothing pass
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(MODELS / "tiny.onnx")


@pytest.mark.parametrize("name", sorted(BUNDLED.values()))
def test_bundled_models_are_pinned(name, store, tmp_path):
    path = os.path.join(os.path.dirname(bundled_model()), name)
    model = opened(path, store)
    assert BUNDLED.get(model.sha256) == name, f"write {model.sha256!r} into BUNDLED"
    assert model.signer.startswith("bundled with mri-edge ")
    assert model.key_id is None
    assert open_model(path).signer == model.signer
    copy = Path(shutil.copy(path, tmp_path / name))
    forge(copy)
    assert open_model(copy).signer is None
    with pytest.raises(ModelError, match="is not signed"):
        opened(copy, store)
    (store / "revoked").write_text(model.sha256)
    with pytest.raises(ModelError, match="this file is revoked"):
        opened(path, store)


def test_required_without_a_store_bundled_models_alone_are_taken(signed):
    assert open_model(bundled_model(), find_trust(None, "require")).signer
    with pytest.raises(ModelError, match="The policy of --signature is require"):
        open_model(signed, find_trust(None, "require"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("policy", "requier", "policy: must be one word: off, warn, require"),
        ("policy", "", "must be one word"),
        ("revoked", "SHA256:short", "line 1 is neither a key id nor a SHA-256"),
        ("revoked", f"\n{'A' * 64}", "line 2 is neither"),
        ("other.pub", "ssh-rsa AAAA me", "is no public key of the type ssh-ed25519"),
        ("other.pub", "ssh-ed25519 AAAA", "is damaged"),
        ("other.pub", public_line(b"\1" + bytes(31), "any"), "would accept anything"),
        ("other.pub", public_line(b"\2" + bytes(31), "any"), "would accept anything, or none"),
        ("other.pub", OLD.decode() + OLD.decode(), "comment that is not one line"),
        ("other.pub", OLD.decode().strip() + "\x1b[2J", "comment that is not one line"),
        ("other.pub", "x" * 5000, "is larger than 4096 bytes"),
    ],
)
def test_an_error_in_the_store_lets_nothing_pass(signed, store, name, content, words):
    (store / name).write_text(content)
    with pytest.raises(ModelError, match=words) as caught:
        opened(signed, store)
    assert str(store / name) in str(caught.value)


def test_a_pipe_for_a_signature_is_not_waited_for(signed, store):
    os.unlink(f"{signed}.sig")
    os.mkfifo(f"{signed}.sig")
    with pytest.raises(ModelError, match=r"its signature cannot be read \(is not a regular file\)"):
        opened(signed, store)


def test_every_changed_byte_of_a_signature_is_refused_or_says_the_same(signed, store):
    path = Path(f"{signed}.sig")
    whole, refusals = path.read_bytes(), 0
    (store / "policy").write_text("warn")
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        model = opened(signed, store, None)
        if model.unsigned is None:
            # Where a line ends, and the bits of base64 that stand for nothing.
            assert read_signature(path.read_bytes()) == read_signature(whole)
        else:
            assert model.signer is None
            refusals += 1
    assert refusals > 0.9 * len(whole)


def test_a_signature_for_another_purpose_is_none(signed):
    text = Path(f"{signed}.sig").read_text()
    lines = text.split("\n")
    data = base64.b64decode("".join(lines[1:-2]))
    for old, new, words in (
        (NAMESPACE.encode(), b"mri-edge-mOdel", "not made for models"),
        (b"sha256", b"sha512", "not over the file's SHA-256"),
        (b"ssh-ed25519", b"ssh-ed25518", "not by an Ed25519 key"),
        (b"SSHSIG", b"SSHSIX", "no signature of OpenSSH"),
    ):
        changed = base64.b64encode(data.replace(old, new)).decode()
        with pytest.raises(ValueError, match=words):
            read_signature(f"{lines[0]}\n{changed}\n{lines[-2]}\n".encode())


def test_ssh_keygen_says_the_same(signed, tmp_path):
    """Another's program accepts the signature, and refuses it for the forged file."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    (tmp_path / "allowed").write_text(f"clinic {NEW.decode()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", "clinic"]
    command += ["-n", NAMESPACE, "-s", f"{signed}.sig"]
    for status in (0, 255):
        with open(signed, "rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        forge(signed)


def test_a_model_replaced_after_its_check_is_not_used(signed, store, monkeypatch):
    """Between the check and the engine's own opening of the file."""
    if not installed(signed.suffix[1:]):
        pytest.skip("no engine for it")
    from edge.inference import engines

    model = opened(signed, store)
    real = engines._engine_class(installed(signed.suffix[1:])[0])

    def swapped(*args):
        forge(signed)
        return real(*args)

    monkeypatch.setattr(engines, "_engine_class", lambda _: swapped)
    with pytest.raises(ModelError, match="was replaced while in use"):
        Classifier(model)


def test_a_change_that_was_made_to_look_like_none_is_seen(signed, store):
    """Written in place, of the same size, and its time set back."""
    model, status = opened(signed, store), os.stat(signed)
    data = signed.read_bytes()
    signed.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(signed, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(ModelError, match="was replaced while in use"):
        model.verify()


def test_who_may_write_to_the_store_is_told(store):
    if not installed():
        pytest.skip("no engine is installed")
    os.chmod(store / "new.pub", 0o666)
    status, out, _ = run("--doctor", "--trust", store)
    assert status == 0
    assert f"policy require; keys: The new key ({NEW_ID}), The old key ({OLD_ID})" in out
    assert f"{store / 'new.pub'}: everybody may write to it" in out
