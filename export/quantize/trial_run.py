"""Whether LiteRT can run a file at all, found in a process that may die of it.

Of what the older quantizer makes of SELU, LiteRT ends the process (`Aborted`), with no exception to
catch. A search that tries such a file must not end with it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from export.errors import ExportError

SECONDS = 120.0
_RUN = """
import sys
from ai_edge_litert.interpreter import Interpreter
runner = Interpreter(model_path=sys.argv[1], num_threads=1)
runner.allocate_tensors()
(entry,) = runner.get_input_details()
import numpy
pixels = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8).reshape(entry["shape"])
runner.set_tensor(entry["index"], pixels)
runner.invoke()
"""


def check_survives(payload: bytes, pixels: np.ndarray) -> None:
    """Run one scan, uint8 [H, W, C], through the content of a .tflite file in a process of its own.

    What LiteRT refuses in words is not looked at here: whoever runs the file hears it.

    Raises:
        ExportError: the process died of it, or did not end.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        file.write_bytes(payload)
        try:
            done = subprocess.run(
                [sys.executable, "-c", _RUN, str(file)],
                cwd=folder,  # where no file of the user's hides a package
                input=pixels.tobytes(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ExportError(f"LiteRT did not run it within {SECONDS:g} s") from None
    if done.returncode not in (0, 1):  # 1: an exception, or no LiteRT
        raise ExportError(f"LiteRT ends the process on it (status {done.returncode})")
