"""What is asked of the server, and what it answers: the routes of the JSON API and of the page."""

import json
import os
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl

from edge import NOTICE, __version__
from edge.errors import EngineError
from edge.inference.classifier import Classifier
from edge.results.html_page import page_parts
from edge.serve.address import Names
from edge.serve.http_request import Answer, HttpRequest, Refused, json_answer
from edge.serve.limits import ALL_BODIES_BYTES, BODY_BYTES, JSON_BYTES, SLICES
from edge.serve.metrics import Metrics
from edge.serve.page_files import page_files
from edge.serve.scan_pool import BusyError, DiedError, ScanPool
from edge.serve.study import judge_study

_NDJSON = "application/x-ndjson"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_STATUS = {"unreadable": 422, "needs_software": 501, "short_of_memory": 503, "broken": 500}
"""Of an answer, by what was wrong with the file."""
_LATER = ("Retry-After", "5")


class ServiceApi:
    """Answers requests, from any number of threads.

    Args:
        token: that callers must show for all but the page's own files; None: none.
    """

    def __init__(
        self, classifier: Classifier, pool: ScanPool, names: Names, token: str | None = None
    ):
        self._classifier, self._pool = classifier, pool
        self._manifest = classifier.manifest
        self.names, self._token = names, token
        self._name = f"{self._manifest.name} {self._manifest.precision}"
        self.metrics = Metrics(self._name, self._manifest.payload_sha256)
        self._files = page_files()
        self._held, self._lock = 0, threading.Lock()
        self.lost = threading.Event()
        """Set when the processes that classify are gone: the server is of no use any more."""
        self._routes = {
            ("POST", "/v1/classify"): self._classify,
            ("POST", "/v1/series"): self._series,
            ("GET", "/v1/model"): self._model,
            ("GET", "/v1/page"): self._page,
            ("GET", "/healthz"): self._health,
            ("GET", "/metrics"): self._metrics,
        }

    def answer(self, request: HttpRequest) -> None:
        """Answer one request.

        Raises:
            Refused: with an error instead.
        """
        method = "GET" if request.command == "HEAD" else request.command
        route, file = request.route, self._files.get(request.route)
        allowed = [one for one, path in self._routes if path == route] + ["GET"] * bool(file)
        if not allowed:
            raise Refused(404, "there is nothing here; see /openapi.json")
        request.counted_as(route)
        if method not in allowed:
            raise Refused(405, "not by this method", ("Allow", ", ".join(allowed)))
        if method == "GET" and request.length:
            raise Refused(400, "a request for something takes no body")
        if file:
            kind, body = file
            request.send(Answer(200, body, kind, (("Cache-Control", "no-cache"),)))
            return
        if route != "/healthz":
            request.check_token(self._token)
        self._routes[method, route](request)

    def _classify(self, request: HttpRequest) -> None:
        order = _order(request.query)
        length = request.length
        if not length and "Content-Length" in request.headers:
            raise Refused(422, "the file is empty")
        if not length:
            raise Refused(411, "send the file's bytes, with Content-Length")
        if length > BODY_BYTES:
            raise Refused(413, f"a file of more than {BODY_BYTES} bytes is not taken")
        held = 0
        try:
            # Anonymous memory: no disk sees it, and nothing is left of it when it is closed.
            file = os.memfd_create("scan")
            try:
                for part in request.chunks():
                    held += self._hold(len(part))
                    view = memoryview(part)
                    while view:
                        view = view[os.write(file, view) :]
                self._judge(request, file, order)
            finally:
                os.close(file)
        finally:
            with self._lock:
                self._held -= held

    def _hold(self, count: int) -> int:
        """Count bytes when they have come, not when they are promised: who is slow holds few."""
        with self._lock:
            if self._held + count > ALL_BODIES_BYTES:
                raise Refused(503, "too many files at a time; try again later", _LATER)
            self._held += count
        return count

    def _judge(self, request: HttpRequest, file: int, order: dict) -> None:
        """Have it judged, and answer. A client that does not read never holds a process: within
        `ask` only that is sent which goes out at once."""
        start = time.perf_counter()
        try:
            with self._pool.ask(file, order) as answers:
                first = next(answers)
                if "result" not in first:
                    raise self._failed(first)
                self.metrics.verdict(first["result"]["verdict"], time.perf_counter() - start)
                parts = [_line(first)]
                if order["pictures"]:
                    if request.goes_out_at_once():
                        request.begin_parts(_NDJSON)
                        request.send_part(parts.pop())
                    parts += _rest(answers)
        except BusyError as error:
            self.metrics.error("busy")
            raise Refused(503, str(error), _LATER) from None
        except DiedError as error:
            self.metrics.error("broken")
            raise Refused(422, f"{error}; the server goes on", kind="broken") from None
        except EngineError as error:
            self.lost.set()
            raise Refused(503, str(error), _LATER) from None
        if not order["pictures"]:
            request.send(json_answer(first["result"]))
            return
        if len(parts) > 1:
            request.begin_parts(_NDJSON)
        for part in parts:
            request.send_part(part)
        request.end_parts()

    def _failed(self, answer: dict) -> Refused:
        kind = answer.get("kind", "broken")
        self.metrics.error(kind)
        more = {"frames": answer["frames"]} if "frames" in answer else {}
        later = [_LATER] if kind == "short_of_memory" else []
        return Refused(_STATUS[kind], answer["error"], *later, kind=kind, **more)

    def _series(self, request: HttpRequest) -> None:
        if not 0 < request.length <= JSON_BYTES:
            raise Refused(413 if request.length else 411, f"send 1 to {JSON_BYTES} bytes of JSON")
        try:
            found = judge_study(b"".join(request.chunks()), self._manifest)
        except ValueError as error:
            raise Refused(422, str(error)) from None
        request.send(json_answer(found))

    def _model(self, request: HttpRequest) -> None:
        decision, map_of = self._manifest.decision, self._manifest.heat_map
        provenance = self._manifest.provenance
        training = provenance.get("training")
        document = {
            "model": self._name,
            "model_sha256": self._manifest.payload_sha256,
            "positive": self._manifest.positive,
            "threshold": decision.threshold,
            "uncertain": list(decision.uncertain),
            "heat_map": map_of.method,
            **_types(self._manifest),
            "synthetic": isinstance(training, dict) and training.get("synthetic") is True,
            "engine": self._classifier.engine.name,
            "version": __version__,
            "jobs": self._pool.jobs,
            "limits": {
                "file_bytes": BODY_BYTES,
                "pixels": self._classifier.max_pixels,
                "slices": SLICES,
            },
            "notice": NOTICE,
        }
        request.send(json_answer(document))

    def _page(self, request: HttpRequest) -> None:
        head, tail = page_parts(self._manifest)
        request.send(json_answer({"head": head, "tail": tail}))

    def _health(self, request: HttpRequest) -> None:
        well = not self.lost.is_set()
        document = {"status": "ok" if well else "the processes that classify are gone"}
        request.send(json_answer(document, 200 if well else 503))

    def _metrics(self, request: HttpRequest) -> None:
        text = self.metrics.text(len(request.server))
        request.send(Answer(200, text.encode(), _METRICS))


def _types(manifest) -> dict:
    spec = manifest.types
    return {} if spec is None else {"types": list(spec.labels), "type_limit": spec.limit}


def _order(query: str) -> dict:
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=4
        )
    except ValueError:
        raise Refused(400, "what follows the question mark is malformed") from None
    given = dict(pairs)
    if len(given) < len(pairs) or set(given) - {"frame", "pictures"}:
        raise Refused(400, "only frame and pictures may follow the question mark, each once")
    frame, pictures = given.get("frame", "1"), given.get("pictures", "0")
    if not (frame.isascii() and frame.isdigit() and int(frame[:9]) >= 1 and len(frame) < 9):
        raise Refused(400, "frame must be a number from 1 on")
    if pictures not in ("0", "1"):
        raise Refused(400, "pictures must be 0 or 1")
    return {"frame": int(frame) if "frame" in given else None, "pictures": pictures == "1"}


def _line(document: dict) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _rest(answers: Iterator[dict]) -> list[bytes]:
    try:
        return [_line(one) for one in answers]
    except DiedError as error:  # the verdict stands
        none = {"scan": None, "heat_map": None, "error": str(error), "notice": NOTICE}
        return [_line({"pictures": none, "series_hash": None})]
