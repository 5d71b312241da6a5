"""How tall and wide the pixels of a DICOM slice are (PS3.3, 10.7.1)."""

from edge.scan.geometry import IMPOSSIBLE, in_words, is_possible, is_square, ratio_of

SPACINGS = ("PixelSpacing", "NominalScannedPixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")
"""In order of preference: in the patient, on a scanned film, at the detector, and without a unit,
which is to be there only where none of the others is (PS3.3, C.7.6.3.1.7)."""
MEASURES = "PixelMeasuresSequence"
"""Where enhanced images keep their pixel spacing, for each frame or for all."""


def pixel_ratio(data, index: int, remarks: list[str]) -> float:
    """How many times as tall as wide the pixels of a frame are; 1.0 where the file does not say.

    Both values of each element come in the order of rows: the distance between rows (a pixel's
    height) first.

    Args:
        data: the file's `Elements`.
        index: of the frame, from 0.
        remarks: what the user should know is appended.
    """
    stated, useless = [], []
    for source, keyword, place in _places(data, index):
        try:
            value = source.get(keyword)
            if value is None or value == "" or not len(value):
                continue
            ratio = ratio_of(value[0], value[1]) if len(value) == 2 else None
        except Exception:  # pydicom parses values when asked, and quotes them in what it raises
            ratio = None
        usable = ratio is not None and is_possible(ratio)
        (stated if usable else useless).append((keyword + place, ratio))
    for keyword, ratio in useless:
        if ratio is None:
            remarks.append(f"{keyword} means nothing and is ignored")
        else:
            remarks.append(f"{keyword} states pixels {in_words(ratio)}, {IMPOSSIBLE}")
    if not stated:
        return 1.0
    first, ratio = stated[0]
    for keyword, other in stated[1:]:
        if not is_square(other / ratio):
            remarks.append(f"{keyword} contradicts {first} and is ignored")
    return ratio


def _places(data, index: int):
    """(Dataset, keyword, place in words) wherever a spacing may stand, the preferred first."""
    frames = data.get("PerFrameFunctionalGroupsSequence") or []
    shared = data.get("SharedFunctionalGroupsSequence") or []
    for groups, place in ((frames[index : index + 1], " of the frame"), (shared[:1], " of all")):
        for group in groups:
            for item in (group.get(MEASURES) or [])[:1]:
                yield item, "PixelSpacing", place
    for keyword in SPACINGS:
        yield data, keyword, ""
