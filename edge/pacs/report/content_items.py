"""Content items of a structured report (PS3.3, C.17.3), as pydicom Datasets."""

from collections.abc import Sequence

from edge.pacs.report.derived_object import SCHEME, code, plain, reference
from edge.pacs.report.source_image import SourceImage

CONTAINS, MODIFIES = "CONTAINS", "HAS CONCEPT MOD"
OBSERVED = "HAS OBS CONTEXT"

Concept = tuple[str, str, str]
"""Value, scheme and meaning of a code."""


def own(value: str, meaning: str) -> Concept:
    """A code of our own scheme."""
    return value, SCHEME, meaning


def container(name: Concept, content: Sequence, template: str | None = None, relation=CONTAINS):
    """Content items under a heading.

    Args:
        template: its number in PS3.16.
        relation: to what it stands in; None for the root.
    """
    item = _item("CONTAINER", name, relation)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        from pydicom.dataset import Dataset

        stated = Dataset()
        stated.MappingResource, stated.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = [stated]
    if content:
        item.ContentSequence = list(content)
    return item


def text(name: Concept, value: str, relation=CONTAINS):
    """A text."""
    item = _item("TEXT", name, relation)
    item.TextValue = plain(value)
    return item


def coded(name: Concept, value: Concept, relation=CONTAINS):
    """A code as the value of another."""
    item = _item("CODE", name, relation)
    item.ConceptCodeSequence = [code(*value)]
    return item


def uid(name: Concept, value: str, relation=OBSERVED):
    """A UID."""
    item = _item("UIDREF", name, relation)
    item.UID = value
    return item


def number(name: Concept, value: float | int):
    """A number without a unit, six digits behind the point, and what it is exactly."""
    from pydicom.dataset import Dataset

    item = _item("NUM", name, CONTAINS)
    measured = Dataset()
    measured.NumericValue = str(value) if isinstance(value, int) else f"{value:.6f}"
    if isinstance(value, float):
        measured.FloatingPointValue = value
    measured.MeasurementUnitsCodeSequence = [code("1", "UCUM", "no units")]
    item.MeasuredValueSequence = [measured]
    return item


def image(name: Concept | None, source: SourceImage, frames: Sequence[int] = (), relation=CONTAINS):
    """A reference to an image, or to frames of one."""
    item = _item("IMAGE", name, relation)
    item.ReferencedSOPSequence = [reference(source, frames)]
    return item


def _item(kind: str, name: Concept | None, relation: str | None):
    from pydicom.dataset import Dataset

    item = Dataset()
    if relation:
        item.RelationshipType = relation
    item.ValueType = kind
    if name:
        item.ConceptNameCodeSequence = [code(*name)]
    return item
