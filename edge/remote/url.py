"""What is a URL, and how one is shown: never with a password or a signature in it."""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

SCHEMES = {
    "s3": ("fsspec", "s3fs"),
    "gs": ("fsspec", "gcsfs"),
    "az": ("fsspec", "adlfs"),
    "https": ("fsspec", "aiohttp"),
    "http": ("fsspec", "aiohttp"),
    "zip": (),
}
"""What a URL may begin with, and the packages that read it."""
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CHAIN = "::"
"""Between the member of an archive and the archive, as fsspec writes it."""
_CHAINED = re.compile(f"{_CHAIN}(?=(?:{'|'.join(SCHEMES)})://)", re.IGNORECASE)
_WADO = ("requesttype", "studyuid", "seriesuid", "objectuid", "contenttype", "framenumber")
_HARMLESS = frozenset((*_WADO, "transfersyntax", "versionid", "id"))
"""Parameters that are shown, in small letters: those that tell which scan is asked for (WADO-URI,
DICOM PS3.18). Any other may be a secret, whatever it is called."""


@dataclass(frozen=True)
class RemoteScan:
    """One scan of those that a URL names."""

    url: str = field(repr=False)
    """With all that it takes to read it, secrets included."""
    size: int | None = None
    """Bytes; None: not known before it is read."""
    version: int = 0
    """What tells it from what was there before under its name, as far as its listing does: when it
    was changed, in nanoseconds, or a checksum. 0: nothing is known."""

    @property
    def name(self) -> str:
        """What stands for it in results and messages."""
        return shown(self.url)


def scheme_of(text: str) -> str | None:
    """What a URL begins with, in small letters; None: it is no URL."""
    found = _URL.match(text)
    return found[1].lower() if found else None


def shown(url: str) -> str:
    """A URL without user, password, fragment, and query but for harmless parameters."""
    if scheme_of(url) == "zip":
        member, archive = split_archive(url)
        place = shown(archive) if scheme_of(archive) else archive
        return in_archive(member, place) if member else f"zip://{place}"
    if scheme_of(url) not in ("http", "https"):
        # An object store's names may hold any sign; only before the first "/" there is a user.
        begin, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{begin}://{host.rpartition('@')[2]}{slash}{path}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{scheme_of(url)}://..."
    kept = [
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if key.lower() in _HARMLESS
    ]
    query = "&".join(f"{quote(key)}={quote(value, safe='/:')}" for key, value in kept)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def split_archive(url: str) -> tuple[str, str]:
    """Member (or pattern, or "") and archive of `zip://MEMBER::ARCHIVE` or `zip://ARCHIVE`.

    Both may have "::" in them. Where the archive is a URL, it begins at the first one: what is
    taken for a member is not rid of passwords. Else it is a file that is there, if one is.
    """
    rest = url.partition("://")[2]
    if _URL.match(rest):
        return "", rest
    if found := _CHAINED.search(rest):
        return rest[: found.start()], rest[found.end() :]
    cuts = [at for at in range(len(rest)) if rest.startswith(_CHAIN, at)]
    for at in cuts:
        if os.path.exists(rest[at + len(_CHAIN) :]):
            return rest[:at], rest[at + len(_CHAIN) :]
    if not cuts or os.path.exists(rest):
        return "", rest
    return rest[: cuts[-1]], rest[cuts[-1] + len(_CHAIN) :]


def in_archive(member: str, archive: str) -> str:
    """The URL of a member."""
    return f"zip://{member}{_CHAIN}{archive}"
