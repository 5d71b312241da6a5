"""The file of results of `--watch`: what is in it, and which file it is."""

import pytest

from edge.journal.results_journal import FileState, Journal, RefusedError
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


def write_some(path, count: int = 3) -> bytes:
    journal = Journal(str(path))
    for number in range(count):
        seen = FileState(f"in/{number}.png", 3, 4, 5, 6)
        journal.append(seen, str(number) * 64, {"path": seen.path, "verdict": "tumor"})
    journal.close()
    return path.read_bytes()


@pytest.mark.parametrize("nuls", [0, 1, 50, 4096])
def test_no_power_cut_ends_every_start(tmp_path, nuls):
    """Cut anywhere, with NULs for what was not written yet: what is whole counts, and once."""
    path = tmp_path / "results.ndjson"
    data = write_some(path)
    ends = [at for at, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(1, len(data) + 1):
        path.write_bytes(data[:cut] + b"\0" * nuls)
        journal = Journal(str(path))
        whole = sum(end <= cut for end in ends)  # a line that lacks its end alone is whole
        assert [journal.has(FileState(f"in/{n}.png", 3, 4, 5, 6)) for n in range(3)] == [
            n < whole for n in range(3)
        ]
        journal.close()
        lines = path.read_bytes()
        assert lines == data[: len(lines)]
        assert lines.count(b"\n") == whole


@pytest.mark.parametrize(
    "end", [b'\0\0\0\0ce": null}', b"old text of another file", b"\0" * 9 + b'{"pa\0', b"[1]"]
)
def test_what_is_not_ours_at_the_end_is_passed_over(tmp_path, end):
    """As a file system leaves it that had made room and not written yet."""
    path = tmp_path / "results.ndjson"
    data = write_some(path)
    path.write_bytes(data + end)
    for _ in range(2):
        journal = Journal(str(path))
        assert journal.has(FileState("in/2.png", 3, 4, 5, 6))
        journal.close()
        assert path.read_bytes().startswith(data)
        assert path.read_bytes().endswith(b"\n")


def test_lines_of_older_versions_are_understood(tmp_path):
    """They tell no inode: the file is hashed once, and gets no second line."""
    path = tmp_path / "results.ndjson"
    line = '{"path": "/in/a.png", "file": {"path": "/in/a.png", "size": 3, "mtime_ns": 4, '
    path.write_text(line + f'"sha256": "{"0" * 64}"}}}}\n')
    journal = Journal(str(path))
    seen = FileState("/in/a.png", 3, 4, 5, 6)
    assert journal.damaged == 0
    assert not journal.has(seen)
    assert journal.has_content("/in/a.png", "0" * 64)
    journal.remember(seen)
    assert journal.has(seen)
    assert journal.append(seen, "0" * 64, {"path": "/in/a.png"}) is None
    journal.close()


def test_an_inode_that_wanders_costs_three_looks(tmp_path):
    journal = Journal(str(tmp_path / "results.ndjson"))
    journal.append(FileState("/in/a.png", 3, 4, 0, 6), "0" * 64, {"path": "/in/a.png"})
    hashed = 0
    for inode in range(1, 20):
        seen = FileState("/in/a.png", 3, 4, inode, 6)
        if not journal.has(seen):
            hashed += 1
            journal.remember(seen)
    assert hashed == 3
    assert not journal.has(FileState("/in/a.png", 3, 4, 20, 7)), "its ctime counts all the same"
    assert not journal.has(FileState("/in/a.png", 3, 5, 20, 6))
    journal.close()


@pytest.mark.parametrize("left", [0, 1, 2])
def test_results_that_another_program_cut_short(tmp_path, left):
    path, said = tmp_path / "results.ndjson", []
    data = write_some(path)
    journal = Journal(str(path), said.append)
    kept = b"".join(data.splitlines(keepends=True)[:left])
    with open(path, "r+b") as file:
        file.truncate(len(kept) + 7 if left else 0)  # into the midst of a line
    journal.follow()
    journal.follow()
    assert [journal.has(FileState(f"in/{n}.png", 3, 4, 5, 6)) for n in range(3)] == [
        n < left for n in range(3)
    ]
    assert len(said) == 1
    assert "was cut short by another program" in said[0]
    journal.append(FileState("in/2.png", 3, 4, 5, 6), "2" * 64, {"path": "in/2.png"})
    assert len(results(path)) == left + 1
    journal.close()
