"""Objects sent by STOW-RS (PS3.18, 10.5).

What counts is what the answer says of each object: an archive may store some of what it was sent.
"""

import os
import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.client import HTTPException
from urllib.parse import urlsplit

from edge.model_file import bounded_json
from edge.pacs.association.tls import Tls
from edge.pacs.destination import Sent, UnreachableError
from edge.pacs.web.connection import AUTHORIZATION, authorized, connect

_SECONDS = 60
_MOST_OBJECTS, _MOST_BYTES = 16, 16 << 20
"""Of one request."""
_MOST_ANSWER = 1 << 20
_STORED, _FAILED, _UID, _REASON = "00081199", "00081198", "00081155", "00081197"
_FOR_NOW = (408, 425, 429)


class WebDestination:
    """An archive's DICOMweb service.

    Args:
        tls: for https; None: as the system has it.
    """

    def __init__(self, url: str, tls: Tls | None = None):
        self.name, self._tls = url, tls
        self._parts = urlsplit(url)

    @property
    def is_open(self) -> bool:
        """Whether patients' data would go over a network unencrypted."""
        local = ("localhost", "127.0.0.1", "::1")
        return self._parts.scheme == "http" and self._parts.hostname not in local

    def send(self, paths: Iterable[str]) -> Iterator[Sent]:
        """As `edge.pacs.destination.Destination`; several in each request."""
        for some in _batches(paths):
            status, answer = self._post([data for _, data in some])
            told = list(_told(some, status, answer))
            if len(some) > 1 and 400 <= status < 500 and not any(_read(answer)):
                # One of them may be the reason, or their size together.
                for one in some:
                    yield from _told([one], *self._post([one[1]]))
            else:
                yield from told

    def _post(self, objects: list[bytes]) -> tuple[int, bytes]:
        boundary = os.urandom(16).hex()
        body = b"".join(
            b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n" % (boundary.encode(), data)
            for data in objects
        )
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        }
        connection = connect(self._parts, self._tls, _SECONDS)
        try:
            path = f"{self._parts.path}/studies"
            connection.request(
                "POST", path, body + f"--{boundary}--\r\n".encode(), authorized(headers)
            )
            answer = connection.getresponse()
            return answer.status, answer.read(_MOST_ANSWER)
        except ssl.SSLCertVerificationError:
            raise UnreachableError("has a certificate that this system does not trust") from None
        except ssl.SSLError:
            raise UnreachableError("does not speak TLS as this system does") from None
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise UnreachableError(f"cannot be reached ({why})") from None
        finally:
            with suppress(OSError):
                connection.close()


def _batches(paths: Iterable[str]) -> Iterator[list[tuple[str, bytes]]]:
    some: list[tuple[str, bytes]] = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            continue  # another process has sent it
        if some and (
            len(some) >= _MOST_OBJECTS or sum(len(one) for _, one in some) + len(data) > _MOST_BYTES
        ):
            yield some
            some = []
        some.append((path, data))
    if some:
        yield some


def _told(some: list[tuple[str, bytes]], status: int, answer: bytes) -> Iterator[Sent]:
    """What an answer says of each object."""
    if status in (401, 403):
        raise UnreachableError(f"does not let this device in (HTTP {status}); see {AUTHORIZATION}")
    if 300 <= status < 400:
        raise UnreachableError(f"sends elsewhere (HTTP {status}), which is not followed")
    if status in _FOR_NOW or status >= 500 or status in (404, 405):
        raise UnreachableError(f"answers with HTTP {status}")
    stored, failed = _read(answer)
    for path, _ in some:
        uid = os.path.basename(path).removesuffix(".dcm")
        if uid in failed:
            reason = failed[uid]
            final = reason >> 12 == 0xC or reason >> 8 == 0xA9 or reason == 0x0122
            yield Sent(path, f"failure reason 0x{reason:04X}", final)
        elif uid in stored and 200 <= status < 300:
            yield Sent(path)
        elif 200 <= status < 300:
            yield Sent(path, f"HTTP {status}, and not a word of it in the answer")
        else:
            yield Sent(path, f"HTTP {status}", final=True)


def _read(answer: bytes) -> tuple[set[str], dict[str, int]]:
    """UIDs that were stored, and those that were not with the reason; none if it is no answer."""
    stored: set[str] = set()
    failed: dict[str, int] = {}
    try:
        found = bounded_json.loads(answer)
        found = found[0] if isinstance(found, list) else found
        for one in found.get(_STORED, {}).get("Value", []):
            stored.add(str(one[_UID]["Value"][0]))
        for one in found.get(_FAILED, {}).get("Value", []):
            failed[str(one[_UID]["Value"][0])] = int(one.get(_REASON, {}).get("Value", [0])[0])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return set(), {}
    return stored, failed
