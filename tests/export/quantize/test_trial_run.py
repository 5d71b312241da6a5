"""A file is run once in a process of its own before anybody else runs it."""

import numpy as np
import pytest

from export.errors import ExportError
from export.quantize import trial_run
from export.quantize.trial_run import check_survives
from tests.edge.conftest import MODELS

PIXELS = np.zeros((16, 16, 3), np.uint8)


def test_a_file_that_runs_is_taken():
    pytest.importorskip("ai_edge_litert")
    payload = (MODELS / "tiny.tflite").read_bytes()
    shape = trial_shape(payload)
    check_survives(payload, np.zeros(shape, np.uint8))


def trial_shape(payload):
    from ai_edge_litert.interpreter import Interpreter

    (entry,) = Interpreter(model_content=payload).get_input_details()
    return tuple(entry["shape"][1:])


def test_what_is_refused_in_words_is_left_to_whoever_runs_it():
    check_survives(b"no model", PIXELS)


def test_a_file_that_ends_the_process_is_refused(monkeypatch):
    """As LiteRT does on some that the older quantizer makes."""
    monkeypatch.setattr(trial_run, "_RUN", "import os; os.abort()")
    with pytest.raises(ExportError, match="LiteRT ends the process on it"):
        check_survives(b"", PIXELS)


def test_one_that_never_ends_is_refused(monkeypatch):
    monkeypatch.setattr(trial_run, "_RUN", "import time; time.sleep(60)")
    monkeypatch.setattr(trial_run, "SECONDS", 0.2)
    with pytest.raises(ExportError, match=r"within 0\.2 s"):
        check_survives(b"", PIXELS)
