"""Which transfer syntaxes are decoded here: what is offered to peers."""

import pytest

pytest.importorskip("pydicom")
from edge.pacs.association.transfer_syntaxes import CANDIDATES, decodable


def test_a_syntax_that_is_not_decoded_here_is_not_offered(monkeypatch):
    every = decodable()
    assert {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5"} <= {*every}
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGLSLossless

    # As it is without a plugin that decodes it; nobody keeps a list that would have to change.
    monkeypatch.setattr(get_decoder(JPEGLSLossless), "_available", {})
    assert decodable() == [one for one in every if one != JPEGLSLossless]


def test_each_sample_is_decoded_where_all_decoders_are_installed():
    pytest.importorskip("pylibjpeg")
    pytest.importorskip("openjpeg")
    pytest.importorskip("libjpeg")
    assert decodable() == list(CANDIDATES)
