"""Coverage-guided fuzzing of decoding and of model files, for as long as you like.

    pip install atheris pydicom
    python -m tests.fuzz.atheris_decode --corpus /tmp/corpus     # once: writes the seeds
    python -m tests.fuzz.atheris_decode /tmp/corpus -runs=1000000 -timeout=10 -rss_limit_mb=2048

libFuzzer stops at the first finding and keeps the input as crash-*, timeout-* or oom-*. Coverage
is that of edge's own Python code; Pillow's C code is not instrumented.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["edge"]):
    import edge.model_file.container
    import edge.model_file.onnx_external_data  # noqa: F401
    from tests.fuzz.check import check_image, check_model

FOLDER = tempfile.TemporaryDirectory(prefix="mri-edge-fuzz-")


def one_input(data: bytes) -> None:
    """A model file if it may be one, else an image."""
    if data[4:8] == b"TFL3" or data[:1] == b"\x08":
        check_model(Path(FOLDER.name, "input.model"), b"", data, b"")
    check_image(Path(FOLDER.name, "input.img"), "input.img", data, data, None)


def main() -> None:
    """Write the seeds, or fuzz."""
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--corpus"]:
        from tests.fuzz import seeds

        folder = Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in (seeds.images() | seeds.dicoms(folder) | seeds.models()).items():
            (folder / name).write_bytes(data)
        return
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
