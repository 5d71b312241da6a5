"""An archive asked over DICOMweb (PS3.18): QIDO-RS says what there is, WADO-RS brings it.

A WADO-RS answer can be cut short with status 200 and no error: so what came is compared with what
QIDO named, slice by slice, and what is missing is asked for by itself. Written on the standard
library's HTTP client: it loads in a hundredth of the time of a library for this, and the answer
goes to disk as it comes.
"""

import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import quote, urlencode, urlsplit

from edge.console.exit_status import DONE, FAILED
from edge.errors import EdgeError
from edge.model_file import bounded_json
from edge.pacs.association.receiver import Terms, take
from edge.pacs.spool import Incoming, Spool
from edge.pacs.uids import as_count, is_uid
from edge.pacs.web.multipart import Bounded, CutShortError, parts
from edge.scan.dicom.byte_order import meta_header

AUTHORIZATION = "MRI_EDGE_DICOMWEB_AUTHORIZATION"
"""The environment variable that holds what is sent as the header of that name."""
_PATIENCE = 60.0
"""Seconds that the server may be silent."""
_LONGEST_QUERY, _LONGEST_ANSWER = 600.0, 7200.0
"""Seconds for a whole answer, however its bytes drip."""
_ATTEMPTS = 3
"""Answers in a row that may be cut short before a series' other slices are not asked for."""
_PAGE = 1000
"""Results of one QIDO request."""
_MOST_PAGES = 100
_LONGEST_JSON = bounded_json.Limits(bytes=32_000_000, items=1_000_000)
"""Of one answer."""
_HEAD = 1 << 13
"""Bytes of a file in which its meta header ends."""
_MULTIPART = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_CLASS, _INSTANCE, _MODALITY = "00080016", "00080018", "00080060"
_STUDY, _SERIES, _COUNT = "0020000D", "0020000E", "00201209"


class WebError(EdgeError):
    """The archive cannot be asked, or does not answer as it must. No text of its answer."""


class DicomWeb:
    """An archive, by its DICOMweb services.

    Args:
        url: of the services, as http://127.0.0.1:8042/dicom-web.
        tell: takes what went wrong, in a line.
    """

    def __init__(self, url: str, terms: Terms, tell: Callable[[str], object]):
        self._terms, self._say = terms, tell
        self._said: set[str] = set()
        self._complete = True
        """Whether all that the archive named could be asked for."""
        parts = urlsplit(url)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._base = parts.path.rstrip("/")
        self.name = f"{parts.scheme}://{parts.netloc}{self._base}"

    def fetch(self, study: str | None, since: str | None, spool: Spool) -> int:
        """Bring all MR slices of a study, or of the studies since a date, into the spool.

        Returns:
            0 if all that the archive has came, else 1.
        """
        came: set[str] = set()
        spool.taken = came.add
        status = DONE
        try:
            studies = (
                [study] if study else self._names("/studies", {"StudyDate": f"{since}-"}, _STUDY)
            )
            if not studies:
                self._tell(f"{self.name}: has no study since {since}")
            for one in studies:
                status |= self._fetch_study(one, spool, came, named=bool(study))
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._tell(f"{self.name}: cannot be asked ({reason})")
            return FAILED
        except WebError as error:
            self._tell(f"{self.name}: {error}")
            return FAILED
        return status if self._complete else FAILED

    def _tell(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._say(message)

    def _fetch_study(self, study: str, spool: Spool, came: set[str], named: bool) -> int:
        wanted: set[str] = set()
        place = f"/studies/{study}"
        unlisted = 0
        for series, stated in self._names(f"{place}/series", {"Modality": "MR"}, _SERIES).items():
            inner = f"{place}/series/{series}"
            there, listed = self._slices(inner)
            wanted |= there
            unlisted += max(0, stated - listed)
            self._retrieve(inner, spool, there)
            attempts = 0
            for one in sorted(there - came):  # the answer was cut short, or lacks some
                whole = self._retrieve(f"{inner}/instances/{one}", spool, {one})
                attempts = 0 if whole else attempts + 1
                if attempts == _ATTEMPTS:  # each may take as long as patience lasts
                    break
        if not wanted:
            if named:
                self._tell(f"{self.name}: has no MR slice of the study")
            return FAILED if named else DONE
        missing = len(wanted - came) + unlisted
        if missing:
            every = len(wanted) + unlisted
            self._tell(
                f"{self.name}: {missing} of {every} slices of the study did not come, or not in a "
                "transfer syntax that is decoded here"
            )
        return FAILED if missing else DONE

    def _slices(self, place: str) -> tuple[set[str], int]:
        """The MR slices of a series, and how many objects it lists in all."""
        found, listed = set(), 0
        for one in self._query(f"{place}/instances", {}):
            listed += 1
            sop_class = _value(one, _CLASS) or self._terms.sop_classes[0]
            instance = _value(one, _INSTANCE)
            if sop_class in self._terms.sop_classes and self._is_named(instance):
                found.add(instance)
        return found, listed

    def _names(self, place: str, keys: dict[str, str], tag: str) -> dict[str, int]:
        """UIDs of studies or MR series, and how many objects each says it has; 0: it does not."""
        found = {}
        for one in self._query(place, keys):
            if _value(one, _MODALITY) in ("", "MR") and self._is_named(_value(one, tag)):
                found[_value(one, tag)] = as_count(_value(one, _COUNT))
        return found

    def _is_named(self, uid: str) -> bool:
        if is_uid(uid):
            return True
        self._tell(f"{self.name}: names something by what is no UID; that is left out")
        self._complete = False
        return False

    def _query(self, place: str, keys: dict[str, str]) -> Iterator[dict]:
        """QIDO-RS, page by page, until a page brings nothing new."""
        seen: set[str] = set()
        for page in range(_MOST_PAGES):
            asked = {**keys, "limit": str(_PAGE), "offset": str(page * _PAGE)}
            with closing(self._connect()) as connection:
                answer = self._get(
                    connection, f"{place}?{urlencode(asked)}", "application/dicom+json"
                )
                if answer.status == 204:
                    return
                data = Bounded(answer, _LONGEST_JSON.bytes + 1, _LONGEST_QUERY).read()
            try:
                found = bounded_json.loads(data or b"[]", _LONGEST_JSON)
            except ValueError:
                raise WebError("answers a query with what is no JSON, or with too much") from None
            fresh = 0
            for one in found if isinstance(found, list) else []:
                name = _value(one, _INSTANCE) or _value(one, _SERIES) or _value(one, _STUDY)
                if name not in seen:
                    seen.add(name)
                    fresh += 1
                    yield one
            if not fresh:  # a server may give fewer than it was asked for
                return

    def _retrieve(self, place: str, spool: Spool, wanted: set[str]) -> bool:
        """WADO-RS: each file of a multipart answer to the spool, as it comes; False: it was cut."""
        most = len(wanted) * (spool.largest + _HEAD) + _HEAD
        with closing(self._connect()) as connection:
            try:
                answer = self._get(connection, place, _MULTIPART)
            except WebError as error:
                self._tell(f"{self.name}: {error}")
                return True
            boundary = answer.headers.get_boundary()
            if answer.headers.get_content_type() != "multipart/related" or not boundary:
                self._tell(f"{self.name}: answers with no multipart/related")
                return True
            try:
                stream = Bounded(answer, most, _LONGEST_ANSWER)
                for _ in parts(
                    stream, boundary.encode(), lambda: _Part(spool, self._terms, wanted)
                ):
                    continue
            except (OSError, http.client.HTTPException, CutShortError):
                return False  # what is missing is seen by the count
            return True

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE)
        import ssl

        tls = self._terms.tls
        context = tls.for_client() if tls else ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_PATIENCE, context=context
        )

    def _get(self, connection, place: str, accept: str) -> http.client.HTTPResponse:
        headers = {"Accept": accept}
        if secret := os.environ.get(AUTHORIZATION):
            headers["Authorization"] = secret.strip()
        connection.request("GET", quote(self._base) + place, headers=headers)
        answer = connection.getresponse()
        if answer.status in (401, 403):
            raise WebError(f"lets nobody in without a password (status {answer.status}); see "
                           f"{AUTHORIZATION}")  # fmt: skip
        if answer.status not in (200, 204, 206):
            raise WebError(f"answers with status {answer.status}")
        return answer


class _Part:
    """One file of an answer: its meta header is replaced by our own, its data set goes to disk."""

    def __init__(self, spool: Spool, terms: Terms, wanted: set[str]):
        self._spool, self._terms, self._wanted = spool, terms, wanted
        self._head = b""
        self._incoming: Incoming | None = None
        self._unwanted = False

    def write(self, data: bytes) -> None:
        if self._unwanted:
            return
        if self._incoming is None:
            self._head += data
            if len(self._head) >= _HEAD:
                self._begin()
        else:
            self._incoming.write(data)

    def commit(self) -> None:
        if self._incoming is None and not self._unwanted:
            self._begin()
        if self._incoming is not None:
            take(self._incoming)

    def discard(self) -> None:
        if self._incoming is not None:
            self._incoming.discard()

    def _begin(self) -> None:
        syntax, at = meta_header(self._head)
        sop_class, instance = _named(self._head)
        if (
            instance not in self._wanted
            or syntax.decode("ascii", "replace") not in self._terms.syntaxes
        ):
            self._unwanted, self._head = True, b""
            return
        self._incoming = self._spool.begin(sop_class, instance, syntax.decode())
        self._incoming.write(self._head[at:])
        self._head = b""


def _named(head: bytes) -> tuple[str, str]:
    """SOP class and instance that a file's meta header names; empty where it names none."""
    found = {0x02: "", 0x03: ""}
    for number in found:
        mark = bytes((2, 0, number, 0)) + b"UI"
        at = head.find(mark, 0, _HEAD)
        if at >= 0:
            size = int.from_bytes(head[at + 6 : at + 8], "little")
            found[number] = head[at + 8 : at + 8 + size].decode("ascii", "replace").strip(" \0")
    return found[0x02], found[0x03]


def _value(record: object, tag: str) -> str:
    """The first value of an element in DICOM JSON (PS3.18, F.2); empty if there is none."""
    if not isinstance(record, dict) or not isinstance(record.get(tag), dict):
        return ""
    values = record[tag].get("Value")
    return str(values[0]) if isinstance(values, list) and values else ""
