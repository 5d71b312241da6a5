"""Clients that are slow, many, or gone: who asks properly is answered none the less."""

import contextlib
import socket
import threading
import time

from edge.serve import limits
from tests.edge.serve.conftest import SAMPLE, head

SLOW = """
from edge.serve import limits
limits.HEAD_SECONDS = limits.BODY_SECONDS = 1.0
limits.IDLE_SECONDS = 2.0
limits.CONNECTIONS = 8
"""


def test_slow_clients_are_bounded(serve):
    slow = serve("--jobs", "1", code=SLOW)
    began = time.monotonic()
    for data in (
        b"GET /healthz HTTP/1.1\r\nHost: local",
        head("Content-Length: 100", first="POST /v1/classify HTTP/1.1"),
    ):
        with socket.create_connection(("127.0.0.1", slow.port), timeout=20) as connection:
            connection.sendall(data)
            found = b""
            with contextlib.suppress(OSError):
                for _ in range(100):  # a byte now and then does not help
                    connection.sendall(b"x")
                    connection.settimeout(0.1)
                    try:
                        found += connection.recv(1 << 16)
                    except TimeoutError:
                        continue
                    break
            assert found.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began < 8


def test_connections_that_ask_nothing_make_room(serve):
    """More of them than there may be: who asks something is answered none the less."""
    slow = serve("--jobs", "1", code=SLOW.replace("= 1.0", "= 60.0").replace("= 2.0", "= 60.0"))
    idle = [socket.create_connection(("127.0.0.1", slow.port)) for _ in range(30)]
    for one in idle:
        with contextlib.suppress(OSError):
            one.sendall(b"GET /")
    assert slow.json("GET", "/healthz") == (200, {"status": "ok"})
    status, found = slow.json("POST", "/v1/classify", SAMPLE.read_bytes())
    assert (status, found["verdict"]) == (200, "tumor")
    for one in idle:
        one.close()


def test_who_does_not_read_holds_up_nobody(serve):
    """Each asks for pictures again and again, and reads nothing: the one process is soon free."""
    one = serve("--jobs", "1", code="from edge.serve import limits\nlimits.SEND_SECONDS = 3.0")
    body = SAMPLE.read_bytes()
    first = "POST /v1/classify?pictures=1 HTTP/1.1"
    request = head(f"Content-Length: {len(body)}", first=first) + body
    greedy = []
    for _ in range(4):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", one.port))
        connection.settimeout(1.5)
        greedy.append(connection)

    def ask_on(connection):
        with contextlib.suppress(OSError):
            for _ in range(200):
                connection.sendall(request)

    threads = [threading.Thread(target=ask_on, args=(connection,)) for connection in greedy]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start = time.monotonic()
    status, found = one.json("POST", "/v1/classify", body)
    assert (status, found["verdict"]) == (200, "tumor")
    assert time.monotonic() - start < 2
    for connection in greedy:
        connection.close()


def test_what_is_promised_and_not_sent_takes_no_room(server):
    """Eight that announce as much as may be sent, and send a little."""
    first = "POST /v1/classify HTTP/1.1"
    slow = []
    for _ in range(8):
        slow.append(socket.create_connection(("127.0.0.1", server.port)))
        slow[-1].sendall(head(f"Content-Length: {limits.BODY_BYTES}", first=first) + bytes(1000))
    assert server.json("POST", "/v1/classify", SAMPLE.read_bytes())[0] == 200
    for one in slow:
        one.close()


def test_all_bodies_together_are_bounded(serve):
    code = "from edge.serve import limits\nlimits.ALL_BODIES_BYTES = 100_000"
    one = serve("--jobs", "1", code=code)
    first = "POST /v1/classify HTTP/1.1"
    with socket.create_connection(("127.0.0.1", one.port)) as connection:
        connection.sendall(head("Content-Length: 90000", first=first) + bytes(80_000))
        time.sleep(0.5)
        status, headers, _ = one.ask("POST", "/v1/classify", SAMPLE.read_bytes())
        assert (status, headers["Retry-After"]) == (503, "5")
    time.sleep(0.5)
    assert one.json("POST", "/v1/classify", SAMPLE.read_bytes())[0] == 200


def test_fifty_at_once(server):
    body, found = SAMPLE.read_bytes(), []

    def ask():
        found.append(server.json("POST", "/v1/classify?pictures=0", body))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [status for status, _ in found] == [200] * 50
    assert {document["probability"] for _, document in found} == {found[0][1]["probability"]}


def test_a_client_that_goes_away_costs_nothing(server):
    body = SAMPLE.read_bytes()
    request = head(f"Content-Length: {len(body)}", first="POST /v1/classify?pictures=1 HTTP/1.1")
    for part in (request, request + body[:500], request + body):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(part)
    assert server.json("POST", "/v1/classify", body)[1]["verdict"] == "tumor"
