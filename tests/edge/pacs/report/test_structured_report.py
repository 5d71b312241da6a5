"""The report on a study: valid, read by others, the same when it is made again."""

import subprocess
from dataclasses import replace

import pydicom
import pytest

from edge import NOTICE, Classifier
from edge.pacs.report.structured_report import _ROOT
from edge.results.words import type_words
from tests.edge.conftest import MODELS
from tests.edge.pacs.network import tool
from tests.edge.pacs.objects import SC, SR, complaints, of_class, queued
from tests.edge.pacs.studies import NAME, gradients, write_study


def report(paths):
    (found,) = of_class(paths, SR)
    return found


def dump(path):
    done = subprocess.run(
        [tool("dsrdump"), "+Pl", "+Pc", path], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_it_is_valid_and_read(classifier, study, tmp_path):
    paths = queued(classifier, tmp_path / "queue", study)
    (path,) = [path for path in paths if pydicom.dcmread(path).SOPClassUID == SR]
    assert complaints(path) == []
    text = dump(path)
    assert "Verification Flag   : UNVERIFIED" in text
    assert "RESEARCH ONLY" in _ROOT[2]
    assert _ROOT[2] in text
    assert NOTICE in text
    assert classifier.manifest.payload_sha256 in text
    assert "UNVERIFIED" in text
    assert text.count("Verdict on the slice, by research software") == 3
    assert text.count("(tumor,99MRIEDGE") == 4
    (evidence,) = pydicom.dcmread(path).CurrentRequestedProcedureEvidenceSequence
    (series,) = evidence.ReferencedSeriesSequence
    assert (evidence.StudyInstanceUID, series.SeriesInstanceUID) == (study.uid, study.series)
    named = [one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence]
    assert named == [pydicom.dcmread(file).SOPInstanceUID for file in study.files]


def test_types_are_said_of_what_is_called_a_tumor(study, tmp_path):
    typed = Classifier(MODELS / "tiny-types.onnx")
    paths = queued(typed, tmp_path / "queue", study)
    (path,) = [path for path in paths if pydicom.dcmread(path).SOPClassUID == SR]
    assert complaints(path) == []
    text = dump(path)
    called = [one for one in map(typed.classify, study.files) if one.verdict == "tumor"]
    assert called
    assert text.count("Type of the tumor, by research software") >= len(called)
    assert type_words(called[0].type, called[0].type_probabilities) in text


def test_another_library_reads_it(classifier, study, tmp_path):
    sr = pytest.importorskip("highdicom").sr
    found = report(queued(classifier, tmp_path / "queue", study))
    content = sr.ComprehensiveSR.from_dataset(found).content
    series, *slices = content.get_image_measurement_groups()
    assert series.tracking_identifier == "Series 1"
    assert [one.tracking_identifier for one in slices] == [
        f"Series 1, slice {at}" for at in (1, 2, 3)
    ]
    probabilities = [one.get_measurements()[0].value for one in slices]
    assert probabilities == sorted(probabilities)
    assert 0 < probabilities[0] < 0.5 < probabilities[-1] < 1
    (observer,) = content.get_observer_contexts()
    attributes = observer.observer_identifying_attributes
    assert attributes.serial_number == classifier.manifest.payload_sha256


def test_codes_are_those_of_the_standard(classifier, study, tmp_path):
    from pydicom.sr.codedict import CONCEPTS

    found = report(queued(classifier, tmp_path / "queue", study))
    seen = []

    def look(data):
        for element in data:
            if element.VR == "SQ":
                for item in element.value:
                    if "CodeValue" in item:
                        seen.append((item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning))
                    look(item)

    look(found)
    known = {
        (scheme, value): meaning
        for scheme in ("DCM", "SCT", "UCUM")
        for entries in CONCEPTS[scheme].values()
        for value, (meaning, *_) in entries.items()
    }
    checked = {one for one in seen if one[0] in ("DCM", "SCT") and one[1] != _ROOT[0]}
    assert len(checked) > 15
    for scheme, value, meaning in checked:
        assert (scheme, value) in known
        if scheme == "DCM":
            assert known[scheme, value] == meaning


def test_made_again_it_is_the_same_to_the_byte(classifier, study, tmp_path):
    first = queued(classifier, tmp_path / "queue", study)
    content = {path.name: path.read_bytes() for path in first}
    for path in first:
        path.unlink()
    again = queued(classifier, tmp_path / "queue", study)
    assert {path.name: path.read_bytes() for path in again} == content


def test_in_another_queue_only_the_time_may_differ(classifier, study, tmp_path):
    one, other = (
        report(queued(classifier, tmp_path / name, study)) for name in ("queue", "another")
    )
    for found in (one, other):
        del found.ContentDate, found.ContentTime
    assert one == other


def test_more_slices_are_another_version_in_the_same_series(classifier, study, tmp_path):
    queue = tmp_path / "queue"
    before = queued(classifier, queue, study)
    (first,) = of_class(before, SR)
    more = write_study(tmp_path / "in", gradients(185), first=4)
    paths = queued(classifier, queue, study, more)
    one, two = sorted(of_class(paths, SR), key=lambda data: data.InstanceNumber)
    assert one.SOPInstanceUID == first.SOPInstanceUID != two.SOPInstanceUID
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert (one.InstanceNumber, two.InstanceNumber) == (3, 4)
    assert "PredecessorDocumentsSequence" not in one
    (named,) = two.PredecessorDocumentsSequence
    (series,) = named.ReferencedSeriesSequence
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    (new,) = [path for path in paths if two.SOPInstanceUID in path.name]
    assert complaints(new) == []
    # Pictures of slices that were there already are the same objects.
    assert len(of_class(paths, SC)) == len(of_class(before, SC)) + 1


def test_another_model_is_another_series(study):
    from edge.pacs.report.derived_object import Author, begin
    from edge.pacs.report.source_image import read_source

    source = read_source(str(study.files[0]))
    author = Author("m int8", "a" * 64, "b" * 64)
    series = {
        begin(source, one, kind, "SR", 1, "t").SeriesInstanceUID
        for one in (author, author._replace(file_sha256="c" * 64))
        for kind in ("verdicts", "heat maps")
    }
    assert len(series) == 4
    assert source.series not in series


@pytest.mark.parametrize("second", [[30, 40], [180, 190]])
def test_the_most_serious_series_is_the_studys_verdict(classifier, tmp_path, second):
    one = write_study(tmp_path / "in", gradients(40, 50, 45), number=1)
    two = write_study(tmp_path / "in", gradients(*second), number=2)
    found = report(queued(classifier, tmp_path / "queue", one, two))
    groups = found.ContentSequence[-1].ContentSequence
    verdicts = [
        item.ConceptCodeSequence[0].CodeValue for item in groups if item.ValueType == "CODE"
    ]
    assert verdicts == ["tumor" if second[0] > 100 else "no_tumor"]
    assert found.InstanceNumber == 5


def test_a_model_whose_name_no_character_set_of_the_source_has(classifier, study, tmp_path):
    classifier.manifest = replace(classifier.manifest, name="Mödell\\7")
    paths = queued(classifier, tmp_path / "queue", study)
    assert {data.ManufacturerModelName for data in map(pydicom.dcmread, paths)} == {"M?dell?7 fp32"}
    for path in paths:
        assert complaints(path) == []


def test_the_patient_is_the_sources_to_the_byte(classifier, tmp_path):
    name = "山田^太郎"
    study = write_study(
        tmp_path / "in", gradients(180, 190), name=name, SpecificCharacterSet="ISO_IR 192"
    )
    found = of_class(queued(classifier, tmp_path / "queue", study), SR)[0]
    assert found.PatientName == name
    assert found.SpecificCharacterSet == "ISO_IR 192"
    for file in of_class(queued(classifier, tmp_path / "queue", study), SC):
        assert file.PatientName == name != NAME
