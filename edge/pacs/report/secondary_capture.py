"""A slice with its heat map burnt in, as a Secondary Capture Image for the archive."""

from dataclasses import dataclass

from edge import NOTICE
from edge.errors import ImageError
from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined
from edge.pacs.report.derived_object import (
    SECONDARY_CAPTURE,
    Author,
    Made,
    as_file,
    begin,
    code,
    finish,
    plain,
    reference,
)
from edge.pacs.report.source_image import SourceImage

SHOWN = ("tumor", "uncertain")
"""Verdicts on slices of which a picture is sent."""
_SERIES_NUMBER = 9802
_TITLE = "RESEARCH ONLY, no medical device: heat maps, unverified"
_HEADING = "Research only. Not verified by anybody."


@dataclass(frozen=True, eq=False)
class HeatPicture:
    """The picture of one slice, as it comes from a worker."""

    size: tuple[int, int]
    rgb: bytes
    explanation: None = None
    """No file was written: what writes results asks."""


def draw_heat_picture(classifier: Classifier, path: str, scan: Examined) -> HeatPicture | None:
    """What `edge.parallel.pipeline` calls for each slice. The file's name is not in the picture."""
    if scan.prediction.verdict not in SHOWN:
        return None
    from edge.saliency.heat_map import heat_map
    from edge.saliency.overlay import draw

    try:
        heat = heat_map(classifier, scan.image, scan.seen)
        picture = draw(scan.image, heat, _HEADING, scan.prediction)
    except (ValueError, OSError) as error:
        raise ImageError(f"{path}: its heat map cannot be drawn ({error})") from error
    return HeatPicture(picture.size, picture.tobytes())


def secondary_capture(
    picture: HeatPicture, source: SourceImage, frame: int | None, verdict: str, author: Author
) -> Made:
    """The object. It holds no time: the same slice and model make the same bytes.

    Args:
        frame: of the source, from 1; None: it holds one.
    """
    data = begin(source, author, "heat maps", "OT", _SERIES_NUMBER, _TITLE)
    data.InstanceNumber = frame or source.number
    data.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    data.ConversionType = "WSD"
    data.BodyPartExamined = "BRAIN"
    data.PatientOrientation = ""
    # Whether a patient can be identified by it: there are the verdict and the model's name in it.
    data.BurnedInAnnotation = "NO"
    data.DerivationDescription = (
        f"Heat map by {plain(author.model)}, SHA-256 {author.payload_sha256}, verdict on this "
        f"slice: {verdict}. Unverified. {NOTICE}"
    )
    data.ImageComments = f"UNVERIFIED. {NOTICE}"
    item = reference(source, [frame] if frame else ())
    purpose = code("121322", "DCM", "Source of Image Processing Operation")
    item.PurposeOfReferenceCodeSequence = [purpose]
    data.SourceImageSequence = [item]
    if source.lossy:
        data.LossyImageCompression = "01"
    data.SamplesPerPixel, data.PhotometricInterpretation = 3, "RGB"
    data.PlanarConfiguration = 0
    data.Columns, data.Rows = picture.size
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = picture.rgb + b"\0" * (len(picture.rgb) % 2)
    data["PixelData"].VR = "OB"
    finish(data, SECONDARY_CAPTURE)
    return as_file(data)
