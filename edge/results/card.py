"""One scan on a page of results: its verdict, its pictures, its place on the scale of the model."""

import os
from base64 import b64encode

from edge.console.escape import html as escape
from edge.model_file.manifest import Decision
from edge.parallel.pipeline import Outcome
from edge.results.words import WORDS, type_words

KINDS = {
    "tumor": "tumor",
    "uncertain": "uncertain",
    "no_tumor": "no tumor",
    "rejected": "rejected",
    "error": "not classified",
}
"""Verdicts, and what is none, as a summary names them."""
_WIDTH = 300
"""Units of the scale from 0 to 1."""
_APART = 0.1
"""Of the scale: labels nearer than this touch."""


def card(outcome: Outcome, order: int, decision: Decision | None) -> str:
    """The card of one outcome.

    Args:
        order: of the scan among all, from 1.
        decision: of the model; None: no scale is drawn.
    """
    prediction, pictures = outcome.prediction, outcome.extra
    kind = prediction.verdict if prediction else "error"
    value = took = None
    remarks: tuple[str, ...] = ()
    if prediction:
        value, remarks = prediction.probability, prediction.remarks
        took = prediction.decode_ms + prediction.preprocess_ms + prediction.inference_ms
    name = escape(outcome.path)
    parts = [
        f'<article class="card {kind}" data-verdict="{kind}" data-order="{order}" '
        f'data-name="{name}" data-probability="{"" if value is None else value}" '
        f'data-ms="{"" if took is None else took}" aria-label="{WORDS.get(kind, KINDS["error"])}: '
        f'{name}"><header><span class="verdict">{WORDS.get(kind, KINDS["error"])}</span>'
        f"<h3>{name}</h3></header>"
    ]
    if pictures and pictures.scan:
        parts.append(_pair(escape(os.path.basename(outcome.path)), pictures.scan, pictures.heat))
    if value is not None:
        parts.append(
            f'<p class="value"><strong>{value:.3f}</strong> <span>probability of tumor</span></p>'
        )
        which = type_words(prediction.type, prediction.type_probabilities)
        if which:
            parts.append(f'<p class="type">{escape(which)}</p>')
        if decision:
            parts.append(scale(value, decision))
    error = outcome.error and outcome.error.removeprefix(f"{outcome.path}: ")
    reason = error or (prediction and prediction.reason)
    if reason:
        parts.append(f'<p class="why">{escape(reason)}</p>')
    remarks = (*remarks, *filter(None, [outcome.extra_error]))
    if remarks:
        items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
        parts.append(f'<ul class="remarks" aria-label="Remarks">{items}</ul>')
    small = []
    if pictures and pictures.heat:
        small += [escape(pictures.heat.finding), escape(pictures.heat.method)]
    if took is not None:
        small.append(f"{took:.1f} ms")
    if small:
        parts.append(f'<p class="small">{" · ".join(small)}</p>')
    return "".join(parts) + "</article>\n"


def scale(value: float, decision: Decision) -> str:
    """A probability against the threshold and the uncertain band, as SVG.

    Positions are attributes: a page's policy forbids styles that stand in elements.
    """
    low, high = decision.uncertain
    # The threshold lies within the band, so the upper end is where a tumor is called one.
    label = f"{value:.3f} on a scale from 0 to 1; tumor from {high:.3f} on"
    if low < high:
        label += f", uncertain between {low:.3f} and {high:.3f}"
    at = _place(decision.threshold)
    zones = f'<rect class="low" x="0" y="5" width="{_place(low)}" height="8"></rect>'
    if low < high:
        zones += (
            f'<rect class="band" x="{_place(low)}" y="5" width="{_place(high - low)}" '
            'height="8"></rect>'
        )
    zones += (
        f'<rect class="high" x="{_place(high)}" y="5" width="{_place(1 - high)}" height="8"></rect>'
    )
    ends = f'<text x="{_place(low)}" y="25" text-anchor="middle">{low:.2f}</text>'
    ends += f'<text x="{_place(high)}" y="25" text-anchor="middle">{high:.2f}</text>'
    if not low < high:
        ends = f'<text x="{at}" y="25" text-anchor="middle">{decision.threshold:.2f}</text>'
    return (
        f'<svg class="scale" viewBox="-6 0 {_WIDTH + 12} 28" role="img" aria-label="{label}">'
        f'<rect class="track" x="0" y="5" width="{_WIDTH}" height="8"></rect>{zones}'
        f'<line class="threshold" x1="{at}" y1="2" x2="{at}" y2="16"></line>'
        f"{_zero_and_one(low, high)}{ends}"
        f'<circle class="mark" cx="{_place(value)}" cy="9" r="5.5"></circle></svg>'
    )


def _zero_and_one(low: float, high: float) -> str:
    """Their labels, but for one that the band's own would touch."""
    zero = '<text x="0" y="25">0</text>' if low >= _APART else ""
    one = f'<text x="{_WIDTH}" y="25" text-anchor="end">1</text>' if high <= 1 - _APART else ""
    return zero + one


def _place(share: float) -> str:
    return f"{share * _WIDTH:.1f}"


def _pair(name: str, scan: bytes, heat) -> str:
    image = f'<img class="scan" src="{_data(scan, "jpeg")}" alt="Scan {name}" loading="lazy">'
    panes = f'<span class="pane" data-label="scan">{image}</span>'
    if heat:
        over = f'<img class="scan" src="{_data(scan, "jpeg")}" alt="" loading="lazy">'
        over += (
            f'<img class="heat" src="{_data(heat.png, "png")}" alt="Heat map over the scan" '
            'loading="lazy">'
        )
        panes += f'<span class="pane" data-label="heat map">{over}</span>'
    single = "" if heat else " single"
    return (
        f'<button type="button" class="pair{single}" aria-label="Enlarge {name}">{panes}</button>'
    )


def _data(image: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(image).decode()}"
