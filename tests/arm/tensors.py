"""Print, as JSON, what `edge` makes of scans on this machine: hashes of the preprocessed pixels.

Each sample goes through every file format that `edge` reads, so the decoders' libraries are
compared too. Usage: python tests/arm/tensors.py SCAN ...
"""

import hashlib
import json
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from edge.model_file.manifest import InputSpec
from edge.scan.crop import CROPS, counts_of
from edge.scan.decode import decode
from edge.scan.gate_features import FEATURE_SETS
from edge.scan.preprocess import preprocess
from edge.scan.read_input import read_input
from edge.scan.resize import FILTERS

REDUCED = InputSpec(128, 128, "grey", crop="reduced head")


def main(scans: list[str]) -> None:
    """Decode and preprocess each scan in many ways and print one JSON document."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for scan in map(Path, scans):
            for kind, path in _variants(scan, Path(folder)).items():
                image = decode(path)
                found[f"{scan.name} as {kind}"] = _hash(np.asarray(image))
                for resize in FILTERS:
                    for crop in CROPS:
                        spec = InputSpec(150, 150, "rgb", crop=crop, resize=resize)
                        found[f"{scan.name} as {kind}, {crop}, {resize}"] = _hash(
                            preprocess(image, spec)
                        )
                seen = read_input(path, REDUCED)
                found[f"{scan.name} as {kind}, decoded at 1/{seen.scan.scale}"] = _hash(
                    seen.seen.pixels
                )
                # Of whole numbers; those of before have a mean in 32 bits.
                channel = Image.fromarray(seen.seen.pixels[..., 0])
                sums = FEATURE_SETS["sums"].of(channel, counts_of(channel))
                found[f"{scan.name} as {kind}, the gate's sums"] = _hash(sums)
    versions = {name: version(name) for name in ("mri-edge", "numpy", "pillow")}
    print(json.dumps({"machine": platform.machine(), "versions": versions, "sha256": found}))


def _variants(scan: Path, folder: Path) -> dict[str, Path]:
    image = Image.open(scan).convert("L")
    deep = np.asarray(image).astype(np.uint16) * 13 + 77
    files = {kind: folder / f"scan.{kind}" for kind in ("bmp", "tif", "gif", "webp")}
    for path in files.values():
        image.save(path)
    Image.fromarray(deep).save(folder / "deep.png")
    large = image.resize([max(1, round(700 * side / max(image.size))) for side in image.size])
    files["jpg"] = folder / "large.jpg"
    large.convert("RGB").save(files["jpg"], quality=90)
    return {"png": scan, "16-bit png": folder / "deep.png", **files}


def _hash(pixels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
