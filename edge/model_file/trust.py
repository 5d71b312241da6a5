"""Whose models this device takes: a folder of public keys, those revoked, and a policy.

    /etc/mri-edge/trust/
        policy          one word: require, warn or off; without the file: warn
        NAME.pub        a public key, as `python -m export keygen` and ssh-keygen write it
        revoked         key ids (SHA256:...) or SHA-256 sums of model files, one a line; # comments

Several keys are all trusted: so one is replaced by another. Loaded only where there is such a
folder, or one is named. Whatever is wrong with the folder itself is an error and no verdict: a
typing error in it must not be what lets a model pass.
"""

import os
import re
import stat
from typing import NamedTuple

from edge.errors import ModelError
from edge.files.regular_file import read_regular
from edge.model_file.ssh_signature import (
    MAX_BYTES,
    SUFFIX,
    is_signed,
    key_id,
    read_public_key,
    read_signature,
)

POLICIES = ("off", "warn", "require")
"""From the most lenient to the strictest."""

_POLICY, _REVOKED, _KEY = "policy", "revoked", ".pub"
_DEFAULT = "warn"
_MOST_KEYS = 100
_MAX_LIST = 1_000_000  # bytes
_KEY_ID = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SUM = re.compile(r"[0-9a-f]{64}")


class Signature(NamedTuple):
    """What is known of who vouches for a model file."""

    signer: str | None = None
    """Name of the key that signed it, or that it is bundled; None: nobody who is trusted."""
    key_id: str | None = None
    problem: str | None = None
    """Why nobody does."""
    revoked: bool = False
    """Whether it is refused by name, which no policy but "off" overlooks."""


class Trust(NamedTuple):
    """A trust store and the policy in force."""

    folder: str | None
    """None: there is no store, only a policy."""
    policy: str
    """One of `POLICIES`, but "off"."""
    keys: dict[bytes, str]
    """Public key: its name."""
    revoked: frozenset[str]
    remark: str | None = None
    """What the user should know of the policy."""

    def words(self) -> str:
        """The state of the store, for `--doctor`."""
        if self.folder is None:
            return f"policy {self.policy}, without a trust store: bundled models alone are trusted"
        keys = [f"{name} ({key_id(key)})" for key, name in self.keys.items()]
        return (
            f"{self.folder}: policy {self.policy}; keys: {', '.join(keys) or 'none'}; "
            f"{len(self.revoked)} revoked"
        )

    def advice(self) -> list[str]:
        """What is wrong with who may write to the store."""
        if self.folder is None or os.name != "posix":
            return []
        names = ("", *sorted(os.listdir(self.folder)))
        paths = [os.path.join(self.folder, name) if name else self.folder for name in names]
        return [
            f"{path}: everybody may write to it, and so decide whose models are taken; "
            f"run: chmod o-w {path}"
            for path in paths
            if os.path.exists(path) and os.stat(path).st_mode & stat.S_IWOTH
        ]

    def judge(self, path: str, sha256: str, bundled: str | None) -> Signature:
        """Who vouches for a file of that SHA-256; never raises.

        Args:
            bundled: of which release of mri-edge it is a part; None: of none.
        """
        if sha256 in self.revoked:
            return Signature(problem="this file is revoked", revoked=True)
        if bundled:
            return Signature(bundled)
        try:
            text = read_regular(path + SUFFIX, MAX_BYTES)
            key, signature = read_signature(text)
        except FileNotFoundError:
            return Signature(problem=f"it is not signed (no {os.path.basename(path)}{SUFFIX})")
        except OSError as error:
            reason = error.strerror or error
            return Signature(problem=f"its signature cannot be read ({reason})")
        except ValueError as error:
            return Signature(problem=f"its signature {error}")
        identity = key_id(key)
        if identity in self.revoked:
            return Signature(problem=f"it is signed by a revoked key, {identity}", revoked=True)
        if key not in self.keys:
            return Signature(problem=f"it is signed by a key that is not trusted here, {identity}")
        if not is_signed(bytes.fromhex(sha256), key, signature):
            return Signature(
                problem="its signature is not of this file, which was changed or replaced after it "
                "was signed"
            )
        return Signature(self.keys[key], identity)


def find(system: str, folder: str | None, policy: str | None) -> Trust | None:
    """`edge.model_file.container.find_trust`, which does not load this where there is no store.

    Who may call a command must not bring keys of his own, nor ask for less than the store does: so
    a folder is refused beside the system's, and of two policies the stricter one holds.

    Args:
        system: where the store of a system is.
    """
    if os.path.lexists(system):
        if folder and not _is_same(folder, system):
            raise ModelError(
                f"--trust {folder}: this system has a trust store, {system}, and takes no other; "
                "leave --trust out"
            )
        folder = system
    if not folder:
        return Trust(None, policy, {}, frozenset()) if policy not in (None, "off") else None
    keys, revoked, own = _load(folder)
    chosen = max(own, policy or own, key=POLICIES.index)
    if chosen == "off":
        return None
    remark = None
    if policy and policy != chosen:
        remark = f"the policy of {folder} is {own}; --signature {policy} does not weaken it"
    return Trust(folder, chosen, keys, revoked, remark)


def _load(folder: str) -> tuple[dict[bytes, str], frozenset[str], str]:
    """Keys with their names, what is revoked, and the policy."""
    keys: dict[bytes, str] = {}
    place = folder
    try:
        names = sorted(os.listdir(folder))
        files = [name for name in names if name.endswith(_KEY) and not name.startswith(".")]
        if len(files) > _MOST_KEYS:
            raise ValueError(f"holds more than {_MOST_KEYS} keys")
        for name in files:
            place = os.path.join(folder, name)
            key, comment = read_public_key(read_regular(place, MAX_BYTES))
            keys[key] = comment or name[: -len(_KEY)]
            if not keys[key].isprintable():
                raise ValueError("has a name that cannot be printed")
        place = os.path.join(folder, _POLICY)
        policy = _DEFAULT
        if _POLICY in names:
            policy = read_regular(place, MAX_BYTES).decode().strip()
            if policy not in POLICIES:
                raise ValueError(f"must be one word: {', '.join(POLICIES)}")
        place = os.path.join(folder, _REVOKED)
        revoked = (
            _revoked(read_regular(place, _MAX_LIST).decode()) if _REVOKED in names else frozenset()
        )
    except OSError as error:
        raise ModelError(f"{place}: cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise ModelError(f"{place}: {error}; nothing is trusted before it is mended") from None
    return keys, revoked, policy


def _revoked(text: str) -> frozenset[str]:
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if word and not (_KEY_ID.fullmatch(word) or _SUM.fullmatch(word)):
            raise ValueError(f"line {number} is neither a key id nor a SHA-256")
        found.add(word)
    return frozenset(found - {""})


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
