"""A model file that changes while it is in use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from edge.inference.engines import load
from edge.model_file.container import open_model

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


def test_what_runs_is_what_was_hashed(model, tmp_path):
    """Another in its place in between, of the same size and time, is not what is loaded."""
    path = Path(shutil.copy(model, tmp_path / f"copy{Path(model).suffix}"))
    pixels = np.full(open_model(path).manifest.input.shape, 90, np.uint8)
    expected = load(open_model(path)).run(pixels)
    verified, before = open_model(path), os.stat(path)
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    verified.verify()  # nothing to be seen, but for the time that the system sets
    np.testing.assert_array_equal(load(verified).run(pixels), expected)
    assert verified.content() == Path(model).read_bytes()
