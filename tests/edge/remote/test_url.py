"""What URLs are shown as, and what is said of those that nothing reads."""

import subprocess
import sys

import pytest

from edge.cli import main
from edge.errors import MissingSoftwareError
from edge.remote import filesystem
from edge.remote.error_words import RemoteError
from edge.remote.url import RemoteScan, shown


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://me:pass@host:8/a.png?X-Amz-Signature=5ec#x", "https://host:8/a.png"),
        ("https://host/a%20b.png", "https://host/a%20b.png"),
        (
            "https://pacs/wado?requestType=WADO&objectUID=1.2.3&token=5ec",
            "https://pacs/wado?requestType=WADO&objectUID=1.2.3",
        ),
        ("https://account/c/a.png?sv=1&sig=5ec", "https://account/c/a.png"),
        ("s3://key:5ec@bucket/a?b#c@d.png", "s3://bucket/a?b#c@d.png"),
        ("zip://in/a.png::https://me:5ec@host/a.zip?sig=5ec", "zip://in/a.png::https://host/a.zip"),
        ("zip://a.zip", "zip://a.zip"),
        ("zip://a.png::http://u:5ec@[::1]:80/a.zip?sig=5ec", "zip://a.png::http://[::1]:80/a.zip"),
        ("zip://a.png::https://h/a.zip?sig=5ec::b", "zip://a.png::https://h/a.zip"),
        ("zip://a.png::https://u:5ec@h/x::y.zip", "zip://a.png::https://h/x::y.zip"),
        ("zip://https://u:5ec@[fe80::1]/a.zip", "zip://https://[fe80::1]/a.zip"),
        ("zip://a::b.png::https://u:5ec@h/a.zip", "zip://a::b.png::https://h/a.zip"),
        ("https://[bad/5ec", "https://..."),
    ],
)
def test_no_secret_is_shown(url, name):
    assert shown(url) == RemoteScan(url).name == name
    assert "5ec" not in repr(RemoteScan(url))


def test_kinds_that_nothing_reads(monkeypatch):
    with pytest.raises(RemoteError, match="ftp:// is not read; known are s3://"):
        filesystem.check_installed("ftp://host/a.png")
    monkeypatch.setattr(filesystem, "find_spec", lambda name: None)
    with pytest.raises(MissingSoftwareError, match=r"needs fsspec and s3fs.*'mri-edge\[remote\]'"):
        filesystem.check_installed("s3://bucket")
    with pytest.raises(MissingSoftwareError, match="pip install fsspec gcsfs"):
        filesystem.check_installed("gs://bucket")


def test_other_commands_say_that_they_read_files(capsys, any_model):
    main(["s3://bucket/a.png", "--series", "--model", str(any_model)])
    assert "copy the scans to a disk" in capsys.readouterr().err


def test_nothing_of_it_is_loaded_for_a_file(scan, any_model):
    code = (
        "import sys; from edge.cli import main; "
        f"main([{str(scan(180))!r}, '--model', {str(any_model)!r}]); "
        "sys.exit(any(name.startswith(('edge.remote', 'edge.app.remote', 'fsspec')) "
        "for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
