"""Names and other text from outside, made harmless for what it is written into.

A file's name, a folder's, a model's may hold anything: lines, formulas, markup, codes that steer a
terminal. Each writer takes its text from here; for terminals `edge.console.messages.printable` is
enough. JSON needs none of it: `json.dumps` escapes what is not ASCII, so NDJSON has names exactly.
"""

import re

from edge.console.messages import printable

FORMULA = "=+-@＝＋－＠"
"""Begins a formula in a spreadsheet; some take the wide forms for the same."""
_MARKUP = re.compile(
    r"[\\`*<>|~]|!(?=\[)|\](?=[(\[:])|^[ ]*[#+-](?= )|&(?=[\w#])|@(?=\w)"
    r"|(?<![^\W_])_|_(?![^\W_])|(?<=www)\.|:(?=//)",
    re.IGNORECASE,
)
"""Emphasis, code, HTML, cells, links and pictures (CommonMark 0.31; GitHub's tables, struck text,
names and bare addresses). An underscore within a word and a bracket alone mean nothing."""


def html(text: object) -> str:
    """For the text of an element or an attribute's value in quotes."""
    from html import escape

    return escape(printable(text))


def markdown(text: object) -> str:
    """For a paragraph, an item or a cell: no emphasis, link, picture or HTML comes of it."""
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", printable(text))


def csv_cell(value: object) -> object:
    """For a cell: one line; what would be a formula gets a `'` before it. Numbers stay numbers."""
    if not isinstance(value, str):
        return value
    line = printable(value)
    return f"'{line}" if line.lstrip()[:1] in tuple(FORMULA) else line
