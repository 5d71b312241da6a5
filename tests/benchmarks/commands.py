"""`python -m benchmarks`, here and in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.cli import main
from tests.edge.conftest import heed_ctrl_c

ROOT = Path(__file__).parents[2]


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def run(*arguments):
    return main([str(argument) for argument in (*arguments, "--quick")])


def start(code, *arguments, **given):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=heed_ctrl_c,
        **given,
    )
