"""What a run reports: scores on the held-out part, in JSON, in words and as pictures."""

import csv
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score

from edge import NOTICE
from train.data import Unreadable
from train.metrics import Scores, score
from train.run import (
    HISTORY,
    REPORT_JSON,
    REPORT_MD,
    RunManifest,
    write_json,
)

SYNTHETIC = "SYNTHETIC data: generated phantoms. These figures say nothing about real scans."


@dataclass(frozen=True)
class Evaluation:
    """A model on the test part, which took no part in training or in any choice."""

    scores: Scores
    auc: float
    groups: int
    """Different scans, duplicates counted once."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {**self.scores.to_dict(), "auc": self.auc, "groups": self.groups}


def evaluate(
    truth: np.ndarray, probability: np.ndarray, groups: list[int], threshold: float
) -> Evaluation:
    """Score probabilities [N] against truth [N] (0/1)."""
    return Evaluation(
        scores=score(truth, probability, threshold),
        auc=float(roc_auc_score(truth, probability)),
        groups=len(set(groups)),
    )


def write_report(
    folder: Path,
    manifest: RunManifest,
    evaluation: Evaluation,
    history: dict[str, list[float]],
    best_epoch: int,
    unreadable: tuple[Unreadable, ...],
) -> str:
    """Write history.csv, curves.png, report.json and report.md; returns the latter's text."""
    with open(folder / HISTORY, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history])
        writer.writerows([i, *row] for i, row in enumerate(zip(*history.values(), strict=True), 1))
    synthetic = manifest.training.synthetic
    write_json(
        folder / REPORT_JSON,
        {
            "notice": NOTICE,
            "synthetic": synthetic,
            "architecture": manifest.architecture,
            "counts": manifest.training.counts,
            "unreadable": unreadable,
            "epochs": len(history["loss"]),
            "best_epoch": best_epoch,
            "test": evaluation.to_dict(),
        },
    )
    plot_curves(folder / "curves.png", history, best_epoch, synthetic)
    text = _markdown(manifest, evaluation, len(history["loss"]), best_epoch, unreadable)
    (folder / REPORT_MD).write_text(text)
    return text


def plot_curves(
    path: Path, history: dict[str, list[float]], best_epoch: int, synthetic: bool
) -> None:
    """Loss and accuracy by epoch, for training and validation, as PNG."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axis, key, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        epochs = range(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], label="training (augmented)", color="tab:blue")
        axis.plot(epochs, history[f"val_{key}"], label="validation", color="tab:orange")
        axis.axvline(best_epoch, color="grey", linestyle=":", label="weights kept")
        axis.set(title=title, xlabel="epoch")
        axis.grid(alpha=0.3)
        axis.legend()
    figure.suptitle("synthetic phantoms" if synthetic else NOTICE, fontsize=9)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _markdown(
    manifest: RunManifest,
    evaluation: Evaluation,
    epochs: int,
    best_epoch: int,
    unreadable: tuple[Unreadable, ...],
) -> str:
    training, scores = manifest.training, evaluation.scores
    labels = manifest.labels
    lines = [
        f"# Run {training.run}: {manifest.architecture}",
        "",
        NOTICE,
        "",
        *([f"**{SYNTHETIC}**", ""] if training.synthetic else []),
        f"Data: {', '.join(training.data)} (fingerprint `{training.data_sha256[:12]}`), "
        f"seed {training.seed}. Positive label: {manifest.positive}.",
        "",
        f"| part | {labels[0]} | {labels[1]} |",
        "|---|---|---|",
        *(
            f"| {part} | {found[labels[0]]} | {found[labels[1]]} |"
            for part, found in training.counts.items()
        ),
        "",
        f"Byte-identical files are in one part. {len(unreadable)} files were unreadable and left "
        f"out. {epochs} epochs, the weights of epoch {best_epoch} kept (lowest validation loss).",
        "",
        f"## Held-out test part: {scores.accuracy.n} scans, {evaluation.groups} of them different",
        "",
        "| measure | value [95 % interval, Wilson] |",
        "|---|---|",
        f"| accuracy | {scores.accuracy} |",
        f"| sensitivity | {scores.sensitivity} |",
        f"| specificity | {scores.specificity} |",
        f"| AUC | {evaluation.auc:.3f} |",
        "",
        f"Threshold {manifest.decision.threshold:g} on the probability of tumor. There are no "
        "patient identifiers in folders of images: scans of one patient may stand in different "
        "parts, and near-duplicates that differ by a byte still cross them.",
        "",
    ]
    return "\n".join(lines)
