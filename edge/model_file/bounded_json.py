"""JSON that others wrote: read within limits, or refused in words. The only place that parses any.

Size, depth, number of values and length of texts are seen in the bytes before a parser is given
them: a parser meets a thousand nested lists by running out of stack, and a million empty ones by
taking a hundred times their size.
"""

import json
import math
import os
import re
from typing import Any, NamedTuple

from edge.files.regular_file import read_regular

_BRACKETS = b"[]{}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
_AS_LISTS = bytes.maketrans(b"{}", b"[]")
_LARGE = re.compile(rb"\d[eE]\+?\d{3}|\d{20}")
"""What a number looks like that may be too large: the parser is slower with eyes on each."""

_WHOLE = 1 << 64
"""Whole numbers are smaller; of nothing here are there more."""


class Limits(NamedTuple):
    """Of one kind of file."""

    bytes: int = 4_000_000
    depth: int = 32
    """Objects and lists in one another."""
    items: int = 400_000
    """Values, and objects and lists."""
    text: int = 1_000_000
    """Bytes of one text, as it is written."""
    finite: bool = True
    """Whether NaN and the infinities are refused, which are no JSON and which Python writes."""
    surrogates: bool = True
    """Whether halves of characters may stand in texts: so Python writes what is no valid text in
    the name of a file."""


MANIFEST = Limits(surrogates=False)
LINE = Limits(bytes=1_000_000, items=50_000, text=200_000)
"""A line of results."""
OWN = Limits(bytes=16_000_000, items=4_000_000)
"""Reports, run manifests, records."""
SPLIT = Limits(bytes=1_000_000_000, items=50_000_000)
"""A file that names each scan of the data: about 300 bytes a scan."""


def loads(data: bytes | str, limits: Limits = OWN) -> Any:
    """Parse one document.

    Raises:
        ValueError: it is no JSON (in UTF-8), or beyond a limit; says what.
    """
    if isinstance(data, str):
        data = data.encode(errors="surrogatepass")
    large = _LARGE.search(_outside_of_texts(data, limits))
    hooks = {"parse_int": _whole, "parse_float": _finite} if large else {}
    if limits.finite:
        hooks["parse_constant"] = _refuse
    try:
        found = json.loads(data.decode(), **hooks)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON ({error})") from None
    except UnicodeDecodeError:
        raise ValueError("is no UTF-8") from None
    except RecursionError:  # as of a caller that is deep in calls itself
        raise ValueError("is nested too deeply") from None
    # Halves of characters come by escapes alone: they are not to be had in UTF-8.
    if not limits.surrogates and (b"\\ud" in data or b"\\uD" in data):
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("holds half a character (a lone surrogate)") from None
    return found


def read(path: str | os.PathLike, limits: Limits = OWN) -> Any:
    """`loads` of a regular file, of which no more is read than there may be.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: as `loads`.
    """
    return loads(read_regular(path, limits.bytes), limits)


def _outside_of_texts(data: bytes, limits: Limits) -> bytes:
    """What is not between quotation marks, once the limits are seen to be kept."""
    if len(data) > limits.bytes:
        raise ValueError(f"is larger than {limits.bytes} bytes")
    # Each value but the first of a list or object comes after a comma, if not only in a text.
    if data.count(b",") + data.count(b"[") + data.count(b"{") > limits.items:
        raise ValueError(f"holds more than {limits.items} values")
    if b"\\" in data:  # quotation marks that are part of a text
        data = data.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    parts = data.split(b'"')
    if len(data) > limits.text and max(map(len, parts[1::2]), default=0) > limits.text:
        raise ValueError(f"holds a text of more than {limits.text} bytes")
    outside = b"".join(parts[::2])
    brackets = outside.translate(_AS_LISTS, _OTHERS)
    for _ in range(limits.depth):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    if brackets:  # a level goes with each turn; what does not match is no JSON
        raise ValueError(f"is nested more than {limits.depth} deep, or cut short")
    return outside


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"holds {text[:20]}, which is larger than any number")
    return value


def _whole(text: str) -> int:
    if len(text) > 21 or abs(int(text)) >= _WHOLE:
        raise ValueError(f"holds {text[:20]}..., which is too large a number")
    return int(text)


def _refuse(text: str) -> float:
    raise ValueError(f"holds {text}, which is no number")
