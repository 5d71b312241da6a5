"""The UIDs that the node speaks of, and their names."""

_LONGEST_COUNT = 12
"""Digits of an integer string (PS3.5, 6.2)."""

VERIFICATION = "1.2.840.10008.1.1"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4.1"
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
"""Query and retrieve, study root (PS3.4, C.6.2)."""

OWN_TITLE = "MRI-EDGE"
"""The AE title of this node, where --scp names no other."""
IMPLEMENTATION = "2.25.57807750224266599642943271705996767193"
"""Of this node, in associations and in the meta headers of its files."""
IMPLEMENTATION_NAME = "MRI-EDGE"
"""Without a version: a slice that comes again after an update is still the same file."""


def class_name(uid: str) -> str:
    """The standard's name of a SOP class. What a peer made up is not repeated."""
    from pydicom.uid import UID

    found = UID(uid, validation_mode=0)
    return str(found.name) if found.type == "SOP Class" else "an unknown SOP class"


def as_count(text: str) -> int:
    """How many an archive says there are; 0 if that is no number."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_COUNT else 0
