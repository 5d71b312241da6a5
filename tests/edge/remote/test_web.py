"""https:// (here http://) against Python's own web server, and zip://."""

import json
import zipfile
from urllib.parse import quote

import pytest

from edge.cli import main
from edge.remote.read import read_remote
from edge.remote.url import RemoteScan
from tests.edge.remote.conftest import fresh
from tests.edge.remote.servers import png

MOST = 64_000_000


def classify(capsys, model, *paths):
    status = main([*paths, "--model", str(model), "--format", "ndjson"])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, {one["path"]: one for one in map(json.loads, out.splitlines())}, err


def test_a_file_and_a_folder_that_is_listed(web, capsys, any_model):
    (web.folder / "in & out").mkdir()
    for i, name in enumerate(("a.png", "in & out/b c.png", "notes.txt")):
        (web.folder / name).write_bytes(png(i))
    status, results, err = classify(capsys, any_model, f"{web.url}/")
    assert status == 0
    assert [*results] == [f"{web.url}/a.png", f"{web.url}/{quote('in & out/b c.png')}"]
    assert "1 of 3 objects" in err
    status, results, _ = classify(capsys, any_model, f"{web.url}/a.png?X-Amz-Signature=5ec")
    assert (status, [*results]) == (0, [f"{web.url}/a.png"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.png", "is not there"),
        ("forbidden.png", "no permission"),
        ("secret.png", "the credentials are wrong"),
        ("fails.png", "the server failed or was too busy (it said 503) (4 tries)"),
        ("cut.png", "was cut short"),
        ("vast.png", "is larger than"),
    ],
)
def test_errors_in_words(web, capsys, any_model, name, words):
    (web.folder / "cut.png").write_bytes(png())
    status, results, err = classify(capsys, any_model, f"{web.url}/{name}?token=5ec")
    assert status == 1
    assert words in err
    assert "5ec" not in err + json.dumps(results)


def test_what_comes_at_last_and_what_needs_a_password(web, capsys, any_model):
    for name in ("flaky.png", "secret.png"):
        (web.folder / name).write_bytes(png())
    user = web.url.replace("//", "//me:5ec@")
    status, results, err = classify(capsys, any_model, f"{web.url}/flaky.png", f"{user}/secret.png")
    assert (status, err) == (0, "")
    assert [*results] == [f"{web.url}/flaky.png", f"{web.url}/secret.png"]


def test_an_answer_without_end_is_left(web):
    with pytest.raises(Exception, match="is larger than"):
        read_remote(RemoteScan(f"{web.url}/endless.png"), 1)


def test_nobody_listens_and_no_such_host(web, capsys, any_model):
    gone = "http://127.0.0.1:9/a.png"
    unknown = "http://host.invalid/a.png"
    status, results, _ = classify(capsys, any_model, gone, unknown)
    assert status == 1
    for url in (gone, unknown):
        assert "the server cannot be reached" in results[url]["error"]


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "scans.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for i, name in enumerate(("a.png", "in/b.png", "in/notes.txt")):
            file.writestr(name, png(i))
    fresh()
    return path


def test_archives_here_and_in_a_bucket(s3, capsys, any_model, archive):
    s3.put_all("scans", {"in/scans.zip": archive.read_bytes()})
    for place in (str(archive), "s3://scans/in/scans.zip"):
        both = [f"zip://a.png::{place}", f"zip://in/b.png::{place}"]
        status, results, err = classify(capsys, any_model, f"zip://{place}")
        assert (status, [*results]) == (0, both), err
        for member in ("in", "in/", "**/b*", "in/b.png"):
            _, results, _ = classify(capsys, any_model, f"zip://{member}::{place}")
            assert [*results] == both[1:], member


def test_members_in_the_order_of_their_names(capsys, any_model, tmp_path):
    path = tmp_path / "scans.zip"
    with zipfile.ZipFile(path, "w") as file:
        for i, name in enumerate(("c.png", "a.png", "b.png")):
            file.writestr(name, png(i))
    fresh()
    _, results, _ = classify(capsys, any_model, f"zip://{path}")
    assert [*results] == [f"zip://{name}.png::{path}" for name in "abc"]


def test_two_members_of_one_name_are_both_refused(capsys, any_model, tmp_path):
    """By their name only one of them could be read, and the other would be lost."""
    path = tmp_path / "scans.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.png", png(0))
        file.writestr("b.png", png(1))
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.png", png(2))
    fresh()
    status, results, _ = classify(capsys, any_model, f"zip://{path}")
    assert status == 1
    assert "is the name of several members" in results[f"zip://a.png::{path}"]["error"]
    assert results[f"zip://b.png::{path}"]["error"] is None


def test_a_member_with_two_colons_in_its_name(capsys, any_model, tmp_path):
    path = tmp_path / "scans.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a::b.png", png(0))
    fresh()
    status, results, _ = classify(capsys, any_model, f"zip://{path}")
    assert (status, [*results]) == (0, [f"zip://a::b.png::{path}"])
    odd = path.rename(tmp_path / "odd::name.zip")
    for url in (f"zip://a::b.png::{odd}", f"zip://{odd}"):
        status, results, _ = classify(capsys, any_model, url)
        assert (status, [*results]) == (0, [f"zip://a::b.png::{odd}"])


@pytest.mark.parametrize(
    ("member", "words"),
    [("gone.png", "gone.png is not there"), ("*.dcm", "there are no scans")],
)
def test_a_member_that_is_not_there(capsys, any_model, archive, member, words):
    url = f"zip://{member}::{archive}"
    status, results, _ = classify(capsys, any_model, url)
    assert (status, results[url]["error"]) == (1, f"{url}: {words}")


def test_an_archive_on_a_server_that_gives_no_parts(web, capsys, any_model, archive):
    (web.folder / "scans.zip").write_bytes(archive.read_bytes())
    _, _, err = classify(capsys, any_model, f"zip://{web.url}/scans.zip")
    assert "gives no parts of files" in err


def test_archives_that_are_none(capsys, any_model, archive, tmp_path):
    archive.write_bytes(archive.read_bytes()[:-30])
    _, _, err = classify(
        capsys, any_model, f"zip://{archive}", f"zip://{tmp_path}", "zip://none.zip"
    )
    damaged, folder, none = err.splitlines()
    assert "the archive is damaged, or is no ZIP file" in damaged
    assert "is not a regular file" in folder
    assert "none.zip: is not there" in none


def test_a_member_that_is_damaged(capsys, any_model, archive):
    data = bytearray(archive.read_bytes())
    data[60] ^= 255
    archive.write_bytes(data)
    status, results, _ = classify(capsys, any_model, f"zip://{archive}")
    assert status == 1
    (error,) = [one["error"] for one in results.values() if one["error"]]
    assert "damaged" in error
