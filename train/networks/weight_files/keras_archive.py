"""`.keras`: a ZIP of a model's configuration and its weights. Nothing in it is made an object."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from edge.model_file import bounded_json
from train.networks.weight_files.stored_layers import MOST_BYTES

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
_LIMITS = bounded_json.Limits(bytes=64_000_000, depth=200, items=4_000_000)


@contextmanager
def opened(file: Path) -> Iterator[tuple[Any, BinaryIO]]:
    """The configuration of a model, and its weights as an HDF5 file in memory.

    Raises:
        ValueError: the archive is damaged, or lacks one of them.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            config = bounded_json.loads(_member(archive, CONFIG, _LIMITS.bytes), _LIMITS)
            weights = _member(archive, WEIGHTS, MOST_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"is truncated or damaged ({error}); copy it again") from error
    yield config, io.BytesIO(weights)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"has no {name}: it is no .keras model of Keras 3") from None
    if entry.file_size > most:
        raise ValueError(f"its {name} takes {entry.file_size} bytes, more than {most}")
    return archive.read(entry)


def loads_config(text: bytes | str) -> Any:
    """The configuration of a model, as a whole-model `.h5` has it.

    Raises:
        ValueError: it is no JSON, or beyond a limit.
    """
    return bounded_json.loads(text, _LIMITS)
