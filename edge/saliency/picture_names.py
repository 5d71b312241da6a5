"""How the pictures of --explain are named."""

import os

PICTURE = ".explained.png"
"""How the names of pictures end that `--explain` writes: no folder's scans."""

_LONGEST_NAME = 200
"""Bytes of a scan's name in its picture's; file systems allow 255, the picture's endings included.
"""


def picture_name(path: str) -> str:
    """The name of a scan's picture: its own, and of its whole path a hash, which tells it from
    the scans of that name in other folders."""
    from hashlib import blake2b  # OpenSSL comes with it, which no verdict needs

    stem = os.path.basename(path) or "scan"
    stem = "".join(c if c.isprintable() else "_" for c in stem)  # no escape codes in a listing
    stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")  # no half letter at the end
    digest = blake2b(os.fsencode(os.path.abspath(path)), digest_size=4).hexdigest()
    return f"{stem}-{digest}{PICTURE}"
