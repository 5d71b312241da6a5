"""Sign model files, and tell who has signed them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.model_file.bundled import bundled_as
from edge.model_file.container import find_trust, open_model
from edge.model_file.ssh_signature import SUFFIX, armored, signed_data
from export.errors import ExportError
from export.package.write_container import write_atomically

if TYPE_CHECKING:
    from export.signing.keys import SigningKey


def digest_of(model: Path) -> str:
    """SHA-256 of a whole model file, in hexadecimal.

    Raises:
        ModelError: it is no usable model file: what nobody could load is not signed.
    """
    return open_model(model, trust=None).sha256


def sign_model(model: Path, digest: str, key: "SigningKey") -> Path:
    """Write the signature of a whole model file beside it; returns its path.

    Args:
        digest: of `digest_of`.

    Raises:
        ExportError: the signature cannot be written.
    """
    path = model.with_name(model.name + SUFFIX)
    signature = key.private.sign(signed_data(bytes.fromhex(digest)))
    try:
        write_atomically(path, armored(key.public, signature).encode())
    except OSError as error:
        raise ExportError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def verify_models(models: Sequence[Path], folder: Path | None) -> tuple[list[str], bool]:
    """A line a model that says who vouches for it, and whether somebody does for each.

    Raises:
        ModelError: there is no trust store, it cannot be read, or a file is no usable model.
    """
    trust = find_trust(None if folder is None else str(folder), "warn")
    if trust is None or trust.folder is None:
        raise ExportError("this system has no trust store; name a folder of public keys, --trust")
    lines, good = [], True
    for model in models:
        # By itself, without the policy: a file that is refused is to be told of, like the others.
        digest = digest_of(model)
        found = trust.judge(str(model), digest, bundled_as(digest))
        good = good and found.problem is None
        said = f"NOT TRUSTED: {found.problem}" if found.problem else found.signer
        lines.append(f"{model}: {said}{f', {found.key_id}' if found.key_id else ''}")
        lines.append(f"  SHA-256 {digest}")
    return lines, good
