import pytest

from tests.edge.remote.servers import FaultyProxy, WebServer, moto_server


@pytest.fixture(scope="session")
def moto():
    pytest.importorskip("s3fs", reason="s3fs (extra remote) is not installed")
    pytest.importorskip("moto.server", reason="moto, a server of S3, is not installed")
    with moto_server() as server:
        yield server


@pytest.fixture
def s3(moto, monkeypatch):
    """An S3 server behind a proxy that can fail, and the environment to reach it."""
    proxy = FaultyProxy(moto.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-of-the-tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("edge.remote.read.PAUSES", (0.01, 0.01, 0.01))
    fresh()
    moto.reset()
    yield proxy
    fresh()
    proxy.close()


@pytest.fixture
def web(tmp_path, monkeypatch):
    pytest.importorskip("aiohttp", reason="aiohttp (extra remote) is not installed")
    pytest.importorskip("fsspec", reason="fsspec (extra remote) is not installed")
    monkeypatch.setattr("edge.remote.read.PAUSES", (0.01, 0.01, 0.01))
    server = WebServer(tmp_path / "web")
    fresh()
    yield server
    server.close()


def fresh():
    """Let go of connections and archives of earlier tests."""
    from edge.remote import filesystem

    filesystem.file_system.cache_clear()
    filesystem.archive.cache_clear()
