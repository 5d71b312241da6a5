"""Arrays that others wrote (.npz): read without unpickling, within a limit, or refused in words."""

import zipfile
from pathlib import Path

import numpy as np

MOST_BYTES = 8 << 30
"""Of all arrays of a file together, unpacked. The weights of VGG16 with its head take 0.6 GB."""


def read_arrays(file: Path, most: int = MOST_BYTES) -> dict[str, np.ndarray]:
    """The arrays of a file that `numpy.savez` wrote, by their names.

    Args:
        most: bytes that they may take together.

    Raises:
        FileNotFoundError, PermissionError, IsADirectoryError: of opening it.
        ValueError: it is no such file, is damaged, or is larger than `most`.
    """
    with open(file, "rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
            if size > most:
                raise ValueError(f"holds {size} bytes of arrays, more than {most}")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            for name, array in arrays.items():
                if not isinstance(array, np.ndarray):  # NumPy gives other files as bytes
                    raise ValueError(f"{name} is no array")
            return arrays
        except MemoryError:
            raise ValueError("holds arrays for which there is no memory") from None
        except Exception as error:
            # NumPy raises what zipfile, zlib or struct happen to raise on a damaged archive:
            # NotImplementedError, EOFError, RuntimeError, struct.error and others.
            what = (str(error).splitlines() or [""])[0] or type(error).__name__
            raise ValueError(
                f"is truncated, damaged or no .npz file of plain arrays ({what})"
            ) from error
