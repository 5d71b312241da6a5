"""Draw the way of a scan through a hospital: scanner, node, verdict, archive, viewer.

    python docs/scripts/hospital_flow.py

writes docs/how-to/hospital-flow.svg. Where the program's own words stand in it (options, names
of folders), a test finds them in the program.
"""

from pathlib import Path

PICTURE = Path(__file__).parents[1] / "how-to/hospital-flow.svg"
_INK, _LINE, _NOTE = "#000000", "#37474f", "#b71c1c"
_PLACES = "#eceff1"
_STEPS = (
    (190, "received", ("C-STORE", "TLS, --allow-host"), ("spool/",)),
    (340, "classified", ("each slice, in a", "process of its own"), ("results.ndjson",)),
    (490, "verdict", ("each study, when", "--settle has passed"),
     ("queue/waiting/, then", "results.studies.ndjson")),
    (640, "sent", ("C-STORE or", "STOW-RS"), ("leaves the queue",)),
)  # fmt: skip
_WIDTH, _HEIGHT, _TOP = 1060, 390, 110


def box(x: int, y: int, width: int, height: int, fill: str) -> str:
    """A rectangle."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" '
        f'stroke="{_LINE}" stroke-width="1.5"/>'
    )


def text(x: int, y: int, words: str, size: int = 13, colour: str = _LINE, weight: str = "") -> str:
    """Words around a middle."""
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{size}" fill="{colour}"{bold}>'
        f"{words}</text>"
    )


def arrow(path: str) -> str:
    """A line with a tip."""
    return (
        f'<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="2" marker-end="url(#tip)"/>'
    )


def place(x: int, name: str, what: str, width: int = 130) -> list[str]:
    """Something outside the node."""
    middle = x + width // 2
    return [
        box(x, _TOP + 30, width, 70, _PLACES),
        text(middle, _TOP + 60, name, 15, _INK, "bold"),
        text(middle, _TOP + 82, what),
    ]


def draw() -> str:
    """The picture."""
    parts = [f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>']
    parts += place(15, "scanner", "or archive")
    parts += place(805, "archive", "PACS", 110)
    parts += place(965, "viewer", "a person", 85)
    parts += [
        f'<rect x="170" y="{_TOP - 45}" width="600" height="252" rx="8" fill="#fafafa" '
        f'stroke="{_LINE}" stroke-dasharray="5 4"/>',
        text(470, _TOP - 22, "the node: edge-classify on a Pi", 15, _INK, "bold"),
    ]
    for number, (x, name, notes, kept) in enumerate(_STEPS):
        middle = x + 60
        fill = "#fff3e0" if name == "verdict" else "#e0f2f1"
        parts += [box(x, _TOP + 10, 120, 95, fill), text(middle, _TOP + 38, name, 15, _INK, "bold")]
        parts += [text(middle, _TOP + 64 + 18 * at, note, 12) for at, note in enumerate(notes)]
        parts.append(arrow(f"M{middle} {_TOP + 105}V{_TOP + 133}"))
        parts += [text(middle, _TOP + 151 + 17 * at, one, 12, _INK) for at, one in enumerate(kept)]
        if number:
            parts.append(arrow(f"M{x - 30} {_TOP + 57}H{x - 4}"))
    y = _TOP + 57
    parts += [
        text(470, _TOP + 196, "All of it is on disk before the next step begins.", 13),
        arrow(f"M145 {y}H186"),
        arrow(f"M760 {y}H801"),
        arrow(f"M915 {y}H961"),
        arrow(f"M80 {_TOP + 30}V30H860V{_TOP + 26}"),
        text(470, 22, "the images themselves, as ever"),
        text(
            _WIDTH // 2,
            _HEIGHT - 40,
            "Research software, not a medical device: not for diagnosis or treatment.",
            14,
            _NOTE,
        ),
        text(_WIDTH // 2, _HEIGHT - 18, "All that it sends is marked unverified.", 14, _NOTE),
    ]
    label = "Scanner, node, verdict, archive, viewer, and what is on disk between the node's steps"
    tip = (
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="{_LINE}"/></marker></defs>'
    )
    body = "\n  ".join([tip, *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" role="img" '
        f'aria-label="{label}">\n  {body}\n</svg>\n'
    )


if __name__ == "__main__":
    PICTURE.write_text(draw())
