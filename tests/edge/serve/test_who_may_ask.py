"""Names, origins, tokens and addresses: who is answered, and who is not."""

import socket

import pytest

from edge.serve.address import Address, Names, ServeError, parse_address, same_origin
from tests.edge.serve.conftest import SAMPLE, TOKEN, head
from tests.edge.test_cli import run


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9", 200),
        ("127.0.0.1:1234", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.0.0.7", 403),
        ("localhost:x", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_another_name_is_refused(server, host, status):
    """A page of evil.example that has this name resolved to 127.0.0.1 is answered with nothing."""
    for path in ("/", "/healthz", "/v1/model"):
        found = server.raw(
            head("Connection: close", first=f"GET {path} HTTP/1.1", host=f"Host: {host}")
        )
        assert found.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:{port}", "Host": "localhost:{port}"}, 200),
        ({"Origin": "http://localhost:3000", "Host": "localhost:{port}"}, 403),
        ({"Origin": "http://127.0.0.1:{port}", "Host": "localhost:{port}"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "file://"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_from_elsewhere_may_not_ask(server, headers, status):
    headers = {name: value.format(port=server.port) for name, value in headers.items()}
    found, answered, _ = server.ask("POST", "/v1/classify", SAMPLE.read_bytes(), headers)
    assert found == status
    assert "Access-Control-Allow-Origin" not in answered


def test_origins():
    assert same_origin("https://mri.local", "mri.local:443")
    assert same_origin("http://[::1]:8080", "[::1]:8080")
    assert not same_origin("http://mri.local:81", "mri.local")
    assert not same_origin("mri.local", "mri.local")


def test_names_of_another_address():
    names = Names(Address("0.0.0.0", 80), ("mri.hospital.example",))
    assert names.has("10.1.2.3:80")  # to rebind takes a name
    assert names.has("mri.hospital.example")
    assert names.has("localhost:8080")  # as of a container's port
    assert names.has(socket.gethostname())
    assert not names.has("evil.example")


def test_the_token(serve, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    guarded = serve("--jobs", "1", "--token-file", file)
    assert guarded.ask("GET", "/")[0] == 200  # the page asks for it
    assert guarded.ask("GET", "/healthz")[0] == 200
    for method, path, body in (
        ("GET", "/v1/model", None),
        ("GET", "/v1/page", None),
        ("GET", "/metrics", None),
        ("POST", "/v1/classify", SAMPLE.read_bytes()),
        ("POST", "/v1/series", b"{}"),
    ):
        for given in (None, "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xfc"):
            headers = {} if given is None else {"Authorization": given}
            status, answered, _ = guarded.ask(method, path, body, headers)
            assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")
        status, _, _ = guarded.ask(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
        assert status in (200, 422)
    status, said = guarded.end()
    assert status == 0
    assert TOKEN not in said


def test_another_address_needs_a_token_and_says_what_it_exposes(serve, tmp_path):
    status, _, err = run("--serve", "0.0.0.0:0")
    assert (status, "--token-file" in err) == (2, True)
    file = tmp_path / "token"
    file.write_text("short")
    status, _, err = run("--serve", "0.0.0.0:0", "--token-file", file)
    assert (status, "20 characters" in err) == (2, True)
    file.write_text(TOKEN)
    file.chmod(0o644)
    open_one = serve("--jobs", "1", "--token-file", file, address="0.0.0.0:0")
    _, said = open_one.end()
    assert "EVERY machine" in said
    assert "not encrypted" in said
    assert "every user of this machine can read it" in said


@pytest.mark.parametrize(
    "text", ["99999", "localhost", "example.org:80", "127.0.0.1:99999", ":80", "[::1:80"]
)
def test_what_is_no_address(text):
    with pytest.raises(ServeError, match="HOST:PORT"):
        parse_address(text)


def test_addresses():
    assert str(parse_address("[::1]:80")) == "[::1]:80"
    assert parse_address("localhost:0") == Address("127.0.0.1", 0)
    assert parse_address("8080") == Address("127.0.0.1", 8080)
    assert not parse_address("10.0.0.1:80").loopback
