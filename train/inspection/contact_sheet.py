"""A picture of duplicate clusters, for eyes to judge what a rule decided."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from edge.scan.decode import decode
from train.data.boxes import Box
from train.data.scans import Scan

TILE = 112
CAPTION = 14
COLUMNS = 8
MAX_ROWS = 60
_INK, _PAPER, _WARNING, _BOX = (0, 0, 0), (255, 255, 255), (200, 0, 0), (255, 220, 0)


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Scan], bool]],
    boxes: Mapping[Path, Sequence[Box]] | None = None,
) -> Image.Image:
    """One row of thumbnails a cluster, at most `COLUMNS` of each and `MAX_ROWS` rows.

    Args:
        rows: a heading, the scans, and whether it is a warning (written in red).
        boxes: around tumors, by file; drawn on every thumbnail of the file.

    Returns:
        An RGB image; with no rows, one that says so.
    """
    shown = rows[:MAX_ROWS]
    height = TILE + 2 * CAPTION
    sheet = Image.new("RGB", (COLUMNS * TILE, max(1, len(shown)) * height + CAPTION), _PAPER)
    draw = ImageDraw.Draw(sheet)
    if not shown:
        draw.text((4, 4), "no duplicates", fill=_INK)
    for number, (heading, scans, warning) in enumerate(shown):
        top = number * height
        more = f", {COLUMNS} shown" if len(scans) > COLUMNS else ""
        draw.text((2, top), f"{heading}: {len(scans)}{more}", fill=_WARNING if warning else _INK)
        for column, scan in enumerate(scans[:COLUMNS]):
            picture = decode(scan.file).convert("RGB")
            picture.thumbnail((TILE - 4, TILE - 4))
            for box in (boxes or {}).get(scan.file, ()):
                across, down = picture.size
                corners = (
                    box.left * across,
                    box.top * down,
                    box.right * across,
                    box.bottom * down,
                )
                ImageDraw.Draw(picture).rectangle(corners, outline=_BOX)
            left = column * TILE
            sheet.paste(picture, (left + 2, top + CAPTION))
            draw.text((left + 2, top + CAPTION + TILE - 4), scan.path[-17:], fill=_INK)
    if len(rows) > MAX_ROWS:
        note = f"and {len(rows) - MAX_ROWS} more clusters: see inspect.json"
        draw.text((2, len(shown) * height), note, fill=_INK)
    return sheet
