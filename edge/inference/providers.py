"""What ONNX Runtime computes on, and in which order it is asked for."""

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""What ONNX Runtime can compute on, by its own names. The other engines know only "cpu"."""


def provider_order(provider: str, available: list[str]) -> list[str]:
    """ONNX Runtime's names of the providers to try, best first; the processor is always last.

    Args:
        provider: "auto" or a key of `PROVIDERS`.
        available: what this build of ONNX Runtime was made with.
    """
    keys = {"auto": ("cuda",), "cpu": (), "cuda": ("cuda",), "tensorrt": ("tensorrt", "cuda")}
    found = [PROVIDERS[key] for key in keys[provider] if PROVIDERS[key] in available]
    return [*found, PROVIDERS["cpu"]]
