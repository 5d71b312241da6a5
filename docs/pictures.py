"""Draw the README's picture: `python docs/pictures.py dist/cnn-phantom-int8.tflite`.

The six generated scans of samples/ with the verdicts of a model. Only generated scans: the project
ships no patient data.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from PIL import Image

from edge import NOTICE, Classifier

ROOT = Path(__file__).parents[1]
_COLORS = {"tumor": "tab:red", "no_tumor": "tab:green"}


def main(model: str) -> None:
    """Classify samples/*.png and write docs/samples.png."""
    classifier = Classifier(model)
    files = sorted((ROOT / "samples").glob("*.png"))
    figure, axes = plt.subplots(1, len(files), figsize=(2 * len(files), 2.9), layout="constrained")
    for axis, file in zip(axes, files, strict=True):
        found = classifier.classify(file)
        axis.imshow(Image.open(file), cmap="gray", vmin=0, vmax=255)
        axis.set_axis_off()
        axis.set_title(
            f"{file.stem}\n{found.verdict.replace('_', ' ')}, {found.probability:.3f}",
            fontsize=8,
            color=_COLORS.get(found.verdict, "black"),
        )
    figure.suptitle(
        f"Generated phantoms, {classifier.manifest.name} {classifier.manifest.precision}, "
        f"probability of tumor. {NOTICE}",
        fontsize=7,
    )
    figure.savefig(ROOT / "docs" / "samples.png", dpi=110)


if __name__ == "__main__":
    main(sys.argv[1])
