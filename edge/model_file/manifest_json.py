"""A manifest as the sealed JSON text that a model file carries."""

import json

from edge.errors import ModelError
from edge.model_file import bounded_json
from edge.model_file.dataclass_json import from_json, to_json
from edge.model_file.manifest import GATED_VERSION, MANIFEST_VERSION, TYPED_VERSION, Manifest, major
from edge.model_file.small_sha256 import new_sha256

MAX_MANIFEST_BYTES = bounded_json.MANIFEST.bytes
"""A manifest that is larger is refused unread; ours are about 20 kB."""


def dumps(manifest: Manifest) -> str:
    """The manifest as JSON text, sealed by a SHA-256 over itself."""
    data = to_json(manifest)
    return json.dumps({**data, "seal": seal(data)}, indent=1, ensure_ascii=True)


def loads(text: str | bytes, source: str) -> Manifest:
    """Parse and check a manifest; `source` is the model's path, for messages.

    Raises:
        ModelError: no JSON, a newer major version, a broken seal, a missing or ill-typed value.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise ModelError(f"{source}: its manifest is larger than {MAX_MANIFEST_BYTES} bytes")
    try:
        data = bounded_json.loads(text, bounded_json.MANIFEST)
        version = str(data["manifest_version"])
        found = major(version)
        sealed = data.pop("seal", None), seal(data)
    except ValueError as error:
        raise ModelError(
            f"{source}: its manifest is damaged ({error!s:.300}); export the model again"
        ) from None
    except (TypeError, KeyError):
        raise ModelError(f"{source}: its manifest is damaged; export the model again") from None
    if found not in map(major, (MANIFEST_VERSION, TYPED_VERSION, GATED_VERSION)):
        raise ModelError(
            f"{source}: has manifest version {version}, this mri-edge reads {MANIFEST_VERSION}, "
            f"{TYPED_VERSION} and {GATED_VERSION}; install the mri-edge release that the model was "
            "exported with, or a later one"
        )
    if sealed[0] != sealed[1]:
        raise ModelError(
            f"{source}: its manifest was changed after export (broken seal); "
            "copy the model again from where it was exported"
        )
    try:
        return from_json(Manifest, data)
    except ValueError as error:
        raise ModelError(f"{source}: its manifest is not valid: {error!s:.300}") from None


def seal(data: dict) -> str:
    """SHA-256 over a manifest without its seal.

    It detects damage and careless edits. It is no signature, for whoever edits can seal anew.
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = new_sha256(len(text))
    digest.update(text.encode())
    return digest.hexdigest()
