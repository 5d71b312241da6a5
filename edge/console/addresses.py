"""Addresses of archives on a command line. Loaded when one is given."""

import argparse
import re
from typing import NamedTuple
from urllib.parse import urlsplit

_PEER = re.compile(r"([\x21-\x3f\x41-\x5b\x5d-\x7e]{1,16})@(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})")


class Peer(NamedTuple):
    """An application entity."""

    title: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}"


def peer(text: str) -> Peer:
    """Type of an option: AET@HOST:PORT."""
    found = _PEER.fullmatch(text)
    if not found or not 0 < int(found[3]) < 65536:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not AET@HOST:PORT, as ARCHIVE@192.0.2.7:104 (the title has 1 to 16 "
            "characters)"
        )
    return Peer(found[1], found[2].strip("[]"), int(found[3]))


def web_service(text: str) -> str:
    """Type of an option: the address of a DICOMweb service."""
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address as https://HOST/dicom-web")
    if parts.username or parts.password:
        raise argparse.ArgumentTypeError(
            "a password in an address is seen by every user of this system; put the header "
            "that the archive wants into MRI_EDGE_STOW_AUTHORIZATION, as 'Basic ...'"
        )
    if parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} has more behind its path than an address has")
    return text.rstrip("/")
