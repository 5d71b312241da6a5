"""Sending by STOW-RS: to Orthanc, and to services that answer all kinds of things."""

import json
import re

import pytest

from edge.pacs.association.tls import Tls
from edge.pacs.destination import UnreachableError
from edge.pacs.web import stow
from edge.pacs.web.connection import AUTHORIZATION
from edge.pacs.web.stow import WebDestination
from tests.edge.pacs.network import free_port


def send(url, paths):
    return list(WebDestination(url).send(map(str, paths)))


def answer(stored=(), failed=(), reason=0x0110):
    def item(uid):
        return {"00081155": {"vr": "UI", "Value": [uid]}}

    found = {}
    if stored:
        found["00081199"] = {"vr": "SQ", "Value": [item(uid) for uid in stored]}
    if failed:
        items = [{**item(uid), "00081197": {"vr": "US", "Value": [reason]}} for uid in failed]
        found["00081198"] = {"vr": "SQ", "Value": items}
    return json.dumps(found).encode()


def test_orthanc_has_them_as_they_were_sent(orthanc, paths):
    assert [one.problem for one in send(orthanc.url, paths)] == [None] * 3
    assert orthanc.instances() == {path.stem: path.read_bytes() for path in paths}
    (study,) = orthanc.json("dicom-web/studies")
    assert study["00201208"]["Value"] == [3]
    assert [one.problem for one in send(orthanc.url, paths)] == [None] * 3
    assert len(orthanc.instances()) == 3


def test_some_instances_failed(web, paths):
    uids = [path.stem for path in paths]
    service = web(lambda body, count: (202, {}, answer(uids[:1], uids[1:])))
    answers = send(service.url, paths)
    assert [one.problem for one in answers] == [None] + ["failure reason 0x0110"] * 2
    assert not any(one.final for one in answers)


@pytest.mark.parametrize(("reason", "final"), [(0xA900, True), (0xC000, True), (0xA700, False)])
def test_why_it_failed(web, paths, reason, final):
    uids = [path.stem for path in paths]
    service = web(lambda body, count: (409, {}, answer(failed=uids, reason=reason)))
    assert [one.final for one in send(service.url, paths)] == [final] * 3


def test_what_the_answer_does_not_name_is_not_stored(web, paths):
    service = web(lambda body, count: (200, {}, answer([paths[0].stem])))
    assert [one.problem is None for one in send(service.url, paths)] == [True, False, False]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b'{"00081199": 3}', b'{"00081199":{"Value":[{}]}}', b"[" * 99],
)
def test_an_answer_that_is_none(web, paths, content):
    service = web(lambda body, count: (200, {}, content))
    assert all("not a word of it" in one.problem for one in send(service.url, paths))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not let this device in"),
        (403, "does not let this device in"),
        (302, "sends elsewhere"),
        (404, "HTTP 404"),
        (429, "HTTP 429"),
        (500, "HTTP 500"),
        (503, "HTTP 503"),
    ],
)
def test_nothing_is_taken_now(web, paths, status, words):
    other = web(lambda body, count: (200, {}, answer([path.stem for path in paths])))
    service = web(lambda body, count: (status, {"Location": f"{other.url}/studies"}, b""))
    with pytest.raises(UnreachableError, match=words):
        send(service.url, paths)
    assert other.requests == []


def test_a_request_that_it_calls_bad(web, paths):
    service = web(lambda body, count: (400, {}, b"no"))
    assert [(one.problem, one.final) for one in send(service.url, paths)] == [
        ("HTTP 400", True)
    ] * 3


@pytest.mark.parametrize("reason", ["one is bad", "too much at once"])
def test_a_request_that_is_refused_costs_one_object_at_most(web, paths, reason):
    bad = paths[1].stem.encode()

    def store(body, count):
        here = [path.stem for path in paths if path.stem.encode() in body]
        if reason == "one is bad" and bad in body:
            return 400, {}, b"no"
        if reason == "too much at once" and len(here) > 1:
            return 413, {}, b"<html>"
        return 200, {}, answer(here)

    answers = send(web(store).url, paths)
    expected = [None, "HTTP 400", None] if reason == "one is bad" else [None] * 3
    assert [one.problem for one in answers] == expected


def test_nobody_there(paths):
    with pytest.raises(UnreachableError, match="cannot be reached"):
        send(f"http://127.0.0.1:{free_port()}/d", paths)


def test_tls_is_checked(web, paths):
    service = web(lambda body, count: (200, {}, b""))
    with pytest.raises(UnreachableError, match="TLS"):
        send(service.url.replace("http:", "https:"), paths)


def test_tls_with_an_authority_of_its_own(web, paths, certificates):
    import ssl

    service = web(lambda body, count: (200, {}, answer([path.stem for path in paths])))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    service._server.socket = context.wrap_socket(service._server.socket, server_side=True)
    url = service.url.replace("http:", "https:")
    with pytest.raises(UnreachableError, match="does not trust"):
        send(url, paths)
    trusting = WebDestination(url, Tls(None, None, str(certificates / "cert.pem")))
    assert [one.problem for one in trusting.send(map(str, paths))] == [None] * 3


def test_several_in_a_request_and_no_more(web, paths, monkeypatch):
    monkeypatch.setattr(stow, "_MOST_OBJECTS", 2)

    def store(body, count):
        uids = set(re.findall(rb"2\.25\.\d{20,}", body)) & {path.stem.encode() for path in paths}
        return 200, {}, answer([uid.decode() for uid in uids])

    service = web(store)
    assert [one.problem for one in send(service.url, paths)] == [None] * 3
    assert [
        body.count(b"Content-Type: application/dicom\r\n") for *_, body in service.requests
    ] == [
        2,
        1,
    ]
    (path, headers, _) = service.requests[0]
    assert path == "/web/studies"
    assert headers["Content-Type"].startswith('multipart/related; type="application/dicom"')
    assert "Authorization" not in headers


def test_the_header_that_the_archive_wants(web, paths, monkeypatch):
    monkeypatch.setenv(AUTHORIZATION, "Basic c2VjcmV0")
    service = web(lambda body, count: (200, {}, b""))
    send(service.url, paths)
    assert service.requests[0][1]["Authorization"] == "Basic c2VjcmV0"


@pytest.mark.parametrize(
    ("url", "unencrypted"),
    [
        ("http://127.0.0.1:80/d", False),
        ("http://localhost/d", False),
        ("https://archive/d", False),
        ("http://archive/d", True),
    ],
)
def test_unencrypted_to_elsewhere_is_known(url, unencrypted):
    assert WebDestination(url).is_open is unencrypted
