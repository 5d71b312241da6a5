"""An archive asked over DICOMweb (PS3.18): QIDO-RS says what there is, WADO-RS brings it.

A WADO-RS answer can be cut short with status 200 and no error: so what came is compared with what
QIDO named, slice by slice, and what is missing is asked for by itself.
"""

import http.client
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from urllib.parse import quote, urlencode, urlsplit

from edge.model_file import bounded_json
from edge.pacs.association.receiver import Terms, refusal, take
from edge.pacs.source import Source, SourceError
from edge.pacs.spool import Incoming, Spool
from edge.pacs.uids import as_count
from edge.pacs.web.connection import AUTHORIZATION, authorized, connect
from edge.pacs.web.multipart import Bounded, CutShortError, parts
from edge.scan.dicom.byte_order import meta_header

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


class DicomWeb(Source):
    """An archive, by its DICOMweb services.

    Args:
        url: of the services, as http://127.0.0.1:8042/dicom-web.
        tell: takes what went wrong, in a line.
    """

    breaks = (OSError, http.client.HTTPException)

    def __init__(self, url: str, terms: Terms, tell: Callable[[str], object]):
        self._server = urlsplit(url)
        super().__init__(url, tell)
        self._terms = terms
        self._refused: set[str] = set()
        """UIDs of slices that came, and were not kept."""

    def studies(self, since: str) -> Collection[str]:
        return self._names("/studies", {"StudyDate": f"{since}-"}, _STUDY)

    def series(self, study: str) -> dict[str, int]:
        return self._names(f"/studies/{study}/series", {"Modality": "MR"}, _SERIES)

    def slices(self, study: str, series: str) -> tuple[set[str], int]:
        found, listed = set(), 0
        for one in self._query(f"/studies/{study}/series/{series}/instances", {}):
            listed += 1
            sop_class = _value(one, _CLASS) or self._terms.sop_classes[0]
            instance = _value(one, _INSTANCE)
            if sop_class in self._terms.sop_classes and self.is_named(instance):
                found.add(instance)
        return found, listed

    def bring(self, study: str, series: str, wanted: set[str], spool: Spool) -> None:
        place = f"/studies/{study}/series/{series}"
        self._retrieve(place, study, wanted, spool)
        attempts = 0
        # The answer was cut short, or lacks some.
        for one in sorted(wanted - self.came - self._refused):
            whole = self._retrieve(f"{place}/instances/{one}", study, {one}, spool)
            attempts = 0 if whole else attempts + 1
            if attempts == _ATTEMPTS:  # each may take as long as patience lasts
                break

    def _names(self, place: str, keys: dict[str, str], tag: str) -> dict[str, int]:
        """UIDs of studies or MR series, and how many objects each says it has; 0: it does not."""
        found = {}
        for one in self._query(place, keys):
            if _value(one, _MODALITY) in ("", "MR") and self.is_named(_value(one, tag)):
                found[_value(one, tag)] = as_count(_value(one, _COUNT))
        return found

    def _query(self, place: str, keys: dict[str, str]) -> Iterator[dict]:
        """QIDO-RS, page by page, until a page brings nothing new."""
        seen: set[str] = set()
        for page in range(_MOST_PAGES):
            asked = {**keys, "limit": str(_PAGE), "offset": str(page * _PAGE)}
            with closing(connect(self._server, self._terms.tls, _PATIENCE)) as connection:
                answer = self._get(
                    connection, f"{place}?{urlencode(asked)}", "application/dicom+json"
                )
                if answer.status == 204:
                    return
                data = Bounded(answer, _LONGEST_JSON.bytes + 1, _LONGEST_QUERY).read()
            try:
                found = bounded_json.loads(data or b"[]", _LONGEST_JSON)
            except ValueError:
                raise SourceError(
                    "answers a query with what is no JSON, or with too much"
                ) from None
            fresh = 0
            for one in found if isinstance(found, list) else []:
                name = _value(one, _INSTANCE) or _value(one, _SERIES) or _value(one, _STUDY)
                if name not in seen:
                    seen.add(name)
                    fresh += 1
                    yield one
            if not fresh:  # a server may give fewer than it was asked for
                return

    def _retrieve(self, place: str, study: str, wanted: set[str], spool: Spool) -> bool:
        """WADO-RS: each file of a multipart answer to the spool, as it comes; False: it was cut."""
        most = len(wanted) * (spool.largest + _HEAD) + _HEAD
        with closing(connect(self._server, self._terms.tls, _PATIENCE)) as connection:
            try:
                answer = self._get(connection, place, _MULTIPART)
            except SourceError as error:
                self.tell(f"{self.name}: {error}")
                return True
            boundary = answer.headers.get_boundary()
            if answer.headers.get_content_type() != "multipart/related" or not boundary:
                self.tell(f"{self.name}: answers with no multipart/related")
                return True
            try:
                stream = Bounded(answer, most, _LONGEST_ANSWER)
                for _ in parts(
                    stream, boundary.encode(), lambda: _Part(self, study, wanted, spool)
                ):
                    continue
            except (OSError, http.client.HTTPException, CutShortError):
                return False  # what is missing is seen by the count
            return True

    def decodes(self, syntax: bytes) -> bool:
        """Whether files of a transfer syntax are taken."""
        return syntax.decode("ascii", "replace") in self._terms.syntaxes

    def take(self, incoming: Incoming) -> None:
        """Keep a slice that has come, or tell why it is not kept."""
        _, why = take(incoming)
        if why:
            self._refused.add(incoming.instance)
            self.tell(refusal(self.name, incoming.sop_class, why))

    def _get(self, connection, place: str, accept: str) -> http.client.HTTPResponse:
        path = quote(self._server.path) + place
        connection.request("GET", path, headers=authorized({"Accept": accept}))
        answer = connection.getresponse()
        if answer.status in (401, 403):
            raise SourceError(f"lets nobody in without a password (status {answer.status}); see "
                           f"{AUTHORIZATION}")  # fmt: skip
        if answer.status not in (200, 204, 206):
            raise SourceError(f"answers with status {answer.status}")
        return answer


class _Part:
    """One file of an answer: its meta header is replaced by our own, its data set goes to disk."""

    def __init__(self, source: DicomWeb, study: str, wanted: set[str], spool: Spool):
        self._source, self._study, self._wanted, self._spool = source, study, wanted, spool
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
            self._source.take(self._incoming)

    def discard(self) -> None:
        if self._incoming is not None:
            self._incoming.discard()

    def _begin(self) -> None:
        syntax, at = meta_header(self._head)
        sop_class, instance = _named(self._head)
        if not (instance in self._wanted and self._source.decodes(syntax)):
            self._unwanted, self._head = True, b""
            return
        self._incoming = self._spool.begin(sop_class, instance, syntax.decode(), self._study)
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
