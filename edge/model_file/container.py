"""Model files: the manifest inside them, the proof that the rest belongs to it, and whom to trust.

Both formats are read with bounded sizes before an engine is given the file: a file without a
manifest or with a foreign one never reaches an engine.
"""

from __future__ import annotations

import io
import os
import stat
from threading import Thread
from typing import TYPE_CHECKING

from edge.errors import ModelError
from edge.model_file.bundled import bundled_as
from edge.model_file.manifest import Manifest
from edge.model_file.manifest_json import loads
from edge.model_file.payload import Ranges, digests, format_of, split

if TYPE_CHECKING:
    from edge.model_file.trust import Trust

TRUST_STORE = "/etc/mri-edge/trust"
"""The trust store of a system."""

TRUST_OF_SYSTEM = "system"
"""In place of a `Trust`: the trust store of this system, where there is one."""


class ModelFile:
    """A model file whose manifest was read; `verify` proves that the rest belongs to it.

    The payload is hashed in the background, so that a device with a second core imports NumPy and
    the engine meanwhile. No engine is given a file before `verify` has returned.

    Args:
        status: of the open file that manifest and payload were found in.
        trust: whose models are taken; None: nobody is asked.
    """

    def __init__(
        self,
        path: str,
        manifest: Manifest,
        status: os.stat_result,
        payload: Ranges,
        trust: Trust | None = None,
    ):
        self.path = path
        self.manifest = manifest
        self.size = status.st_size
        """Bytes."""
        self.trust = trust
        self.sha256 = ""
        """Of the whole file; known once it is verified."""
        self.signer: str | None = None
        """Who vouches for it, once it is verified; None: nobody is known to."""
        self.key_id: str | None = None
        """Of the key that signed it."""
        self.unsigned: str | None = None
        """Why nobody who is trusted vouches for it, where that is asked and not required."""
        self._status = status
        self._digest: str | None = None
        self._content = b""
        self._outside = self._revoked = False
        self._hashing = Thread(target=self._hash, args=(payload,), daemon=True)
        self._hashing.start()

    def content(self) -> bytes:
        """The file as it was hashed: to be loaded in place of the path.

        What runs is what was verified, whatever becomes of the file. An engine that maps the file
        is killed (SIGBUS) when somebody copies another over it.

        Raises:
            ModelError: as `verify`.
        """
        return self.verify()._content

    def verify(self) -> ModelFile:
        """Wait for the hash and compare it; returns the file itself.

        Raises:
            ModelError: the payload is not the one that the manifest was made for, or refers to
                other files; another file has taken this one's place since it was read; or it is
                revoked, or the policy wants a signature and there is none of a trusted key.
        """
        self._hashing.join()
        if not _same(self._status, self.path, strict=self.trust is not None):
            raise ModelError(f"{self.path}: was replaced while in use; start again to use the new")
        if self._digest != self.manifest.payload_sha256:
            raise ModelError(
                f"{self.path}: the model does not match its manifest (changed or damaged after "
                "export); copy it again from where it was exported"
            )
        if self._outside:
            raise ModelError(
                f"{self.path}: keeps weights in other files, which are not read; "
                "use a model that `python -m export` wrote"
            )
        if self.unsigned and (self._revoked or self.trust.policy == "require"):
            raise ModelError(
                f"{self.path}: is not trusted: {self.unsigned}. The policy of "
                f"{self.trust.folder or '--signature'} is {self.trust.policy}"
            )
        return self

    def vouched(self) -> str:
        """Who vouches for the verified file, in words."""
        if self.unsigned:
            return f"nobody who is trusted: {self.unsigned}"
        if self.signer and self.key_id:
            return f"signed by {self.signer}, {self.key_id}"
        return self.signer or "not checked: there is no trust store, or its policy is off"

    def _hash(self, payload: Ranges) -> None:
        try:
            with open(self.path, "rb") as file:
                self._content = file.read(self.size)
            digest, self.sha256 = digests(io.BytesIO(self._content), payload, self.size)
            if self.manifest.format == "onnx":
                from edge.model_file.onnx_external_data import refers_to_files

                self._outside = refers_to_files(self._content)
            self.signer = bundled_as(self.sha256)
            if self.trust:
                found = self.trust.judge(self.path, self.sha256, self.signer)
                self.signer, self.key_id, self.unsigned, self._revoked = found
            self._digest = digest
        except (OSError, ValueError, MemoryError):
            pass  # no digest, no match


def open_model(path: str | os.PathLike, trust: Trust | str | None = TRUST_OF_SYSTEM) -> ModelFile:
    """Read and verify a model file without running it; arguments and errors as of `read_model`.

    Raises:
        ModelError: as `read_model` and `ModelFile.verify`.
    """
    return read_model(path, trust).verify()


def read_model(path: str | os.PathLike, trust: Trust | str | None = TRUST_OF_SYSTEM) -> ModelFile:
    """Read a model file's manifest and begin to verify the rest.

    Args:
        path: of a .tflite or .onnx file.
        trust: whose models are taken: by default as the trust store of this system says, if it has
            one (`edge.model_file.trust`); None: nobody is asked.

    Raises:
        ModelError: the file is missing, of no known format, named as the other format, cut short
            or without a manifest; or the trust store cannot be read.
    """
    path = os.fspath(path)
    if isinstance(trust, str):
        trust = find_trust()
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # opening one would wait for its writer for ever
            raise ModelError(f"{path}: is a pipe; name a .tflite or .onnx file")
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            kind = format_of(file, path)
            text, payload = split(file, kind, status.st_size, path)
    except IsADirectoryError:
        raise ModelError(
            f"{path}: is a folder; name a .tflite or .onnx file; python -m export "
            "makes them of a run"
        ) from None
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    if text is None:
        raise ModelError(
            f"{path}: has no mri-edge manifest inside, so nothing is known about its input or "
            "labels; use a model that `python -m export` wrote, copied whole"
        )
    manifest = loads(text, path)
    if manifest.format != kind:
        raise ModelError(f"{path}: is a {kind} file with the manifest of a {manifest.format} one")
    return ModelFile(path, manifest, status, payload, trust)


def find_trust(folder: str | None = None, policy: str | None = None) -> Trust | None:
    """Whose models this device takes: as its trust store says, or as the arguments do.

    Args:
        folder: a trust store, where the system has none; None: the system's, if there is one.
        policy: one of `edge.model_file.trust.POLICIES`, which makes the store's only stricter;
            None: that of the store.

    Returns:
        None: nothing is to be checked.

    Raises:
        ModelError: a store cannot be read, or one is named beside the system's.
    """
    if not folder and policy in (None, "off") and not os.path.lexists(TRUST_STORE):
        return None
    from edge.model_file.trust import find

    return find(TRUST_STORE, folder, policy)


def _same(status: os.stat_result, path: str, strict: bool) -> bool:
    """Whether a file is as it was; `strict`: by the time, too, that nobody but the system sets."""
    try:
        now = os.stat(path)
    except OSError:
        return False
    fields = ("st_dev", "st_ino", "st_size", "st_mtime_ns", *(["st_ctime_ns"] if strict else []))
    return all(getattr(status, field) == getattr(now, field) for field in fields)
