"""Model files: which format a file is, the manifest inside it, and the hash of the rest.

- `.tflite`: a flatbuffer with a ZIP archive appended (the "associated files" of TFLite model
  metadata, https://ai.google.dev/edge/litert/models/metadata), the manifest stored in it
  uncompressed. The payload is everything before the archive.
- `.onnx`: a protobuf `ModelProto` (onnx.proto) with the manifest in `metadata_props`. The payload
  is every other field.

Both are read here, with bounded sizes, before an engine is given the file: a file without a
manifest or with a foreign one never reaches an engine. The archive is parsed directly because it is
one uncompressed entry and `import zipfile` costs more than classifying a scan; ONNX is, so that the
payload can be hashed and the manifest read where onnxruntime is not installed.
"""

import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from threading import Thread
from typing import BinaryIO

from edge.errors import ModelError
from edge.model_file.manifest import MAX_MANIFEST_BYTES, Manifest, loads

MANIFEST_ENTRY = "mri-edge-manifest.json"
"""Name of the ZIP entry in a .tflite file, and of the metadata key in an .onnx file."""

_TFLITE_MARK = b"TFL3"  # file_identifier of tensorflow/lite/schema/schema.fbs, at byte 4
ONNX_METADATA_PROPS = 14  # field number in onnx.proto's ModelProto
_ONNX_LAST_FIELD = 26  # highest field number that ModelProto has used (configuration)
_ZIP_END = struct.Struct("<4s4H2LH")  # end of central directory (PKWARE APPNOTE 4.3.16)
_ZIP_ENTRY = struct.Struct("<4s6H3L5H2L")  # central directory header (4.3.12)
_ZIP_LOCAL = struct.Struct("<4s5H3L2H")  # local file header (4.3.7)
_CHUNK = 1 << 20


Ranges = list[tuple[int, int]]
"""Byte ranges (start, end) of a file."""


class ModelFile:
    """A model file whose manifest was read; `verify` proves that the rest belongs to it.

    The payload is hashed in the background, so that a device with a second core imports NumPy and
    the engine meanwhile. No engine is given a file before `verify` has returned.

    Args:
        status: of the open file that manifest and payload were found in.
    """

    def __init__(self, path: str, manifest: Manifest, status: os.stat_result, payload: Ranges):
        self.path = path
        self.manifest = manifest
        self.size = status.st_size
        """Bytes."""
        self._status = status
        self._digest: str | None = None
        self._outside = False
        self._hashing = Thread(target=self._hash, args=(payload,), daemon=True)
        self._hashing.start()

    def verify(self) -> "ModelFile":
        """Wait for the hash and compare it; returns the file itself.

        Raises:
            ModelError: the payload is not the one that the manifest was made for, or refers to
                other files; or another file has taken this one's place since it was read.
        """
        self._hashing.join()
        if not _same(self._status, self.path):
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
        return self

    def _hash(self, payload: Ranges) -> None:
        try:
            with open(self.path, "rb") as file:
                digest = _sha256(file, payload)
            if self.manifest.format == "onnx":
                from edge.model_file.onnx_external_data import refers_to_files

                self._outside = refers_to_files(self.path)
            self._digest = digest
        except (OSError, ValueError):
            pass  # no digest, no match


def open_model(path: str | os.PathLike) -> ModelFile:
    """Read and verify a model file without running it.

    Raises:
        ModelError: as `read_model` and `ModelFile.verify`.
    """
    return read_model(path).verify()


def read_model(path: str | os.PathLike) -> ModelFile:
    """Read a model file's manifest and begin to verify the rest.

    Raises:
        ModelError: the file is missing, of no known format, named as the other format, cut short
            or without a manifest.
    """
    path = os.fspath(path)
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # opening one would wait for its writer for ever
            raise ModelError(f"{path}: is a pipe; name a .tflite or .onnx file")
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            kind, size = _format(file, path), status.st_size
            text, payload = (_split_tflite if kind == "tflite" else _split_onnx)(file, size, path)
    except IsADirectoryError:
        raise ModelError(f"{path}: is a folder; name a .tflite or .onnx file in it") from None
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
    return ModelFile(path, manifest, status, payload)


def payload_sha256(path: str | os.PathLike) -> str:
    """SHA-256 of a model file's payload; the same with and without a manifest."""
    path = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        split = _split_tflite if _format(file, path) == "tflite" else _split_onnx
        return _sha256(file, split(file, size, path)[1])


def _same(status: os.stat_result, path: str) -> bool:
    try:
        now = os.stat(path)
    except OSError:
        return False
    fields = ("st_dev", "st_ino", "st_size", "st_mtime_ns")
    return all(getattr(status, field) == getattr(now, field) for field in fields)


def _format(file: BinaryIO, path: str) -> str:
    head = file.read(8)
    if not head:
        raise ModelError(f"{path}: is empty (0 bytes)")
    if head[4:8] == _TFLITE_MARK:
        kind = "tflite"
    elif head[0] == 0x08:  # field 1 (ir_version), a varint: how every ModelProto starts
        kind = "onnx"
    else:
        raise ModelError(f"{path}: is neither a TFLite nor an ONNX model")
    suffix = os.path.splitext(path)[1].lower()
    if suffix in (".tflite", ".onnx") and suffix != f".{kind}":
        raise ModelError(f"{path}: is a model for .{kind} named {suffix}; rename it to .{kind}")
    return kind


def _split_tflite(file: BinaryIO, size: int, path: str) -> tuple[bytes | None, Ranges]:
    file.seek(max(0, size - _ZIP_END.size))
    tail = file.read(_ZIP_END.size)
    if len(tail) < _ZIP_END.size or tail[:4] != b"PK\5\6":
        return None, [(0, size)]
    *_, directory_size, directory_at, _ = _ZIP_END.unpack(tail)
    if directory_at + directory_size > size or directory_size > MAX_MANIFEST_BYTES:
        raise ModelError(f"{path}: is damaged (bad archive directory); copy it again")
    file.seek(directory_at)
    directory, at, starts, text = file.read(directory_size), 0, [], None
    while at + _ZIP_ENTRY.size <= len(directory):
        entry = _ZIP_ENTRY.unpack_from(directory, at)
        method, length = entry[4], entry[8]
        name_size, extra_size, comment_size, local_at = entry[10], entry[11], entry[12], entry[16]
        name = directory[at + _ZIP_ENTRY.size :][:name_size]
        at += _ZIP_ENTRY.size + name_size + extra_size + comment_size
        starts.append(local_at)
        if name != MANIFEST_ENTRY.encode():
            continue
        if method != 0 or length > MAX_MANIFEST_BYTES:
            raise ModelError(f"{path}: is damaged (bad manifest entry); copy it again")
        file.seek(local_at)
        local = file.read(_ZIP_LOCAL.size)
        if len(local) < _ZIP_LOCAL.size or local[:4] != b"PK\3\4":
            raise ModelError(f"{path}: is damaged (bad manifest entry); copy it again")
        *_, local_name_size, local_extra_size = _ZIP_LOCAL.unpack(local)
        file.seek(local_name_size + local_extra_size, os.SEEK_CUR)
        text = file.read(length)
    return text, [(0, min(starts, default=size))]


def _split_onnx(file: BinaryIO, size: int, path: str) -> tuple[bytes | None, Ranges]:
    text, payload, at = None, [], 0
    for number, start, body, end in _fields(file, size, path):
        at = end
        if number != ONNX_METADATA_PROPS:
            payload.append((start, end))
        elif end - body <= MAX_MANIFEST_BYTES:
            file.seek(body)
            key, value = _string_pair(file.read(end - body))
            if key == MANIFEST_ENTRY.encode():
                text = value
    if at != size:
        raise ModelError(f"{path}: is cut short or damaged; copy it again")
    return text, payload


def _fields(file: BinaryIO, size: int, path: str) -> Iterator[tuple[int, int, int, int]]:
    """(number, start, body, end) of each top-level protobuf field."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(20)
        key, used = _varint(head, 0)
        value, body = _varint(head, used) if used else (0, 0)
        number, wire = key >> 3, key & 7
        end = at + body + (value if wire == 2 else 0)
        if not body or wire not in (0, 2) or not 0 < number <= _ONNX_LAST_FIELD or end > size:
            raise ModelError(f"{path}: is cut short or damaged; copy it again")
        yield number, at, at + body, end
        at = end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Value and the position after it; position 0 if `data` ends within the number."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return 0, 0


def _string_pair(data: bytes) -> tuple[bytes, bytes]:
    """Key (field 1) and value (field 2) of a StringStringEntryProto."""
    pair, at = {1: b"", 2: b""}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        length, at = _varint(data, at) if at else (0, 0)
        if not at or tag & 7 != 2:
            break
        pair[tag >> 3] = data[at : at + length]
        at += length
    return pair[1], pair[2]


def _sha256(file: BinaryIO, ranges: Ranges) -> str:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
    for start, end in ranges:
        file.seek(start)
        left = end - start
        while left > 0:
            count = file.readinto(buffer[: min(left, _CHUNK)])
            if not count:
                break
            digest.update(buffer[:count])
            left -= count
    return digest.hexdigest()
