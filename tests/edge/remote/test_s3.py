"""s3:// against a real S3 server (moto's) on the loopback address."""

import json

import pytest

from edge.cli import main
from edge.remote.listing import remote_scans
from edge.remote.read import read_remote
from edge.remote.url import RemoteScan
from tests.edge.remote.conftest import fresh
from tests.edge.remote.servers import png

MOST = 64_000_000


def classify(capsys, model, *paths):
    status = main([*paths, "--model", str(model), "--format", "ndjson"])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert "s3cret" not in out + err
    return status, [json.loads(line) for line in out.splitlines()], err


def names(url):
    return [scan.name for scan in remote_scans(url, lambda name: name.endswith(".png"), print)]


def test_a_bucket_a_folder_an_object_and_a_pattern(s3, capsys, any_model):
    s3.put("scans", a_png=png(1), deep__b_png=png(2), deep__er__c_png=png(3), notes_txt=b"x")
    status, results, err = classify(capsys, any_model, "s3://scans")
    assert status == 0
    paths = ["s3://scans/a.png", "s3://scans/deep/b.png", "s3://scans/deep/er/c.png"]
    assert [one["path"] for one in results] == paths
    assert "1 of 4 objects are no images" in err
    assert names("s3://scans/deep") == names("s3://scans/deep/") == paths[1:]
    assert names("s3://scans/a.png") == paths[:1]
    assert names("s3://scans/*.png") == paths[:1]
    assert names("s3://scans/**/*.png") == paths
    assert names("s3://scans/*/[b-c].png") == paths[1:2]


def test_a_verdict_is_that_of_the_file(s3, capsys, any_model, scan):
    s3.put("scans", a_png=scan(180).read_bytes())
    _, (there,), _ = classify(capsys, any_model, "s3://scans/a.png")
    _, (here,), _ = classify(capsys, any_model, str(scan(180)))
    for one in (there, here):
        del one["timings_ms"], one["path"]
    assert there == here


def test_an_object_that_fails_one_that_is_cut_and_one_that_comes_at_last(s3, capsys, any_model):
    s3.put("scans", a_png=png(1), cut_png=png(2), fails_png=png(3), flaky_png=png(4), none_png=b"")
    s3.fails |= {"fails.png": 99, "flaky.png": 3}
    s3.cuts["cut.png"] = 99
    status, results, err = classify(capsys, any_model, "s3://scans")
    assert status == 1
    verdicts = {one["path"].rpartition("/")[2]: one["error"] for one in results}
    assert verdicts["a.png"] is verdicts["flaky.png"] is None
    assert "was cut short" in verdicts["cut.png"]
    assert "the server failed or was too busy (it said 500 InternalError) (4 tries)" in err
    assert "is empty" in verdicts["none.png"]
    asked = [line for line in s3.asked if "fails.png" in line]
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://none/a.png", "there is no such bucket"),
        ("s3://scans/none.png", "there are no scans"),
        ("s3://", "names no bucket"),
        ("s3://X/a.png", "such a|cannot have this name|no such bucket"),
    ],
)
def test_what_is_not_there(s3, capsys, any_model, url, words):
    s3.put("scans", a_png=png(1))
    status, results, err = classify(capsys, any_model, url)
    assert status == 1
    assert any(word in err for word in words.split("|")), err
    assert len(results) == 1


def test_a_server_nobody_runs(s3, monkeypatch, capsys, any_model):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    status, _, err = classify(capsys, any_model, "s3://scans")
    assert status == 1
    assert "the server cannot be reached" in err


@pytest.fixture
def strict(s3, monkeypatch):
    """A bucket; the function that it gives makes the server ask who is there."""
    s3.put("scans", a_png=png(1))
    return lambda: monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)


def test_wrong_credentials(strict, capsys, any_model):
    strict()
    status, _, err = classify(capsys, any_model, "s3://scans")
    assert status == 1
    assert "the credentials are wrong or have expired" in err


def test_a_bucket_without_permission(s3, strict, monkeypatch, capsys, any_model):
    boto3 = pytest.importorskip("boto3")
    iam = boto3.client("iam", endpoint_url=f"http://127.0.0.1:{s3.to}")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    strict()
    status, _, err = classify(capsys, any_model, "s3://scans", "s3://scans/a.png")
    assert status == 1
    assert "no permission to list this bucket" in err
    assert "s3://scans/a.png: these credentials have no permission to read it" in err
    assert key["SecretAccessKey"] not in err


def test_no_credentials(s3, monkeypatch, tmp_path, capsys, any_model):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    s3.put("scans", a_png=png(1))
    status, _, err = classify(capsys, any_model, "s3://scans")
    assert (status, "needs credentials" in err) == (1, True), err


def test_what_is_too_large_is_not_read(s3):
    s3.put("scans", a_png=png(1))
    with pytest.raises(Exception, match="is larger than"):
        read_remote(RemoteScan("s3://scans/a.png", 1 << 40), MOST)
    assert s3.asked == []


def test_what_has_grown_since_it_was_listed_is_read_no_further(s3):
    data = png(1)
    s3.put("scans", a_png=data)
    assert read_remote(RemoteScan("s3://scans/a.png", 10), MOST).getvalue() == data[:10]
    with pytest.raises(Exception, match="was cut short"):
        read_remote(RemoteScan("s3://scans/a.png", len(data) + 1), MOST)
    assert read_remote(RemoteScan("s3://scans/a.png"), MOST).getvalue() == data


def test_several_are_read_at_a_time(s3, capsys, any_model):
    s3.put_all("scans", {f"{i:03}.png": png(i) for i in range(40)})
    s3.most_at_once = 0
    status, results, _ = classify(capsys, any_model, "s3://scans")
    assert status == 0
    assert [one["path"] for one in results] == [f"s3://scans/{i:03}.png" for i in range(40)]
    assert 1 < s3.most_at_once <= 8


@pytest.mark.slow
def test_a_listing_of_thousands_comes_page_by_page(s3):
    s3.put_all("scans", {f"{i:05}.png": b"x" for i in range(3500)})
    fresh()
    s3.asked.clear()
    found = remote_scans("s3://scans", lambda name: True, print)
    assert next(found).name == "s3://scans/00000.png"
    assert len(s3.asked) == 1
    assert sum(1 for _ in found) == 3499
    assert len(s3.asked) == 4


def test_a_batch_goes_on_where_it_was(s3, tmp_path, monkeypatch, capsys, any_model):
    s3.put("scans", a_png=png(1), b_png=png(2), fails_png=png(3))
    s3.fails["fails.png"] = 4
    out = tmp_path / "results.ndjson"
    words = ["s3://scans", "--model", str(any_model), "--out", str(out), "--format", "ndjson"]
    assert main([*words, "--resume"]) == 1
    assert "500 InternalError" in capsys.readouterr().err
    s3.put("scans", c_png=png(4))
    s3.asked.clear()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main([*words, "--resume"]) == 0
    assert {line for line in s3.asked if ".png" in line} == {
        "GET /scans/c.png",
        "GET /scans/fails.png",
    }
    paths = sorted(json.loads(line)["path"] for line in out.read_text().splitlines())
    assert paths == [f"s3://scans/{name}.png" for name in ("a", "b", "c", "fails")]
    s3.put("scans", a_png=png(50))  # another, of another size
    assert main([*words, "--resume"]) == 0
    assert len(out.read_text().splitlines()) == 5
