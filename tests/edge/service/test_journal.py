"""The file of results of `--watch`: what is in it, and which file it is."""

import pytest

from edge.service.journal import FileState, Journal, RefusedError
from tests.edge.conftest import results


def test_damaged_lines_are_passed_over(tmp_path):
    path = tmp_path / "results.ndjson"
    journal = Journal(str(path))
    seen = FileState("in/a.png", 3, 4)
    journal.append(seen, "0" * 64, {"path": seen.path, "verdict": "tumor"})
    journal.close()
    path.write_bytes(b"\0\0\n[]\n" + path.read_bytes() + b'{"path"')
    again = Journal(str(path))
    assert again.damaged == 2
    assert again.has(seen)
    assert again.has_content("in/a.png", "0" * 64)
    assert not again.has(FileState("in/a.png", 3, 5))
    assert not path.read_bytes().endswith(b'{"path"')
    again.close()


@pytest.mark.parametrize(
    "content",
    [b"notes\nthe last of them", b"[1, 2]", b'{"path": "a.png", "verdict": null}', b"\n\0x"],
)
def test_a_text_without_a_final_newline_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=r"notes\.txt: is no file of results .* with --out"):
        Journal(str(path))
    assert path.read_bytes() == content


@pytest.mark.parametrize("cut", [1, 5, 10, 30, -1])
@pytest.mark.parametrize("lost", [b"", b"\0" * 50])
def test_a_line_that_was_cut_is_removed(tmp_path, cut, lost):
    path, seen = tmp_path / "results.ndjson", FileState("in/a.png", 3, 4)
    journal = Journal(str(path))
    line = journal.append(seen, "0" * 64, {"path": seen.path, "verdict": None})
    journal.close()
    path.write_bytes(f"{line}\n".encode() + line[:cut].encode() + lost)
    Journal(str(path)).close()
    assert path.read_text() == f"{line}\n"


def test_a_whole_line_without_its_end_is_kept(tmp_path):
    path, seen = tmp_path / "results.ndjson", FileState("in/a.png", 3, 4)
    journal = Journal(str(path))
    line = journal.append(seen, "0" * 64, {"path": seen.path, "verdict": None})
    journal.close()
    path.write_text(line)
    journal = Journal(str(path))
    assert journal.has(seen)
    assert path.read_text() == f"{line}\n"
    journal.close()


def test_a_folder_may_be_spelt_otherwise(tmp_path, monkeypatch):
    journal = Journal(str(tmp_path / "results.ndjson"))
    monkeypatch.chdir(tmp_path)
    journal.append(FileState("in/a.png", 3, 4), "0" * 64, {"path": "in/a.png", "verdict": "tumor"})
    journal.close()
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    again = Journal(str(tmp_path / "results.ndjson"))
    for spelt in ("a.png", "./a.png", str(tmp_path / "in" / "a.png"), "../in//a.png"):
        assert again.has(FileState(spelt, 3, 4))
        assert again.has_content(spelt, "0" * 64)
    again.close()


@pytest.mark.parametrize("way", ["deleted", "moved", "replaced", "restored"])
def test_a_result_goes_to_the_file_that_is_there(tmp_path, way):
    path, old, said = tmp_path / "results.ndjson", FileState("in/a.png", 3, 4), []
    journal = Journal(str(path), said.append)
    journal.append(old, "0" * 64, {"path": old.path})
    before = path.read_bytes()
    path.rename(tmp_path / "elsewhere")
    if way == "deleted":
        (tmp_path / "elsewhere").unlink()
    if way == "replaced":
        path.write_bytes(b"")
    if way == "restored":
        path.write_bytes(before)
    new = FileState("in/b.png", 3, 4)
    line = journal.append(new, "1" * 64, {"path": new.path})
    assert path.read_text() == (before.decode() if way == "restored" else "") + line + "\n"
    assert journal.has(new)
    assert journal.has(old) == (way == "restored"), "what counts is what stands there"
    assert len(said) == 1
    with pytest.raises(RefusedError, match="another edge-classify"):
        Journal(str(path))
    if way == "moved":
        assert (tmp_path / "elsewhere").read_bytes() == before
        Journal(str(tmp_path / "elsewhere")).close()
    journal.close()


def test_a_result_that_has_come_meanwhile_is_not_repeated(tmp_path):
    path, seen = tmp_path / "results.ndjson", FileState("in/a.png", 3, 4)
    journal = Journal(str(path))
    path.rename(tmp_path / "elsewhere")
    other = Journal(str(path))
    other.append(seen, "0" * 64, {"path": seen.path})
    with pytest.raises(RefusedError, match="another edge-classify"):
        journal.append(seen, "0" * 64, {"path": seen.path})
    other.close()
    assert journal.append(seen, "0" * 64, {"path": seen.path}) is None
    assert len(results(path)) == 1
    journal.close()


def test_a_file_of_results_that_has_gone_is_not_made_before_there_is_one(tmp_path):
    path, said = tmp_path / "results.ndjson", []
    journal = Journal(str(path), said.append)
    path.unlink()
    journal.follow()
    journal.follow()
    assert not path.exists()
    assert len(said) == 1
    journal.append(FileState("in/a.png", 3, 4), "0" * 64, {"path": "in/a.png"})
    assert len(results(path)) == 1
    journal.close()
