"""Draw the README's pictures. Neither holds a pixel of anybody's scan.

    python docs/scripts/pictures.py samples dist/cnn-phantom-int8.tflite [--out FILE]
    python docs/scripts/pictures.py real dist/cnn-int8.tflite ../shared/data/br35h [--run RUN]

A file that exists is kept unless --force is given: the committed pictures are docs/*.png.

`samples`: the six generated scans of samples/ with a model's verdicts. `real`: for scans of a data
set with boxes around the tumors (YOLO text files), the outline of the head, the box, and the heat
map of `edge-classify --explain`; the scan itself is left out, for the project ships
none.
"""

import argparse
import hashlib
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageFilter

from edge import NOTICE, Classifier
from edge.saliency.heat_map import heat_map, upsampled

ROOT = Path(__file__).parents[2]
_FILES = {"samples": "samples.png", "real": "heat-maps.png"}
_COLORS = {"tumor": "tab:red", "no_tumor": "tab:green"}
_REAL = 6
"""Scans of the real picture: the first so many, by number, that have a box."""


def main() -> None:
    """Draw one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", choices=tuple(_FILES))
    parser.add_argument("model", help="exported model file")
    parser.add_argument("data", nargs="?", type=Path, help="folder with yes/ and boxes/, for real")
    parser.add_argument("--run", type=Path, help="only scans of this run's test part, for real")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="picture to write (default: samples.png or heat-maps.png, in this folder)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    args = parser.parse_args()
    out = args.out or Path(_FILES[args.picture])
    if out.exists() and not args.force:
        parser.error(f"{out}: exists; name another file with --out, or replace it with --force")
    classifier = Classifier(args.model)
    if args.picture == "samples":
        samples(classifier, out)
    elif args.data is None or not (args.data / "boxes").is_dir():
        parser.error("real needs a data folder with yes/ and boxes/")
    elif args.run and not (args.run / "split.json").is_file():
        parser.error(f"--run {args.run}: is no run; train one, or leave it out")
    else:
        real(classifier, args.data, args.run, out)


def samples(classifier: Classifier, out: Path) -> None:
    """Classify samples/*.png."""
    files = sorted((ROOT / "samples").glob("*.png"))
    figure, axes = plt.subplots(1, len(files), figsize=(2 * len(files), 2.9), layout="constrained")
    for axis, file in zip(axes, files, strict=True):
        _title(axis, file.stem, classifier.classify(file))
        axis.imshow(Image.open(file), cmap="gray", vmin=0, vmax=255)
    _save(figure, classifier, "Generated phantoms", out)


def real(classifier: Classifier, data: Path, run: Path | None, out: Path) -> None:
    """Explain the first scans of `data` that have a box, or those that `run` held out."""
    boxes = sorted((data / "boxes").glob("*.txt"), key=lambda p: int(p.stem.lstrip("y")))
    if run:
        split = json.loads((run / "split.json").read_text())
        held_out = {scan["sha256"] for scan in split if scan["part"] == "test"}
        boxes = [box for box in boxes if _sha256(data / "yes" / f"{box.stem}.jpg") in held_out]
    boxes = boxes[:_REAL]
    figure, axes = plt.subplots(1, len(boxes), figsize=(2 * len(boxes), 2.9), layout="constrained")
    for axis, box in zip(axes, boxes, strict=True):
        file = data / "yes" / f"{box.stem}.jpg"
        image, seen, found = classifier.examine(file, whole=True)
        _title(axis, f"{data.name} {file.stem}", found)
        width, height = image.size
        heat = upsampled(heat_map(classifier, image, seen), image.size)
        axis.imshow(heat, cmap="YlOrRd", vmin=0, vmax=255)
        # Blurred by a thirtieth of its width, nothing is left of the scan but where the head ends.
        blurred = image.convert("L").filter(ImageFilter.GaussianBlur(width / 30))
        outline = np.asarray(blurred, np.float32)
        axis.contour(outline, levels=[outline.mean() * 0.6], colors="black", linewidths=0.8)
        for line in box.read_text().splitlines():
            x, y, w, h = (float(value) for value in line.split()[1:])
            corner = ((x - w / 2) * width, (y - h / 2) * height)
            axis.add_patch(
                plt.Rectangle(corner, w * width, h * height, fill=False, color="tab:blue")
            )
    _save(figure, classifier, "Heat maps on real scans (not shown), expert's box", out)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _title(axis, name: str, found) -> None:
    axis.set_axis_off()
    value = "" if found.probability is None else f", {found.probability:.3f}"
    axis.set_title(
        f"{name}\n{found.verdict.replace('_', ' ')}{value}",
        fontsize=8,
        color=_COLORS.get(found.verdict, "black"),
    )


def _save(figure, classifier: Classifier, what: str, out: Path) -> None:
    manifest = classifier.manifest
    figure.suptitle(
        f"{what}; {manifest.name} {manifest.precision}, probability of tumor. {NOTICE}", fontsize=7
    )
    figure.savefig(out, dpi=110)
    print(f"Written: {out.resolve()}")


if __name__ == "__main__":
    main()
