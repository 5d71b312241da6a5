"""Keys that models are signed with: Ed25519, in OpenSSH's own files."""

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.model_file.ssh_signature import key_id, public_line, read_public_key
from export.errors import ExportError

_MAX_BYTES = 16_384


@dataclass(frozen=True)
class PublicKey:
    """The half that may be given away."""

    file: Path
    key_id: str


@dataclass(frozen=True)
class SigningKey:
    """A private key, ready to sign."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """ "SHA256:...", as `ssh-keygen -l` prints it."""
        return key_id(self.public)


def make_key(file: Path, name: str, passphrase_file: Path | None, protect: bool) -> PublicKey:
    """Write a new private key, readable by its owner alone, and `file`.pub beside it.

    Args:
        name: of the signer: the comment of the public key, which results show.
        passphrase_file: its first line protects the key; None: it is asked for.
        protect: whether there is to be a passphrase at all.

    Raises:
        ExportError: a file of that name is there, it cannot be written, or the passphrase or the
            name cannot be taken.
    """
    public_file = file.with_name(f"{file.name}.pub")
    for path in (file, public_file):
        if os.path.lexists(path):
            raise ExportError(f"{path}: is there already, and a key is never replaced")
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    line = public_line(public, name)
    try:
        if not name.strip() or read_public_key(line.encode())[1] != name:
            raise ValueError("is empty, or begins or ends with a space")
    except ValueError as error:
        raise ExportError(f"--name {name!r}: {error}") from None
    encryption = serialization.NoEncryption()
    if protect:
        encryption = serialization.BestAvailableEncryption(_new_passphrase(passphrase_file))
    try:
        text = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption
        )
    except UnsupportedAlgorithm:
        raise ExportError(
            "a passphrase needs the package bcrypt; run: pip install 'mri-edge[sign]'"
        ) from None
    try:
        _write_new(file, text, 0o600)
        _write_new(public_file, line.encode(), 0o644)
    except OSError as error:
        reason = error.strerror or error
        raise ExportError(f"{error.filename or file}: cannot be written ({reason})") from error
    return PublicKey(public_file, key_id(public))


def load_key(file: Path, passphrase_file: Path | None = None) -> SigningKey:
    """Read a private key, of ours or of ssh-keygen.

    Raises:
        ExportError: it cannot be read, is no Ed25519 key, others may read it too, or the
            passphrase is wrong.
    """
    try:
        with open(file, "rb") as stream:
            mode, text = os.fstat(stream.fileno()).st_mode, stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ExportError(f"{file}: cannot be read ({error.strerror or error})") from error
    if os.name == "posix" and mode & 0o077:
        raise ExportError(f"{file}: others may read this private key; run: chmod 600 {file}")
    of_openssh = b"BEGIN OPENSSH PRIVATE KEY" in text[:64]
    load = serialization.load_ssh_private_key if of_openssh else serialization.load_pem_private_key
    why = "is no private key"
    try:
        try:
            key = load(text, None)
        except TypeError:  # it is protected
            why = "has another passphrase"
            key = load(text, _passphrase(f"Passphrase of {file}: ", passphrase_file))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ExportError(f"{file}: {why}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ExportError(f"{file}: is no Ed25519 key; `python -m export keygen` makes one")
    return SigningKey(key)


def _new_passphrase(file: Path | None) -> bytes:
    first = _passphrase("Passphrase for the new key: ", file)
    if not first:
        raise ExportError("the passphrase is empty; give one, or say --no-passphrase")
    if file is None and _passphrase("The same again: ", None) != first:
        raise ExportError("the two passphrases differ; nothing was written")
    return first


def _passphrase(prompt: str, file: Path | None) -> bytes:
    if file is not None:
        try:
            with open(file, "rb") as stream:
                return stream.readline(_MAX_BYTES).rstrip(b"\r\n")
        except OSError as error:
            raise ExportError(f"{file}: cannot be read ({error.strerror or error})") from error
    if not sys.stdin.isatty():
        raise ExportError("there is no terminal to ask for a passphrase on; --passphrase-file "
                          "names a file that holds it")  # fmt: skip
    return getpass.getpass(prompt).encode()


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Make a file that must not be there yet; who may read it is set before anything is in it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
