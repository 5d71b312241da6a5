"""Sources that may share patients never stand on both sides of a split."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from tests.train.splitting.test_split import together
from train.data.scans import Scan
from train.errors import TrainError
from train.source_facts.schema import Patients, SourceFacts
from train.splitting import source_families
from train.splitting.split import DROPPED, split


def facts(**families):
    """Facts by root; a family of "ids:x" is the numbering, "!" that nothing can be divided."""
    found = {}
    for name, words in families.items():
        ids = next((word[4:] for word in words if word.startswith("ids:")), "")
        found[f"/{name}"] = SourceFacts(
            Path(f"{name}.toml"),
            "w",
            "l",
            patients=Patients(ids=ids, one_side="!" in words),
            family=tuple(word for word in words if word[0] not in "!" and ":" not in word),
        )
    return found


def scans(*names, each=40):
    """Different scans of both classes in folders, two of each patient."""
    found = [
        Scan(f"/{name}", f"{i:02}.png", i % 4 < 2, f"{name}{i}")
        for name in names
        for i in range(each)
    ]
    return found, [f"{scan.root}: {int(scan.path[:2]) // 2}" for scan in found]


def parts_of(given, patients, told, tested=(), held=(), seed=0):
    """Parts by folder, and the reasons."""
    related = source_families.relations(told, given, patients)
    external = np.array([scan.root in tested for scan in given])
    held_out = np.array([scan.root in held for scan in given])
    family = source_families.guard(related, given, external, held_out)
    found = split(
        given,
        together(given, patients),
        seed,
        external=external,
        held_out=held_out,
        excluded=family.excluded,
        whole=family.whole >= 0,
    )
    parts = defaultdict(set)
    for scan in found:
        parts[scan.root].add(scan.part)
    return dict(parts), {scan.root: scan.reason for scan in found if scan.reason}


ALL = {"train", "validation", "test"}


def test_sources_of_one_family_are_trained_on_together_and_tested_on_by_nothing():
    given, patients = scans("a", "b", "c")
    for seed in range(5):
        parts, reasons = parts_of(
            given, patients, facts(a=["brats"], b=["brats", "x"], c=[]), seed=seed
        )
        assert parts == {"/a": {"train"}, "/b": {"train"}, "/c": ALL}
        assert reasons == {}


def test_sources_that_a_third_one_links_stand_on_one_side_too():
    """a and c share no family; but b would part either's patients."""
    given, patients = scans("a", "b", "c", "d")
    told = facts(a=["x"], b=["x", "y"], c=["y"], d=["z"])
    parts, _ = parts_of(given, patients, told)
    assert parts == {"/a": {"train"}, "/b": {"train"}, "/c": {"train"}, "/d": ALL}


def test_what_may_share_patients_with_a_test_folder_is_dropped_and_the_reason_is_kept():
    given, patients = scans("a", "b", "c", "d")
    told = facts(a=["brats"], b=["brats", "tcga"], c=["tcga"], d=[])
    parts, reasons = parts_of(given, patients, told, tested=["/a"])
    assert parts == {
        "/a": {"test"},
        "/b": {DROPPED},
        "/c": {"train", "validation"},
        "/d": {"train", "validation"},
    }
    assert reasons == {"/b": "may share patients with the tested source a (family brats)"}


def test_a_source_of_which_a_part_is_tested_is_divided_and_its_family_dropped():
    given, patients = scans("a", "b", "c", "t")
    told = facts(a=["brats"], b=["brats"], c=[], t=[])
    parts, reasons = parts_of(given, patients, told, tested=["/t"], held=["/a"])
    assert parts["/a"] == ALL
    assert parts["/b"] == {DROPPED}
    assert set(reasons) == {"/b"}


def test_where_both_number_their_patients_alike_these_tell():
    given, patients = scans("a", "b", "c")
    patients = [patient.replace("/a", "x").replace("/b", "x") for patient in patients]
    told = facts(a=["brats", "ids:x"], b=["brats", "ids:x"], c=[])
    assert source_families.relations(told, given, patients).of == {}
    parts, _ = parts_of(given, patients, told)
    assert parts["/a"] == parts["/b"] == ALL
    patients[3] = None
    assert set(source_families.relations(told, given, patients).of) == {"/a", "/b"}


def test_a_source_that_does_not_tell_its_patients_stays_on_one_side():
    given, patients = scans("a", "b")
    parts, _ = parts_of(given, patients, facts(a=["!"], b=[]))
    assert parts == {"/a": {"train"}, "/b": ALL}


def test_copies_of_what_stays_on_one_side_stay_there_with_it():
    given, patients = scans("a", "b")
    given = [*given, *(Scan("/b", f"{i:02}c.png", True, f"a{i}") for i in (0, 1))]
    patients += ["/b: 0", None]
    told = facts(a=["!"], b=[])
    related = source_families.relations(told, given, patients)
    none = np.zeros(len(given), bool)
    whole = source_families.guard(related, given, none, none).whole >= 0
    for seed in range(10):
        found = split(given, together(given, patients), seed, whole=whole)
        assert {one.part for one in found if one.sha256 in ("a0", "a1", "b0", "b1")} == {"train"}


@pytest.mark.parametrize(
    ("told", "held", "tested", "words"),
    [
        (facts(a=["x"], b=["x"], c=[]), ["/a", "/b"], "/c", "may share patients with /b .* too"),
        (facts(a=["!"], b=[], c=[]), ["/a"], "/c", "does not tell whose scans are whose"),
        (facts(a=["x"], b=[], c=["x"]), ["/a"], "/c", "tested source c .* none of it may be tr"),
    ],
)
def test_a_part_of_what_cannot_be_divided_is_not_tested_on(told, held, tested, words):
    given, patients = scans("a", "b", "c")
    with pytest.raises(TrainError, match=f"--hold-out /a: .*{words}"):
        parts_of(given, patients, told, tested=[tested], held=held)


def test_nothing_that_can_be_divided_is_an_error_that_says_why():
    given, patients = scans("a", "b")
    with pytest.raises(TrainError, match=r"no folder .* be divided.*; 80 can be trained on"):
        parts_of(given, patients, facts(a=["x"], b=["x"]))


def test_in_a_cross_validation_a_family_is_one_group():
    given, patients = scans("a", "b", "c")
    related = source_families.relations(facts(a=["x"], b=["x"], c=[]), given, patients)
    none = np.zeros(len(given), bool)
    family = source_families.guard(related, given, none, none)
    before = together(given, patients)
    after = source_families.joined(before, family.whole)
    assert len(set(after.groups[:80].tolist())) == 1
    assert len(set(after.groups[80:].tolist())) == len(set(before.groups[80:].tolist()))
    assert source_families.joined(before, np.full(len(given), -1)) is before


def test_without_facts_nothing_changes():
    given, patients = scans("a", "b")
    parts, reasons = parts_of(given, patients, {})
    assert parts == {"/a": ALL, "/b": ALL}
    assert reasons == {}
    plain = split(given, together(given, patients), 0)
    none = np.zeros(len(given), bool)
    assert plain == split(
        given, together(given, patients), 0, held_out=none, excluded={}, whole=none
    )


def test_what_shares_patients_with_tested_scans_is_told_to_whoever_asks():
    given, patients = scans("a", "b", "c")
    related = source_families.relations(facts(a=["x"], b=["x"], c=[]), given, patients)
    found = source_families.sharing(related, given, np.arange(len(given)) == 5)
    assert {scan.root for scan, one in zip(given, found, strict=True) if one} == {"/b"}


def test_the_terminal_is_told_once_a_folder():
    given, patients = scans("a", "b", "c")
    related = source_families.relations(facts(a=["x"], b=["x"], c=[]), given, patients)
    external = np.array([scan.root == "/a" for scan in given])
    family = source_families.guard(related, given, external, np.zeros(len(given), bool))
    found = split(given, together(given, patients), 0, external=external, excluded=family.excluded)
    dropped = [scan for scan in found if scan.part == DROPPED]
    assert source_families.told(dropped) == [
        "40 scans of b left out: it may share patients with the tested source a (family x)"
    ]
