"""What Pillow gets wrong about TIFF files, and what it leaves out. Loaded for TIFF files only."""

import math
import re
from io import BufferedReader

from PIL import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from edge.errors import ImageError
from edge.scan.geometry import ratio_of

_COMPRESSION, _DESCRIPTION, _STRIPS, _ORIENTATION = 259, 270, 273, 274  # TIFF 6.0
_RESOLUTIONS = 282, 283  # pixels a unit, across and down
_UNCOMPRESSED = 1
_JPEG_2000 = (33003, 33005, 34712)
_BYTE_COUNTS, _BITS = 279, 258
_SHAPED = re.compile(r'^\{"shape": \[(\d{1,9})((?:, \d{1,9}){2,})\].*"truncated": true')
"""What tifffile writes into a file whose first page alone has a head."""
_IMAGEJ = re.compile(r"^ImageJ=.*?^images=(\d{1,9})\s*$", re.MULTILINE | re.DOTALL)
_NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}


class TiffFile(TiffImageFile):
    """A TIFF file as it lies on disk: not turned upright, its numbers in the right order.

    Pillow 11 and later turn a picture upright while it is loaded: with pixels of 16 bits into
    noise, and wrongly where it mapped the file, which it does if it knows the file's name.

    Args:
        stream: opened for reading bytes.
    """

    def __init__(self, stream: BufferedReader):
        super().__init__(stream, "")

    def load_prepare(self) -> None:
        """Before decoding; the picture has the size that it has in the file."""
        self._size = self._stored_size
        super().load_prepare()

    def load_end(self) -> None:
        """After decoding: Pillow's own would turn the picture."""

    @property
    def orientation(self) -> int:
        """As in EXIF: 1 upright, to be asked for before or after loading."""
        value = self.tag_v2.get(_ORIENTATION, 1)
        return value if isinstance(value, int) else 1

    @property
    def ratio(self) -> float | None:
        """How many times as tall as wide its pixels are; None if that means nothing."""
        across, down = (self.tag_v2.get(tag) for tag in _RESOLUTIONS)
        if across is None or down is None or across == down:
            return 1.0
        return 1.0 if _nothing(across) and _nothing(down) else ratio_of(across, down)

    @property
    def stacked(self) -> int:
        """Pictures that lie behind one another under the head of the first, as ImageJ writes them;
        1 where there is no second, whatever the head says: some programs keep its text."""
        text = self.tag_v2.get(_DESCRIPTION)
        if not isinstance(text, str) or not (size := self._one_picture()):
            return 1
        if found := _IMAGEJ.search(text):
            count = int(found.group(1))
        elif found := _SHAPED.search(text):
            count = math.prod(map(int, (found.group(1), *found.group(2).split(", ")[1:-2])))
        else:
            return 1
        self.fp.seek(0, 2)
        return count if self.tag_v2[_STRIPS][0] + 2 * size <= self.fp.tell() else 1

    def _one_picture(self) -> int | None:
        """Bytes of the first picture; None if others cannot lie right behind it."""
        starts, counts = (self.tag_v2.get(tag, ()) for tag in (_STRIPS, _BYTE_COUNTS))
        if self.tag_v2.get(_COMPRESSION, 1) != _UNCOMPRESSED or not starts:
            return None
        if len(starts) > 1 and any(
            start + count != following
            for start, count, following in zip(starts, counts, starts[1:], strict=False)
        ):
            return None
        (width, height), bits = self._stored_size, self.tag_v2.get(_BITS, (1,))
        return height * ((width * sum(bits if isinstance(bits, tuple) else (bits,)) + 7) // 8)

    @property
    def _stored_size(self) -> tuple[int, int]:
        return getattr(self, "_tile_size", self._size)

    def check_kind(self, name: str) -> None:
        """Raise ImageError if it is compressed in a way that Pillow does not know."""
        if self.tag_v2.get(_COMPRESSION) in _JPEG_2000:
            raise ImageError(
                f"{name}: is a TIFF compressed as JPEG 2000, which cannot be read; {SAVE}"
            )

    def choose(self, index: int, name: str) -> None:
        """Go to a picture of a stack (`stacked`), counted from 0.

        Raises:
            ImageError: it is not there.
        """
        size = self._one_picture()
        self.fp.seek(0, 2)
        if self.tag_v2[_STRIPS][0] + (index + 1) * size > self.fp.tell():
            raise ImageError(f"{name}: is truncated (pixels are missing); copy it again")
        self.tile = [
            ImageFile._Tile(tile[0], tile[1], tile[2] + index * size, tile[3]) for tile in self.tile
        ]

    def mend_byte_order(self) -> None:
        """To be called before loading.

        libtiff hands over numbers in this machine's order, and Pillow 13 turns those of compressed
        big-endian files round once more.
        """
        self.tile = [
            ImageFile._Tile(
                tile[0], tile[1], tile[2], (_NATIVE.get(tile[3][0], tile[3][0]), *tile[3][1:])
            )
            if tile[0] == "libtiff"
            else tile
            for tile in self.tile
        ]


def _nothing(resolution: object) -> bool:
    """Whether it is 0, or 0 divided by 0."""
    return resolution == 0 or resolution != resolution


SAVE = "save it uncompressed, or as PNG"
"""What to do with a TIFF that cannot be read."""
