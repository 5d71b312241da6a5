"""What is a UID."""

import pytest

from edge.console.network_types import is_uid


@pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1..2", "a", "1/2", "1\n", "٣", "1" * 65])
def test_what_is_no_uid(text):
    assert not is_uid(text)
    assert is_uid("1" * 64)
