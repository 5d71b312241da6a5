"""Signatures and public keys as OpenSSH writes them (its PROTOCOL.sshsig), Ed25519 only.

The signature of `model.tflite` is `model.tflite.sig`, beside it. What is signed is the SHA-256 of
the whole file, manifest and all, together with a purpose, `NAMESPACE`: a signature that the same
key made of a letter or a commit is none of a model.

It is OpenSSH's format because a clinic has the tool that writes and checks it, `ssh-keygen -Y`: a
key may live in an agent, and what this module says can be checked without it.
"""

import base64
import binascii
import hashlib
import struct

from edge.model_file import ed25519

NAMESPACE = "mri-edge-model"
"""What the signature is for."""

SUFFIX = ".sig"
MAX_BYTES = 4096
"""Of a signature or a public key; theirs are about 300."""

_TYPE, _HASH, _MAGIC, _VERSION = b"ssh-ed25519", b"sha256", b"SSHSIG", 1
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_LENGTH = struct.Struct(">I")
_LINE = 70
_MAX_NAME = 100


def signed_data(sha256: bytes, namespace: str = NAMESPACE) -> bytes:
    """The bytes that the key signs, for a file of that SHA-256."""
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", _HASH, sha256)))


def armored(key: bytes, signature: bytes) -> str:
    """The text of a signature file, from a public key and its signature of `signed_data`."""
    fields = (_blob(key), NAMESPACE.encode(), b"", _HASH, _string(_TYPE) + _string(signature))
    data = _MAGIC + _LENGTH.pack(_VERSION) + b"".join(map(_string, fields))
    text = base64.b64encode(data).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def read_signature(text: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature in a signature file.

    Raises:
        ValueError: it is damaged, or made for another purpose, by another kind of key or over
            another hash; says which.
    """
    lines = _ascii(text).split()
    begin, end = _BEGIN.split(), _END.split()
    if lines[:3] != begin or lines[-3:] != end or len(text) > MAX_BYTES:
        raise ValueError("is no signature of OpenSSH")
    data = _base64("".join(lines[3:-3]))
    if data[:6] != _MAGIC or data[6:10] != _LENGTH.pack(_VERSION):
        raise ValueError("is no signature of OpenSSH")
    blob, namespace, _, hashed, made = _strings(data[10:], 5)
    key = _key(blob)
    if namespace != NAMESPACE.encode():
        raise ValueError(f"was not made for models (ssh-keygen -Y sign -n {NAMESPACE})")
    if hashed != _HASH:
        raise ValueError("is not over the file's SHA-256 (ssh-keygen -Y sign -O hashalg=sha256)")
    kind, signature = _strings(made, 2)
    if kind != _TYPE or len(signature) != 64:
        raise ValueError("is not by an Ed25519 key")
    return key, signature


def is_signed(sha256: bytes, key: bytes, signature: bytes) -> bool:
    """Whether a key has signed a file of that SHA-256."""
    return ed25519.verify(key, signed_data(sha256), signature)


def read_public_key(text: bytes) -> tuple[bytes, str]:
    """The key and the comment in a `.pub` file.

    Raises:
        ValueError: it is no Ed25519 key, or not one line of printable characters.
    """
    words = text.decode().strip("\n").split(" ", 2)
    if len(text) > MAX_BYTES or len(words) < 2 or words[0] != _TYPE.decode():
        raise ValueError("is no public key of the type ssh-ed25519")
    key, comment = _key(_base64(words[1])), words[2].strip() if len(words) > 2 else ""
    if not comment.isprintable() or len(comment) > _MAX_NAME:
        raise ValueError(f"has a comment that is not one line of at most {_MAX_NAME} characters")
    if not ed25519.is_sound(key):
        raise ValueError("holds a key that would accept anything, or none at all")
    return key, comment


def public_line(key: bytes, comment: str) -> str:
    """The text of a `.pub` file."""
    return f"{_TYPE.decode()} {base64.b64encode(_blob(key)).decode()} {comment}\n"


def key_id(key: bytes) -> str:
    """What stands for a key: "SHA256:...", as `ssh-keygen -l` prints it."""
    digest = hashlib.sha256(_blob(key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _key(blob: bytes) -> bytes:
    kind, *rest = _strings(blob, None)
    if kind != _TYPE or [len(one) for one in rest] != [32]:
        raise ValueError("is not by an Ed25519 key")
    return rest[0]


def _blob(key: bytes) -> bytes:
    return _string(_TYPE) + _string(key)


def _string(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _strings(data: bytes, count: int | None) -> list[bytes]:
    """The strings (RFC 4251, 5) that `data` is made of; `count` of them, None: one or more."""
    found, at = [], 0
    while at < len(data):
        if at + 4 > len(data):
            raise ValueError("is damaged")
        end = at + 4 + _LENGTH.unpack_from(data, at)[0]
        if end > len(data):
            raise ValueError("is damaged")
        found.append(data[at + 4 : end])
        at = end
    if not found or count not in (None, len(found)):
        raise ValueError("is damaged")
    return found


def _ascii(text: bytes) -> str:
    try:
        return text.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("is damaged") from None


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("is damaged") from None
    return data
