"""What the command says of what goes wrong in it."""

import pytest

from edge import EngineError, ImageError, ModelError
from export import cli
from export.errors import ExportError
from train.errors import TrainError


@pytest.mark.parametrize("kind", [TrainError, ExportError, ImageError, ModelError, EngineError])
def test_an_error_is_a_message_and_a_status(kind, monkeypatch, capsys):
    def fail(_):
        raise kind("scan.png: is broken")

    monkeypatch.setattr(cli, "_export", fail)
    assert cli.main(["runs/cnn"]) == 2
    assert capsys.readouterr().err == "export: scan.png: is broken\n"
