"""SHA-256 without OpenSSL: `import hashlib` takes 3.6 MB of memory, and as long as hashing 1 MB.

Python's own implementation, which `hashlib` falls back to as well, is a fifth as fast.
"""

_SMALL = 2_000_000
"""Bytes up to which its own is not slower than OpenSSL's with the import."""


def new_sha256(size: int):
    """A SHA-256, as `hashlib.sha256()` gives it.

    Args:
        size: bytes that it will be given.
    """
    if size > _SMALL:
        from hashlib import sha256

        return sha256()
    try:
        from _sha2 import sha256  # Python 3.12 or later
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:  # left out of this Python
            from hashlib import sha256
    return sha256()
