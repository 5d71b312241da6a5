"""Where the server listens, by which names it may be called there, and who may call it."""

import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address

from edge.errors import EdgeError
from edge.files.regular_file import read_regular
from edge.serve.limits import TOKEN_LENGTH

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_OF_TOKEN = 4096


class ServeError(EdgeError):
    """The server cannot be started as it was asked to."""


@dataclass(frozen=True)
class Address:
    """An address to listen on."""

    host: str
    """An IP address, without brackets."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        return ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """HOST:PORT, where HOST is an IP address or localhost; a name is looked up nowhere.

    A port alone is one of the loopback address, as with `--scp`.

    Raises:
        ServeError: it is none.
    """
    host, colon, port = text.rpartition(":") if ":" in text else ("localhost", ":", text)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    host = "127.0.0.1" if host == "localhost" else host
    try:
        ip_address(host)
        if not (colon and port.isascii() and port.isdigit() and int(port) < 1 << 16):
            raise ValueError
    except ValueError:
        raise ServeError(
            f"--serve {text}: is no address; give HOST:PORT, HOST an IP address or localhost, as "
            "127.0.0.1:8080 or [::1]:8080"
        ) from None
    return Address(host, int(port))


def read_token(path: str) -> str:
    """The token that callers must show: the first line of a file.

    Raises:
        ServeError: it cannot be read, or is no token that nobody guesses.
    """
    try:
        text = read_regular(path, _MOST_OF_TOKEN).decode("ascii")
    except OSError as error:
        raise ServeError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ServeError(f"{path}: holds no token: it must be printable ASCII") from None
    except ValueError as error:
        raise ServeError(f"{path}: holds no token: it {error}") from None
    token = text.partition("\n")[0].strip()
    if len(token) < TOKEN_LENGTH or not token.isprintable() or " " in token:
        raise ServeError(
            f"{path}: its first line is no token of {TOKEN_LENGTH} characters or more; make one "
            "with: openssl rand -hex 32"
        )
    return token


def others_can_read(path: str) -> bool:
    """Whether every user of this machine can read a file."""
    return bool(os.stat(path).st_mode & 0o004)


class Names:
    """The names that a request may call this server by: its Host header, and its Origin.

    A page from elsewhere can have its own name resolved to this machine (DNS rebinding), but never
    makes a browser send one of these names for it.

    Args:
        more: names that the user allows, say, that of a proxy.
    """

    def __init__(self, address: Address, more: tuple[str, ...] = ()):
        self._any_ip = not address.loopback
        own = {address.host, *LOOPBACK_NAMES, *more}
        if not address.loopback:
            name = socket.gethostname()
            own |= {name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}
        self._names = {name.lower() for name in own}

    def has(self, host: str) -> bool:
        """Whether a Host header is one of this server; its port is a forwarder's business."""
        name = host_of(host)
        if name is None:
            return False
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return self._any_ip  # to rebind takes a name


def host_of(netloc: str) -> str | None:
    """The host of `host[:port]`, in small letters; None: it is no such thing."""
    if netloc.startswith("["):
        name, bracket, port = netloc[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    else:
        name, _, port = netloc.partition(":")
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    return name.lower() or None


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin header is that of the page which this server, called `host`, gave out."""
    scheme, separator, netloc = origin.partition("://")
    standard = {"http": ":80", "https": ":443"}.get(scheme)
    if not separator or standard is None:
        return False  # "null", as of a file or a sandbox
    return netloc.lower().removesuffix(standard) == host.lower().removesuffix(standard)
