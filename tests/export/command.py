"""The command as the tests of this folder give it."""

from pathlib import Path

from export.cli import main


def export(run: Path, out: Path, *more: object) -> int:
    """Export a run to TFLite files in `out`; returns the command's status."""
    return main([str(run), "--out", str(out), "--format", "tflite", *map(str, more)])
