"""Random changes: of bytes, of what a JSON document says, and names that nobody would give."""

import copy
import json
from random import Random

_NUMBERS = (0, 1, 2, 3, 7, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**32 - 1)
_VALUES = (
    *(None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, 1e-320, 2**63, -(2**80), "", "0", "tumor"),
    *("a\nb", "\ud800", "x" * 300, "../../x", "/etc/hostname", [], {}, [[]], [0] * 40, {"": None}),
    *([1, "a", None], {"a": {"b": []}}, "1.0", "2.0", "-1", "1e400", float("inf"), float("nan")),
)
# Of halves of characters Python reads only U+DC80 to U+DCFF from a file system (PEP 383).
_LETTERS = (
    *("a", "B", "7", " ", ".", "-", "_", "/", "\\", "'", '"', "`", ",", ";", "=", "+", "@", "|"),
    *("<", ">", "&", "#", "*", "~", "!", "[", "]", "(", ")", "{", "}", ":", "%", "$", "\t", "\n"),
    *("\r", "\0", "\x1b", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ufeff", "é"),
    *(
        "＝",
        "＠",
        "\udcff",
        "\U0001f9e0",
        "e\u0301",
        "</td>",
        "<script>",
        "&lt;",
        "http://",
    ),
)


def mutate(data: bytes, others: list[bytes], random: Random) -> bytes:
    """`data` with one to four changes of a random kind; now and then only its beginning.

    Args:
        others: what parts are taken of.
    """
    data = bytearray(data)
    if random.random() < 0.1:
        return bytes(data[: random.randrange(len(data))])
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        # Half of the changes go to the first 200 bytes, where headers are.
        at = random.randrange(min(len(data), 200) if random.random() < 0.5 else len(data))
        length = random.choice((1, 2, 4, 8, 64, 512))
        match random.randrange(8):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at] = random.randrange(256)
            case 2:
                size = random.choice((1, 2, 4))
                number = random.choice(_NUMBERS) & (256**size - 1)
                data[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = random.randbytes(length)
            case 5:
                data[at:at] = data[at : at + length] * random.choice((1, 2, 50))
            case 6:
                other = random.choice(others)
                start = random.randrange(len(other))
                data[at : at + length] = other[start : start + length]
            case 7:
                data[at : at + length] = bytes(len(data[at : at + length]))
        if not data:
            return b""
    return bytes(data)


def mutate_document(document, random: Random):
    """A JSON document with one to three of its values, keys or items changed."""
    changed = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(changed))
        if not places:
            return changed
        inside, key = random.choice(places)
        match random.randrange(6):
            case 0 | 1 | 2:
                inside[key] = copy.deepcopy(random.choice(_VALUES))
            case 3:
                del inside[key]
            case 4:
                other, where = random.choice(places)
                inside[key] = copy.deepcopy(other[where])
            case 5 if isinstance(inside, dict):
                inside[name(random)] = inside[key]
            case 5:
                inside[key:key] = [copy.deepcopy(inside[key])] * random.choice((1, 2, 1000))
    return changed


def mutate_text(document, others: list[bytes], random: Random) -> bytes:
    """The text of a JSON document: half of the time another document, half of it other bytes."""
    if random.random() < 0.5:
        return json.dumps(mutate_document(document, random)).encode()
    return mutate(json.dumps(document).encode(), others, random)


def name(random: Random) -> str:
    """Of a file, a folder or a model: up to 30 letters that mean something to somebody."""
    return "".join(random.choice(_LETTERS) for _ in range(random.randrange(1, 31)))


def _places(document):
    """(list or dict, key or index) of every value of a document but its outermost."""
    stack = [document]
    while stack:
        one = stack.pop()
        keys = one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            stack.append(one[key])
