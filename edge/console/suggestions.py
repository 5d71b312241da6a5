"""What a mistyped name was probably meant to be. Loaded when something is wrong, never before."""

import difflib
import os
from collections.abc import Iterable, Sequence

_LIKE = 0.6  # difflib's own default: 1 is the same
_DASHES = "-‐‑‒–—―−"
"""A hyphen, and what word processors and web pages make of one or two."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a mistyped one; None if none is."""
    folded = {one.lower(): one for one in known}
    wanted = name.lower()
    found = difflib.get_close_matches(wanted, folded, 1, _LIKE)
    if not found:
        found = [one for one in folded if wanted and one.startswith(wanted)][:1]
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean vgg16?`, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found else ""


def slip_of(words: Sequence[str], commands: Iterable[str]) -> str | None:
    """The command that the first of some words probably means, if it is none and no file."""
    if not words or words[0][:1] == "-" or words[0] in commands or os.path.lexists(words[0]):
        return None
    return nearest(words[0], commands)


def nearest_options(given: str, known: Iterable[str]) -> list[str]:
    """The options that a mistyped, abbreviated or misremembered one may have meant, best first.

    `--epoch`, `--batch_size`, `-epochs`, `--output` (for --out), `--lr` (for --learning-rate).
    """
    words = {option.lstrip("-"): option for option in known if option.startswith("--")}
    wanted = given.lstrip(_DASHES).lower().replace("_", "-")
    if wanted in words:
        return [words[wanted]]
    shorter = [word for word in words if len(wanted) > 1 and word.startswith(wanted)]
    if shorter:
        return [words[word] for word in shorter[:3]]
    initials = [w for w in words if "-" in w and "".join(p[0] for p in w.split("-")) == wanted]
    longer = [word for word in words if len(word) > 2 and wanted.startswith(word)]
    like = difflib.get_close_matches(wanted, words, 1, _LIKE)
    return [words[word] for word in (initials or like or longer[:1])]


def is_long_dash(given: str) -> bool:
    """Whether a word begins with a dash that no keyboard's minus key types."""
    return given[:1] in tuple(_DASHES[1:])
