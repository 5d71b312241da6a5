"""A run's pictures: curves, ROC, reliability, confusion, coverage and risk, worst errors."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from edge import NOTICE
from train.evaluation.evaluate import Evaluation, Predictions
from train.evaluation.metrics import BINS, bin_of
from train.reporting.findings import Findings
from train.reporting.palette import BLUE, ORANGE, SERIES, VERMILION
from train.unseen_sources.band_by_source import cleared_by_limit
from train.unseen_sources.judge import UnseenSources

CURVES = "curves.png"
"""Not of a model that was trained elsewhere."""
PICTURES = {
    "curves.png": "Loss and accuracy by epoch, training and validation",
    "roc.png": "ROC curve, with the chosen threshold",
    "reliability.png": "Share of tumors against the predicted probability",
    "confusion.png": "Truth against verdicts",
    "coverage-risk.png": "Share of wrong verdicts against the share of scans given one",
    "errors.png": "The surest wrong verdicts",
}
"""Files in a run's folder, and what each shows."""
UNSEEN = "unseen-sources.png"
_UNSEEN_WORDS = (
    "Share of each unseen source called free of a tumor, by the uncertain band's lower end"
)
_STEPS = 200
_STYLES = ("-", "--", "-.", ":")
_ERRORS = 24
_DPI = 110


def pictures_of(findings: Findings) -> dict[str, str]:
    """Those of `PICTURES` that this run has, and what it has besides."""
    return {
        **{name: words for name, words in PICTURES.items() if name != CURVES or _fitted(findings)},
        **({UNSEEN: _UNSEEN_WORDS} if findings.unseen else {}),
    }


def write_plots(
    folder: Path,
    findings: Findings,
    found: Predictions,
    pixels: np.ndarray,
    names: Sequence[str],
) -> None:
    """Write `pictures_of` the findings into `folder`.

    Args:
        found: the held-out predictions that the report is about.
        pixels: of those scans, uint8 [N, height, width, channels].
        names: of those scans.
    """
    synthetic = findings.manifest.training.synthetic
    evaluation, where = findings.headline
    drawn = {
        CURVES: lambda: curves(findings.history, findings.best_epoch),
        "roc.png": lambda: roc(found, evaluation, findings),
        "reliability.png": lambda: reliability(found, evaluation),
        "confusion.png": lambda: confusion(found, findings.manifest.labels),
        "coverage-risk.png": lambda: coverage_risk(evaluation),
        "errors.png": lambda: errors(found, pixels, names),
        UNSEEN: lambda: unseen_sources(findings.unseen),
    }
    for name in pictures_of(findings):
        figure = drawn[name]()
        what = findings.manifest.training.run if name == CURVES else where
        notice = "synthetic phantoms" if synthetic else NOTICE
        figure.suptitle(_shown(f"{what}\n{notice}"), fontsize=7, parse_math=False)
        figure.savefig(folder / name, dpi=_DPI)
        plt.close(figure)


def curves(history: dict[str, list[float]], best_epoch: int) -> Figure:
    """Loss and accuracy by epoch, for training and validation."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axis, key, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        epochs = range(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], label="training", color=BLUE)
        validation = {"color": ORANGE, "linestyle": "--", "label": "validation"}
        axis.plot(epochs, history[f"val_{key}"], **validation)
        axis.axvline(best_epoch, color="grey", linestyle=":", label="weights kept")
        axis.set(title=title, xlabel="epoch")
        axis.grid(alpha=0.3)
        axis.legend()
    return figure


def roc(found: Predictions, evaluation: Evaluation, findings: Findings) -> Figure:
    """Receiver operating characteristic, with the chosen operating point."""
    figure, axis = _square()
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
    wrong, right, _ = roc_curve(found.truth, found.probability)
    auc = evaluation.estimates["auc"]
    label = f"model, AUC {auc.value:.3f} [{auc.low:.3f}-{auc.high:.3f}]"
    axis.plot(wrong, right, color=BLUE, label=label)
    scores = evaluation.scores
    point = (1 - scores.specificity.value, scores.sensitivity.value)
    axis.plot(*point, "D", color=VERMILION, label="at the chosen threshold")
    if findings.floor:
        floor = findings.floor.estimates["auc"].value
        axis.plot([], [], " ", label=f"shortcut floor, no pixels: AUC {floor:.3f}")
    axis.set(xlabel="1 - specificity", ylabel="sensitivity", title="ROC")
    axis.legend(loc="lower right", fontsize=8)
    return figure


def reliability(found: Predictions, evaluation: Evaluation) -> Figure:
    """How often a tumor is there where the model says so with a given probability."""
    figure, axis = _square()
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
    bins = bin_of(found.probability)
    for i in range(BINS):
        own = bins == i
        if own.any():
            share = found.truth[own].mean()
            axis.bar((i + 0.5) / BINS, share, 0.9 / BINS, color=BLUE, alpha=0.4)
            axis.plot(found.probability[own].mean(), share, "o", color=BLUE)
            axis.annotate(str(own.sum()), ((i + 0.5) / BINS, 0.02), ha="center", fontsize=7)
    ece = evaluation.estimates["ece"]
    axis.set(
        xlabel="probability of tumor",
        ylabel="share of tumors",
        title=f"Reliability: calibration error {ece.value:.3f}",
    )
    return figure


def confusion(found: Predictions, labels: Sequence[str]) -> Figure:
    """Truth against verdicts, the uncertain ones apart."""
    verdicts = np.where(found.uncertain, 1, np.where(found.called, 2, 0))
    table = np.zeros((2, 3), int)
    np.add.at(table, (found.truth, verdicts), 1)
    figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
    axis.imshow(table, cmap="Blues", vmin=0)
    for (row, column), count in np.ndenumerate(table):
        dark = count > table.max() / 2
        axis.text(column, row, count, ha="center", va="center", color="white" if dark else "black")
    axis.set_xticks(range(3), ["no_tumor", "uncertain", "tumor"])
    axis.set_yticks(range(2), list(map(_shown, labels)), parse_math=False)
    axis.set(xlabel="verdict", ylabel="truth", title="Confusion")
    return figure


def coverage_risk(evaluation: Evaluation) -> Figure:
    """Error among the surest scans, by how many of all they are."""
    figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
    axis.plot(evaluation.coverage, evaluation.risk, color=BLUE)
    band = (evaluation.covered.value, evaluation.remaining_error.value)
    if np.isfinite(band).all():
        axis.plot(*band, "D", color=VERMILION, label="the uncertain band")
        axis.legend(fontsize=8)
    axis.set(
        xlabel="share of scans given a verdict", ylabel="wrong ones among them", xlim=(0, 1.02)
    )
    axis.grid(alpha=0.3)
    axis.set_title("Coverage and risk")
    return figure


def errors(found: Predictions, pixels: np.ndarray, names: Sequence[str]) -> Figure:
    """The wrong verdicts that were surest, as thumbnails."""
    wrong = np.flatnonzero((found.called != found.truth) & ~found.uncertain)
    wrong = wrong[np.argsort(-found.sureness[wrong], kind="stable")]
    shown = wrong[:_ERRORS]
    rows = max(1, -(-len(shown) // 6))
    figure, axes = plt.subplots(
        rows, 6, figsize=(9, 1.75 * rows + 0.5), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, i in zip(axes.flat, shown, strict=False):
        axis.imshow(pixels[i].squeeze(), cmap="gray", vmin=0, vmax=255)
        title = f"{_shown(names[i][-24:])}\np(tumor) {found.probability[i]:.3f}"
        axis.set_title(title, fontsize=6, parse_math=False)
    if not len(shown):
        axes[0, 0].text(0, 0.5, "no wrong verdict")
    figure.supxlabel(f"{len(shown)} of {len(wrong)} wrong verdicts, the surest first", fontsize=8)
    return figure


def unseen_sources(found: UnseenSources) -> Figure:
    """What a source's tumors and other scans are called, by where the band begins."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    limits = np.linspace(0, found.decision.threshold, _STEPS)
    sides = ((1, "tumors called free of one"), (0, "tumor-free scans called so"))
    for axis, (label, title) in zip(axes, sides, strict=True):
        own = [one for one in found.said if (one.truth == label).any()]
        curves = cleared_by_limit([one.probability[one.truth == label] for one in own], limits)
        for number, (one, curve) in enumerate(zip(own, curves, strict=True)):
            style = _STYLES[number // len(SERIES) % len(_STYLES)]
            name, color = _shown(Path(one.source).name), SERIES[number % len(SERIES)]
            axis.plot(limits, curve, style, color=color, label=name, linewidth=1)
        if len(own):
            axis.plot(limits, curves.mean(axis=0), color="black", linewidth=2.5, label="mean")
        axis.axvline(found.decision.uncertain[0], color="grey", linestyle=":")
        axis.set(xlabel="lower end of the uncertain band", ylabel=f"share of {title}", ylim=(0, 1))
        axis.grid(alpha=0.3)
        for text in axis.legend(fontsize=6).get_texts():
            text.set_parse_math(False)
    return figure


def _shown(name: str) -> str:
    """A name that need not be valid text, as text that is drawn; two "$" in it are no formula."""
    return name.encode("utf-8", "replace").decode()


def _fitted(findings: Findings) -> bool:
    """Whether it was trained here."""
    return bool(findings.history["loss"])


def _square():
    figure, axis = plt.subplots(figsize=(5, 5), layout="constrained")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.grid(alpha=0.3)
    return figure, axis
