"""Signatures of Ed25519: RFC 8032's own, another implementation's, and forged ones."""

import hashlib
import random

import pytest

from edge.model_file import ed25519
from edge.model_file.ed25519 import verify

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19

# RFC 8032, 7.1: public key, message, signature. TEST SHA(abc) is the last.
RFC_8032 = """
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a  e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72 92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82 6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
"""  # noqa: E501
VECTORS = [
    tuple(map(bytes.fromhex, [*line.split(" "), ""][:3])) for line in RFC_8032.strip().splitlines()
]

# The eight points whose multiples are few; `test_these_are_all_points_of_small_order` counts them.
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_rfc_8032(key, message, signature):
    assert verify(key, message, signature)
    assert not verify(key, message + b"\0", signature)
    assert not verify(key, message, signature[:-1])
    assert not verify(key[:-1], message, signature)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_every_flipped_bit_is_refused(key, message, signature):
    for bit in range(0, 512, 3):
        forged = bytearray(signature)
        forged[bit // 8] ^= 1 << bit % 8
        assert not verify(key, message, bytes(forged)), bit


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_a_second_signature_cannot_be_made_of_one(key, message, signature):
    """S and S + the group's order say the same: one of them counts."""
    s = int.from_bytes(signature[32:], "little")
    for times in range(1, 16):
        other = (s + times * ORDER).to_bytes(33, "little")
        if other[32]:
            break
        assert not verify(key, message, signature[:32] + other[:32])


def test_these_are_all_points_of_small_order():
    step, point, found = ed25519.decode(bytes.fromhex(SMALL[4])), ed25519._ZERO, set()
    for _ in range(8):
        found.add(ed25519._encode(point).hex())
        point = ed25519._add(point, step)
    assert found == set(SMALL)
    assert len(found) == 8


@pytest.mark.parametrize("key", SMALL)
def test_keys_of_small_order_sign_nothing(key):
    """Under them R = [S]B would be a signature of any message, or of one in eight."""
    assert not ed25519.is_sound(bytes.fromhex(key))
    point = bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666")
    for message in range(16):
        assert not verify(bytes.fromhex(key), bytes([message]), point + (1).to_bytes(32, "little"))


@pytest.mark.parametrize("r", SMALL)
def test_an_r_of_small_order_is_refused(r):
    key = VECTORS[0][0]
    assert not verify(key, b"", bytes.fromhex(r) + bytes(32))


def test_encodings_that_are_not_a_points_own():
    for y in range(PRIME, 2**255):
        assert ed25519.decode(y.to_bytes(32, "little")) is None
        assert ed25519.decode((y | 1 << 255).to_bytes(32, "little")) is None
    for y in (1, PRIME - 1):  # x is 0, which has no sign
        assert ed25519.decode((y | 1 << 255).to_bytes(32, "little")) is None
    assert ed25519.decode((2).to_bytes(32, "little")) is None, "no point has this y"


def test_what_is_decoded_is_on_the_curve():
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    found = 0
    for number in range(200):
        point = ed25519.decode(hashlib.sha256(bytes([number])).digest()[:31] + b"\x11")
        if point:
            x, y, z, t = point
            assert (y * y - x * x - 1 - d * x * x * y * y) % PRIME == 0
            assert (z, t) == (1, x * y % PRIME)
            found += 1
    assert 50 < found < 150


def test_it_agrees_with_another_implementation():
    keys = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    from cryptography.exceptions import InvalidSignature

    def theirs(key, message, signature):
        try:
            keys.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    chance = random.Random(8032)
    good = 0
    for _ in range(400):
        private = keys.Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        key = private.public_key().public_bytes_raw()
        message = chance.randbytes(chance.randrange(300))
        signature = private.sign(message)
        assert verify(key, message, signature)
        good += 1
        data = bytearray(key + signature + message)
        for _ in range(4):
            bad = bytearray(data)
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            parts = bytes(bad[:32]), bytes(bad[96:]), bytes(bad[32:96])
            assert verify(*parts) == theirs(*parts)
    assert good == 400
