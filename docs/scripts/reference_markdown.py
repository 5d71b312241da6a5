"""Markdown that the generated pages of the reference share."""

import re
from collections.abc import Sequence

WIDEST = 110
"""Characters of a table's line."""


def prose(text: str) -> str:
    """Words of a docstring or a help text: on one line, options as code, nothing read as markup."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else _plain(part) for part in parts)


def _plain(text: str) -> str:
    text = re.sub(r"([*<\[\\])", r"\\\1", text)
    return re.sub(r"(?<![\w-])(--[a-z][a-z0-9-]*)", r"`\1`", text)


def sentence(text: str) -> str:
    """`prose` that begins with a capital, if with a word, and ends in a full stop."""
    text = prose(text)
    if not text:
        return ""
    if re.match(r"[a-z]+[,:]?( |$)", text):
        text = text[0].upper() + text[1:]
    return text + "." * (text[-1] not in ".:!?")


def page(title: str, *blocks: str) -> str:
    """A page of the reference: it says on top that nobody should edit it."""
    top = (
        f"# {title}\n\n<!-- Written by `python docs/scripts/reference.py`. Change the code that it"
        " is made from. -->"
    )
    return "\n\n".join([top, *filter(None, blocks)]) + "\n"


def bullets(items: Sequence[str]) -> str:
    """A list; items are one line each."""
    return "\n".join(f"- {item}" for item in items)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table.

    Raises:
        ValueError: it is wider than `WIDEST`.
    """
    lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
    if wide := [line for line in lines if len(line) > WIDEST]:
        raise ValueError(f"a table's line is wider than {WIDEST} characters: {wide[0]}")
    return "\n".join(lines)
