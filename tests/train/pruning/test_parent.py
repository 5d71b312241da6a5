"""train.pruning.parent: the command that made a run, read from its manifest."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("keras")

from train.arguments import parser
from train.pruning.parent import arguments_of
from train.run.run_folder import read_run


def test_every_option_that_is_a_path_is_one_again(run):
    """A manifest holds text. `--sources` stayed text, and pruning ended in an AttributeError."""
    names = {one.dest: one.nargs for one in parser()._actions if one.type is Path}
    assert {"sources", "not_brain", "boxes", "teacher", "patient_csv"} <= names.keys()
    given = {name: ["a", "b"] if nargs else "a" for name, nargs in names.items()}
    found = read_run(run)
    options = found.manifest.options | given
    made = vars(arguments_of(replace(found, manifest=replace(found.manifest, options=options))))
    own = ("out", "prune")  # not the run's
    for name in names.keys() - set(own):
        wanted = [Path("a"), Path("b")] if names[name] else Path("a")
        assert made[name] == wanted, name


def test_what_was_not_given_stays_as_it_was(run):
    made = arguments_of(read_run(run))
    asked = parser().parse_args(["--data", "x"])
    assert made.sources is None
    assert made.boxes == asked.boxes
    assert made.teacher == asked.teacher
