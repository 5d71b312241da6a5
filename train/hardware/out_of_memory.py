"""Running out of memory, said in a way that helps."""

from collections.abc import Iterator
from contextlib import contextmanager

from train.errors import TrainError

_WORDS = ("out of memory", "resource_exhausted", "resource exhausted", "oom when allocating")
_NAMES = ("ResourceExhaustedError", "OutOfMemoryError", "MemoryError")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of TensorFlow, JAX, PyTorch or NumPy says that memory ran out.

    They share no type: XLA raises a RuntimeError with a status in its text.
    """
    text = str(error).lower()
    return any(kind.__name__.endswith(_NAMES) for kind in type(error).__mro__) or any(
        word in text for word in _WORDS
    )


@contextmanager
def naming_out_of_memory(batch_size: int, besides: str = "") -> Iterator[None]:
    """Turn running out of memory in the block into a `TrainError` that says what to try.

    Args:
        besides: what else may help, in words that end the message.

    Raises:
        TrainError: memory ran out.
    """
    try:
        yield
    except TrainError:
        raise  # says by itself what to do
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        smaller = max(1, batch_size // 2)
        hint = f"try --batch-size {smaller}" if batch_size > 1 else "use a machine with more"
        raise TrainError(
            f"out of memory with {batch_size} scans a step; {hint}{besides}"
        ) from error
