"""Counts on standard error, where it is no terminal."""

from train import progress


def test_a_long_count_says_how_far_it_is(capsys, monkeypatch):
    clock = iter([0.0, 20.0, 40.0, 50.0, 80.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.counting("scans", 4) as tick:
        for _ in range(4):
            tick()
    assert capsys.readouterr().err.splitlines() == ["scans: 2 of 4  about 40 s left"]


def test_a_quick_one_says_nothing(capsys):
    with progress.counting("scans", 3) as tick:
        for _ in range(3):
            tick()
    assert capsys.readouterr().err == ""
