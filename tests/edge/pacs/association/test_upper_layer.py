"""Bytes of a peer: read as they are meant, or refused, whatever they are."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.pacs.association.messages import STORE, Command, decode, encode
from edge.pacs.association.upper_layer import (
    LONGEST_UNIT,
    Context,
    PeerError,
    Proposal,
    proposal_body,
    read_proposal,
)
from edge.pacs.uids import MR_IMAGE

ASKED = Proposal("NODE", "SCANNER", [Context(1, MR_IMAGE, ["1.2.840.10008.1.2"])], roles=[MR_IMAGE])


def test_a_proposal_is_read_as_it_was_written():
    found = read_proposal(proposal_body(ASKED, accept=False))
    assert (found.called, found.calling, found.contexts) == ("NODE", "SCANNER", ASKED.contexts)
    assert found.roles == [MR_IMAGE]
    assert found.longest == LONGEST_UNIT
    assert found.understood


def test_a_command_is_read_as_it_was_written():
    command = Command(STORE, 7, MR_IMAGE, "1.2.3", has_data=True)
    assert decode(encode(command)) == command


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data):
    for read in (read_proposal, decode):
        try:
            read(data)
        except PeerError:
            continue


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_bytes(data):
    for read, whole in (
        (read_proposal, proposal_body(ASKED, accept=False)),
        (decode, encode(Command(STORE, 7, MR_IMAGE, "1.2.3", has_data=True))),
    ):
        changed = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 4))):
            changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            read(bytes(changed[: data.draw(st.integers(0, len(whole)))]))
        except PeerError:
            continue


def test_a_command_that_does_not_say_which_it_is():
    with pytest.raises(PeerError):
        decode(struct.pack("<HHI", 0, 0x0110, 2) + b"\1\0")
