"""Slices over TLS, and certificates and keys that are not to be used."""

import socket
import subprocess

import pytest

from edge.pacs.association.tls import Tls
from tests.edge.pacs.network import store, tool, until, write_slices


def test_a_certificate_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        Tls(str(tmp_path / "missing.pem"), str(tmp_path / "key.pem"), None).for_server()
    assert raised.value.filename == str(tmp_path / "missing.pem")


def test_a_key_with_a_password_asks_nobody(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-subj", "/CN=a"]
    subprocess.run(
        [tool("openssl"), *command, "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with pytest.raises(PermissionError, match="without a password") as raised:
        Tls(str(cert), str(key), None).for_server()
    assert raised.value.filename == str(key)


def test_tls_by_dcmtk(served, tmp_path, certificates):
    cert, key = (str(certificates / name) for name in ("cert.pem", "key.pem"))
    one = served(tls=Tls(cert, key, cert))
    (file,) = write_slices(tmp_path / "in", 1)
    known = ("--enable-tls", key, cert, "--add-cert-file", cert)
    store(one.port, file, options=known)
    assert one.files() == ["1.2.3.1.1.dcm"]
    unknown = ("--anonymous-tls", "--add-cert-file", cert)
    assert store(one.port, file, options=unknown, check=False).returncode != 0
    assert store(one.port, file, check=False).returncode != 0
    until(lambda: one.said)


def test_tls_of_a_peer_that_says_nothing_holds_nobody_up(served, certificates, tmp_path):
    cert, key = (str(certificates / name) for name in ("cert.pem", "key.pem"))
    one = served(tls=Tls(cert, key, None), patience=0.5)
    with socket.create_connection(("127.0.0.1", one.port)) as silent:
        (file,) = write_slices(tmp_path / "in", 1)
        store(one.port, file, options=("--anonymous-tls", "--add-cert-file", cert))
        silent.settimeout(5)
        assert silent.recv(10) == b""
    assert one.files() == ["1.2.3.1.1.dcm"]
