"""Is a signature that of a key? Ed25519 (RFC 8032), verification only.

Written out here because a device checks one signature a start: this takes a few milliseconds there,
and to import a package of cryptography takes longer. Nothing here is secret, so nothing has to take
the same time whatever it is given; to sign is for `python -m export sign`, and for packages.

Of what RFC 8032 leaves open, the strict half is taken:

- a number S that is not below the group's order is refused (else a second signature could be made
  of any), and so is a key whose encoding is not the one that its point has;
- a key or an R of small order is refused: such a key would accept signatures of anything;
- R is compared as bytes with what it must be, so that one encoding of it counts, with no cofactor.
"""

import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # a square root of -1

Point = tuple[int, int, int, int]
"""Extended coordinates (RFC 8032, 5.1.4): x = X/Z, y = Y/Z, x * y = T/Z."""


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is one that `key` (32 bytes) made of `message`."""
    point = decode(key) if len(key) == 32 else None
    if point is None or _is_small(point) or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    found = _sum_of_products(s, _BASE, int.from_bytes(digest, "little") % _ORDER, _negated(point))
    return not _is_small(found) and _encode(found) == signature[:32]


def is_sound(key: bytes) -> bool:
    """Whether 32 bytes are a key that signatures can be checked by."""
    point = decode(key) if len(key) == 32 else None
    return point is not None and not _is_small(point)


def decode(data: bytes) -> Point | None:
    """The point that 32 bytes stand for; None: there is none, or its encoding is another."""
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    # RFC 8032, 5.1.3: x^2 = (y^2 - 1) / (d y^2 + 1)
    above, below = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = above * below**3 * pow(above * below**7, (_P - 5) // 8, _P) % _P
    if (below * x * x - above) % _P:
        x = x * _ROOT % _P
        if (below * x * x - above) % _P:
            return None
    if x & 1 != odd:
        if x == 0:
            return None
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


def _sum_of_products(a: int, one: Point, b: int, other: Point) -> Point:
    """[a] one + [b] other, in one pass over the bits of both."""
    both, result = _add(one, other), _ZERO
    for bit in range(max(a, b).bit_length() - 1, -1, -1):
        result = _double(result)
        if a >> bit & 1:
            result = _add(result, both if b >> bit & 1 else one)
        elif b >> bit & 1:
            result = _add(result, other)
    return result


def _add(one: Point, other: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point: Point) -> Point:
    x, y, z, _ = point
    a, b, c = x * x % _P, y * y % _P, 2 * z * z % _P
    h = a + b
    e, g = h - (x + y) * (x + y) % _P, a - b
    f = c + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _negated(point: Point) -> Point:
    x, y, z, t = point
    return _P - x, y, z, _P - t


def _is_small(point: Point) -> bool:
    """Whether eight times the point is zero."""
    x, y, z, _ = _double(_double(_double(point)))
    return x % _P == 0 and (y - z) % _P == 0


_ZERO: Point = (0, 1, 1, 0)
_BASE = decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
"""The generator: y = 4/5, x even."""
