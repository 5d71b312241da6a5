"""Types of options that name something on a network. Loaded when such an option is given."""

import argparse
import re
from datetime import date
from typing import NamedTuple

_LONGEST_UID = 64
_UID = re.compile(r"[0-9]+([.][0-9]+)*")


class Peer(NamedTuple):
    """A DICOM application entity, and where it listens."""

    title: str | None
    """AE title; None: not given."""
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}" if self.title else f"{host}:{self.port}"


def peer(text: str) -> Peer:
    """`[AET@]HOST:PORT`; an IPv6 address stands in brackets; without a host it is loopback."""
    title, at, place = text.rpartition("@")
    host, _, port = place.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no [AET@]HOST:PORT (port 1 to 65535)")
    return Peer(ae_title(title) if at else None, bare or "127.0.0.1", int(port))


def titled_peer(text: str) -> Peer:
    """`AET@HOST:PORT`."""
    found = peer(text)
    if found.title is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no AE title: AET@HOST:PORT")
    return found


def ae_title(text: str) -> str:
    """An AE title: 1 to 16 characters of ASCII, no backslash, no space at its ends (PS3.5, 6.2)."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and text == text.strip()
    if not (plain and 1 <= len(text) <= 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no AE title (1 to 16 plain characters)")
    return text


def network(text: str) -> str:
    """An address, or a network as 192.168.1.0/24."""
    import ipaddress

    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address and no network (as 192.168.1.0/24)"
        ) from None


def web_address(text: str) -> str:
    """http:// or https://, a host, and perhaps a port and a path."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if good and parts.username is not None:
        raise argparse.ArgumentTypeError(
            "a password in an address is seen by every user of this system; put the header that "
            "the archive wants into MRI_EDGE_DICOMWEB_AUTHORIZATION, as 'Basic ...'"
        )
    if not good or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address of DICOMweb services, as https://HOST:PORT/dicom-web"
        )
    return text.rstrip("/")


def is_uid(text: str) -> bool:
    """Whether a text is numbers and dots between them, 64 at most, and so can be a file's name.

    As PS3.5, 9.1, but for zeros at the beginning of a number, which some makers write.
    """
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None


def uid(text: str) -> str:
    """A DICOM UID."""
    if not is_uid(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no UID (numbers and dots, 64 at most)")
    return text


def day(text: str) -> str:
    """A date, as 2026-11-28 or 20261128; returns it as DICOM writes it."""
    plain = text.replace("-", "") if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    try:
        found = date(int(plain[:4]), int(plain[4:6]), int(plain[6:])) if len(plain) == 8 else None
    except ValueError:
        found = None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no date (as 2026-11-28)")
    return found.strftime("%Y%m%d")
