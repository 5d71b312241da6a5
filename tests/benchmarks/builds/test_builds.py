"""This build beside others and the bare chain."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.builds.arguments import builds_parser
from benchmarks.builds.command import compare
from benchmarks.builds.measure import Build, Timed, find_build, measure
from benchmarks.builds.report import draw, table
from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results.benchmark_report import STAGES

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "samples").glob("*.png"))[:3]
COLUMNS = ("call", *STAGES, "bare decode", "bare resize", "bare inference")


def timed(name: str, *ms: float) -> Timed:
    return Timed(name, 10, dict(zip(COLUMNS, ms, strict=True)))


def test_ours_over_bare_comes_first_and_shares_add_up():
    found = table("some", [timed("ours", 30, 10, 9, 8, 10, 5, 5), timed("old", 60, *[10] * 6)])
    assert found.head[:3] == ("build", "time / bare", "ours / this")
    ours, old, bare = found.rows
    assert ours == ("ours", "1.50", "1.00", "30", "33%", "30%", "27%", "10%")
    assert old[1:4] == ("3.00", "0.50", "60")
    assert bare[:4] == ("the bare chain", "1.00", "1.50", "20")


def test_a_picture_of_the_stages(tmp_path):
    draw("some", [timed("ours", 30, 10, 9, 8, 10, 5, 5)], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_builds_take_turns_on_the_scans_that_all_read(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    here = Build("this build", tree=ROOT)
    found = measure([here, Build("again", tree=ROOT)], [*SAMPLES, broken], 1, Progress())
    assert [one.name for one in found] == ["this build", "again"]
    for one in found:
        assert one.scans == len(SAMPLES)
        assert 0 < one.ms["decode"] < one.ms["call"]
        assert one.bare > 0


def test_another_build_by_its_commit(tmp_path):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(tmp_path), *words],
            check=True, capture_output=True,
        )  # fmt: skip

    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "__init__.py").write_text("raise ImportError('too old')\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    build = find_build("HEAD", tmp_path / "trees", tmp_path)
    assert (build.tree / "edge" / "__init__.py").is_file()
    with pytest.raises(BenchmarkError, match="HEAD: cannot be measured: ImportError: too old"):
        measure([build], SAMPLES, 1, Progress())


def test_another_build_by_its_python(tmp_path):
    assert find_build(sys.executable, tmp_path, ROOT) == Build(sys.executable, sys.executable)


@pytest.mark.parametrize("text", ["no-such-commit", "--output=x", ""])
def test_what_is_no_build(text, tmp_path):
    with pytest.raises(BenchmarkError, match="neither a commit"):
        find_build(text, tmp_path, ROOT)


def test_a_folder_without_scans(tmp_path):
    with pytest.raises(BenchmarkError, match="no scans in it"):
        compare(builds_parser().parse_args([str(tmp_path)]))
