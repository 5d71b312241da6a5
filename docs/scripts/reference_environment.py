"""The page of the reference on exit statuses and environment variables."""

import json
import re
from pathlib import Path

from reference_markdown import bullets, page, sentence

_ROOT = Path(__file__).parents[2]

_VARIABLES = {
    "AWS_EC2_METADATA_DISABLED": "Set to `true` unless it is set, when an `s3://` URL is named: "
    "nobody is asked for credentials whom nobody named. `false` for a machine that has a role.",
    "KERAS_BACKEND": "Backend of `python -m train`: `tensorflow` (the default), `jax` or `torch`. "
    "Keras reads it. Export needs `tensorflow`.",
    "KERAS_DISTRIBUTION_JOB_ADDRESSES": "Addresses of all hosts that train together, on JAX. Keras "
    "reads it.",
    "KERAS_DISTRIBUTION_NUM_PROCESSES": "How many processes train together. Keras reads it.",
    "KERAS_DISTRIBUTION_PROCESS_ID": "Number of this process, from 0. Process 0 writes the run.",
    "KERAS_HOME": "Where Keras keeps its settings and the weights that it fetched: `~/.keras` "
    "unless it is set. Nothing is written there unasked.",
    "MPLCONFIGDIR": "Where Matplotlib keeps its list of fonts. Where neither this nor such a "
    "folder in the home folder is there, a temporary one is made and removed.",
    "MRI_EDGE_DICOMWEB_AUTHORIZATION": "What `--dicomweb` and `--stow` send as the header "
    "`Authorization`, such as `Basic ...`. It is in no message.",
    "NO_GCE_CHECK": "Set to `true` unless it is set, when a `gs://` URL is named, for the same "
    "reason.",
    "OPENBLAS_NUM_THREADS": "Threads of NumPy's OpenBLAS. `edge-classify` sets 1 unless it is set, "
    "for starting more costs time.",
    "ORT_DISABLE_TELEMETRY": "Set to 1 unless it is set: ONNX Runtime keeps no device id in the "
    "home folder then, and looks for no server.",
    "TF_CPP_MIN_LOG_LEVEL": "How much TensorFlow logs. Set to 3, errors only, unless it is set.",
    "XDG_CACHE_HOME": "Where caches lie in the home folder: `~/.cache` unless it is set.",
}
"""By name. Python's own are left out."""

_OWN = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")


def environment_page(statuses: dict[str, list[tuple[str, str]]]) -> str:
    """Of exit statuses and environment variables.

    Args:
        statuses: of each command.
    """
    if unknown := _read_variables() - set(_VARIABLES) - set(_OWN):
        raise ValueError(f"environment variables that are not described: {sorted(unknown)}")
    blocks = []
    for name, pairs in statuses.items():
        told = [f"`{number}`: {sentence(text)}" for number, text in pairs]
        blocks += [f"### {name}", bullets(told)]
    return page(
        "Exit statuses and environment",
        "## Exit statuses",
        "Ctrl-C ends a command with 130, SIGTERM with 143, and SIGHUP (a terminal that goes) with "
        "129 unless it was started with `nohup`. `edge-classify` with `--watch`, `--scp` or "
        "`--serve` ends with 0 at either of the two.",
        "A reader of the output that leaves, as `head` does, ends a command quietly, with 1.",
        *blocks,
        "## Environment variables",
        "Nothing needs to be set.",
        bullets([f"`{name}`: {text}" for name, text in _VARIABLES.items()]),
    )


def _read_variables() -> set[str]:
    """Names that the packages look up in `os.environ`."""
    pattern = re.compile(r"environ(?:\.\w+)?[(\[]\s*(\"?\w+\"?)")
    found = set()
    for package in ("edge", "train", "export", "benchmarks"):
        for file in (_ROOT / package).rglob("*.py"):
            text = file.read_text()
            for name in pattern.findall(text):
                if not name.startswith('"'):
                    value = re.search(rf"^{name} = (\".*?\")$", text, re.MULTILINE)
                    name = value[1] if value else '""'
                found.add(json.loads(name))
    return found - {""}
