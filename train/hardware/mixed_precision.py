"""Mixed precision: the 16-bit type that the hardware computes fastest in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
from keras import layers

from edge.inference.processor import flags_of

FLOAT32, MIXED = "float32", "mixed"
CHOICES = (FLOAT32, MIXED)
_LOW = (layers.Conv2D, layers.SeparableConv2D, layers.MaxPooling2D)
"""What `in_precision` computes in 16 bits: nearly all of the work, and the pools within it."""
_BFLOAT16_SINCE = (8, 0)
"""CUDA compute capability: tensor cores take bfloat16 from Ampere on (CUDA C++ programming guide,
"Arithmetic Instructions")."""
_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Processor instructions for it, as /proc/cpuinfo names them: of x86, and the last of ARM."""


def policy(precision: str) -> str:
    """The Keras dtype policy for a choice of `CHOICES`.

    bfloat16 where the hardware has it, for it has float32's range and needs no loss scaling;
    float16 on older GPUs.
    """
    if precision == FLOAT32:
        return "float32"
    capability = _capability()
    old = capability is not None and capability < _BFLOAT16_SINCE
    return "mixed_float16" if old else "mixed_bfloat16"


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Models that are built in this block compute in a choice of `CHOICES`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy(precision))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_precision(model: keras.Model, precision: str) -> keras.Model:
    """The network, or a copy whose convolutions compute in 16 bits; its weights have 32.

    Args:
        precision: one of `CHOICES`.
    """
    if precision == FLOAT32:
        return model
    low = policy(precision)

    def copy(layer):
        config = layer.get_config()
        if isinstance(layer, _LOW):
            config["dtype"] = low
        return type(layer).from_config(config)

    result = keras.models.clone_model(model, clone_function=copy)
    result.set_weights(model.get_weights())
    return result


def caution(precision: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Why this precision is slow here; None if it is not, or nobody knows.

    Without instructions for it TensorFlow computes bfloat16 in software: one thread of
    an AMD EPYC with AVX2 alone took 97 ms an example of `compact` instead of 11.
    """
    if policy(precision) != "mixed_bfloat16" or _accelerated():
        return None
    try:
        there = flags_of(cpuinfo.read_text())
    except OSError:
        return None
    if not there or there & _BFLOAT16:
        return None
    return (
        "this processor has no instructions for bfloat16: with --precision mixed a fit takes "
        "several times as long; leave it out"
    )


def _accelerated() -> bool:
    """Whether something other than the processor computes."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    return _capability() is not None


def _capability() -> tuple[int, int] | None:
    """Of the first CUDA GPU; None without one."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            return tf.config.experimental.get_device_details(gpu).get("compute_capability")
    elif backend == "jax":
        import jax

        text = getattr(jax.devices()[0], "compute_capability", None)
        return tuple(map(int, str(text).split("."))) if text else None
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            return torch.cuda.get_device_capability()
    return None
