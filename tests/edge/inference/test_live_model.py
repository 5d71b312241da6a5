"""A model file that changes while it is in use."""

import subprocess
import sys

import pytest

from edge.inference.engines import installed
from tests.edge.conftest import MODELS

_CODE = """
import os, sys
from edge import Classifier
classifier = Classifier(sys.argv[1])
os.truncate(sys.argv[1], 0)  # what `cp` over it does first
print(classifier.classify(sys.argv[2]).verdict)
"""


def test_another_is_copied_over_it(model, scan):
    """In a process of its own: an engine that had mapped the file would be killed by SIGBUS."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, model, scan(180)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "tumor\n"), done.stderr


@pytest.mark.skipif(not installed("tflite"), reason="no engine for tflite is installed")
def test_it_is_loaded_from_what_was_hashed():
    from edge.model_file.container import read_model

    assert read_model(MODELS / "tiny.tflite").content() == (MODELS / "tiny.tflite").read_bytes()
