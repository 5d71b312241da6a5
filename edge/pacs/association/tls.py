"""TLS for associations and for DICOMweb, from certificates in files."""

import argparse
import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import EdgeError

if TYPE_CHECKING:
    import ssl


def tls_of(args: argparse.Namespace) -> "Tls | None":
    """What the options say, once it has been tried; None: connections are not encrypted.

    Raises:
        EdgeError: a file cannot be read, or is no such certificate or key.
    """
    if not (args.tls_cert or args.tls_ca):
        return None
    tls = Tls(args.tls_cert, args.tls_key, args.tls_ca)
    try:
        (tls.for_server if args.scp else tls.for_client)()
    except OSError as error:
        if error.filename:
            why = f"{error.filename}: cannot be used ({error.strerror or error})"
        else:
            names = "--tls-cert, --tls-key, --tls-ca"
            why = f"{names}: cannot be used: they are no certificate and key that belong together"
        raise EdgeError(why) from None
    return tls


@dataclass(frozen=True)
class Tls:
    """Certificates and keys, as files in PEM."""

    cert: str | None
    """Of this node, and with it `key`; None: it has none, and only connects to others."""
    key: str | None
    ca: str | None
    """Who must have signed a peer's. None: who connects here is not asked for any, and who is
    connected to must have one that the system trusts."""

    def for_server(self) -> "ssl.SSLContext":
        """For connections that come.

        Raises:
            OSError: a file cannot be read, or is no such certificate or key.
        """
        import ssl

        self._see_files()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key, self._no_password)
        if self.ca:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def for_client(self) -> "ssl.SSLContext":
        """For connections that are made. The peer's certificate must be good for its host.

        Raises:
            OSError: as `for_server`.
        """
        import ssl

        self._see_files()
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert:
            context.load_cert_chain(self.cert, self.key, self._no_password)
        return context

    def _see_files(self) -> None:
        """Raise the error of a file that cannot be read: that of `ssl` does not say which it is."""
        for path in (self.cert, self.key, self.ca):
            if path:
                with open(path, "rb"):
                    pass

    def _no_password(self) -> str:
        """Asked for where the key is encrypted. OpenSSL would ask whoever sits at the terminal."""
        raise OSError(errno.EACCES, "it is encrypted; store it without a password", self.key)
