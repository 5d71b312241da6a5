"""Certificates and keys that are not to be used."""

import subprocess

import pytest

from edge.pacs.association.tls import Tls
from tests.edge.pacs.network import tool


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
