"""What the report of a run says of a model that was trained elsewhere."""

from collections.abc import Sequence

from edge.console.escape import markdown
from edge.model_file.provenance import Adopted
from export.adopt.convention_names import SCALINGS
from export.adopt.trial import Tried


def origin_lines(found: Adopted, tried: Sequence[Tried]) -> tuple[str, ...]:
    """Lines of the model card, as Markdown."""
    told = "given" if any(one.given for one in tried) else "none else is possible"
    how = "found by trial" if found.tried else told
    outputs = tried[0].logits.shape[1]
    count = "it has one output, of the last label" if outputs == 1 else "in this order"
    return (
        "## Trained elsewhere",
        "",
        "**Trained elsewhere: leaks cannot be excluded.** Nobody here knows which scans the model "
        "has seen. If the scans below are among them, or copies of them are, every figure below is "
        "too good. Only scans that are newer than the model, or that never left your site, can "
        "show what it is worth.",
        "",
        *(line for words in found.cautions for line in (f"**CAUTION: {markdown(words)}**", "")),
        f"Taken from {markdown(found.file)} ({found.kind}, SHA-256 `{found.sha256[:12]}`). "
        f"Labels of its outputs: {markdown(', '.join(found.labels))} ({count}); "
        f"{markdown(', '.join(found.negative))} means no tumor, and the probability of tumor is 1 "
        f"less that probability.{_apart(found, outputs)}",
        "",
        f"Pixels, {how}: {SCALINGS[found.scaling]}; order of colours {found.color}. Scaling and "
        "order are layers of the graph now. No weight was changed.",
        "",
        "| scaling | color | order of labels | accuracy at 0.5 | AUC | |",
        "|---|---|---|---|---|---|",
        *(_row(one) for one in tried),
        "",
        "Tried on scans of the training part, each file once; intervals of the AUC are over "
        "clusters. Nothing was trained on that part, which also calibrates int8.",
        "",
    )


def _apart(found: Adopted, outputs: int) -> str:
    """What is made of outputs that have a sigmoid each."""
    if found.activation != "sigmoid" or outputs < 2:
        return ""
    return (
        " Each output has a sigmoid of its own; their logits are read as those of a softmax, which "
        "has the same largest one, and the temperature is chosen for it."
    )


def _row(one: Tried) -> str:
    return (
        f"| {one.convention.scaling} | {one.convention.color} "
        f"| {markdown(' '.join(one.labels.names))} | {one.accuracy} "
        f"| {one.auc.value:.3f} [{one.auc.low:.3f}-{one.auc.high:.3f}] | {one.word} |"
    )
