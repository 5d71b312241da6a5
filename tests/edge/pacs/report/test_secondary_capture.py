"""Heat maps for the archive."""

import numpy as np
import pydicom
import pytest

from edge import NOTICE
from tests.edge.dicom_files import BIG, IMPLICIT
from tests.edge.pacs.objects import SC, complaints, of_class, queued
from tests.edge.pacs.studies import gradients, write_study


def test_it_is_valid_derived_and_points_to_its_source(classifier, study, tmp_path):
    paths = queued(classifier, tmp_path / "queue", study)
    pictures = of_class(paths, SC)
    assert len(pictures) == 2
    for path in paths:
        if pydicom.dcmread(path).SOPClassUID == SC:
            assert complaints(path) == []
    sources = {pydicom.dcmread(file).SOPInstanceUID for file in study.files[1:]}
    for one in pictures:
        assert one.ImageType[:2] == ["DERIVED", "SECONDARY"]
        assert one.BurnedInAnnotation == "NO"
        assert "UNVERIFIED" in one.ImageComments
        assert NOTICE in one.ImageComments
        assert NOTICE in one.DerivationDescription
        assert classifier.manifest.payload_sha256 in one.DerivationDescription
        assert one.SeriesInstanceUID != study.series
        assert "RESEARCH ONLY" in one.SeriesDescription
        (source,) = one.SourceImageSequence
        sources.remove(source.ReferencedSOPInstanceUID)
        pixels = one.pixel_array
        assert pixels.shape == (one.Rows, one.Columns, 3)
        colour = np.ptp(pixels.astype(int), axis=2)
        assert (colour > 30).any(), "a heat map is coloured"
    assert not sources


def test_a_slice_without_a_finding_has_none(classifier, tmp_path):
    study = write_study(tmp_path / "in", gradients(40, 50))
    assert of_class(queued(classifier, tmp_path / "queue", study), SC) == []


def test_what_was_compressed_with_loss_says_so(classifier, tmp_path):
    study = write_study(tmp_path / "in", gradients(180), LossyImageCompression="01")
    paths = queued(classifier, tmp_path / "queue", study)
    (picture,) = of_class(paths, SC)
    assert picture.LossyImageCompression == "01"
    for path in paths:
        assert complaints(path) == []


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG])
def test_however_the_source_is_written(classifier, tmp_path, syntax):
    first, second = (
        write_study(tmp_path / name, gradients(180), syntax=one)
        for name, one in (("in", None), ("other", syntax))
    )
    plain, other = (
        of_class(queued(classifier, tmp_path / name, study), SC)[0]
        for name, study in (("queue", first), ("queue2", second))
    )
    assert other == plain


def test_frames_of_one_file(classifier, tmp_path):
    enhanced = "1.2.840.10008.5.1.4.1.1.4.1"
    study = write_study(tmp_path / "in", [np.stack(gradients(60, 180, 190))], SOPClassUID=enhanced)
    paths = queued(classifier, tmp_path / "queue", study)
    pictures = of_class(paths, SC)
    frames = [one.SourceImageSequence[0].ReferencedFrameNumber for one in pictures]
    assert sorted(frames) == [2, 3]
    for path in paths:
        assert complaints(path) == []
