"""What Pillow gets wrong about TIFF files, and what it leaves out. Loaded for TIFF files only."""

import math
import re
from io import BufferedReader

from PIL import ImageFile
from PIL.TiffImagePlugin import COMPRESSION_INFO, OPEN_INFO, TiffImageFile

from edge.errors import ImageError
from edge.scan.geometry import ratio_of
from edge.scan.picture.integrity import DamagedError, UnsupportedError

_COMPRESSION, _DESCRIPTION, _STRIPS, _ORIENTATION = 259, 270, 273, 274  # TIFF 6.0
_RESOLUTIONS = 282, 283  # pixels a unit, across and down
_UNCOMPRESSED = 1
_DEPTH, _STK = 32997, 33629
"""Slices of a volume in a page (SGI's ImageDepth), and what MetaMorph says of each plane."""
_PLANES, _SEPARATE, _SAMPLES = 284, 2, 277
_RGB, _CMYK, _YCBCR, _ALPHA = 2, 5, 6, (2,)
_CUT = 64
"""Bytes behind the first picture of a stack, from which on they are of a second that was cut."""
_JPEG_2000 = (33003, 33005, 34712)
_BYTE_COUNTS, _BITS, _PHOTOMETRIC, _FILL_ORDER, _EXTRA = 279, 258, 262, 266, 338
_SAMPLE_FORMAT, _UNSIGNED, _SIGNED, _UNDEFINED = 339, 1, 2, 4
_SHAPED = re.compile(r'^\{"shape": \[(\d{1,9})((?:, \d{1,9}){2,})\].*"truncated": true')
"""What tifffile writes into a file whose first page alone has a head."""
_IMAGEJ = re.compile(r"^ImageJ=.*?^images=(\d{1,9})\s*$", re.MULTILINE | re.DOTALL)
BIG_BIGTIFF = b"MM\0+"
_NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}


class TiffFile(TiffImageFile):
    """A TIFF file as it lies on disk: not turned upright, its numbers in the right order.

    Pillow 11 and later turn a picture upright while it is loaded: with pixels of 16 bits into
    noise, and wrongly where it mapped the file, which it does if it knows the file's name.

    Args:
        stream: opened for reading bytes.

    Raises:
        UnsupportedError: a kind that Pillow does not know; by `stacked`: pictures not to be found.
        DamagedError: by `stacked`: it is cut short.
    """

    def __init__(self, stream: BufferedReader):
        super().__init__(stream, "")

    def _open(self) -> None:
        stream, head = self.fp, self.fp.read(4)
        stream.seek(-len(head), 1)
        if head == BIG_BIGTIFF:
            self.fp = _Marked(stream)
        super()._open()
        self.fp = self._fp = stream

    def _setup(self) -> None:
        """As Pillow's, with kinds of pixels and of compression that it does not know.

        Raises:
            UnsupportedError: it is compressed in a way that Pillow does not know, or a volume.
        """
        compression = self.tag_v2.get(_COMPRESSION, _UNCOMPRESSED)
        if compression in _JPEG_2000:
            raise UnsupportedError(
                f"is a TIFF compressed as JPEG 2000, which cannot be read; {SAVE}"
            )
        if compression not in COMPRESSION_INFO:
            raise UnsupportedError(f"is a TIFF compressed in a way that cannot be read; {SAVE}")
        depth = self.tag_v2.get(_DEPTH, 1)
        if isinstance(depth, int) and depth > 1:
            raise UnsupportedError(f"is a TIFF volume of {depth} slices in a page; save them apart")
        if self.tag_v2.get(_PLANES, 1) == _SEPARATE:
            if self.tag_v2.get(_SAMPLES, 1) == 1:
                self.tag_v2[_PLANES] = 1  # means nothing then (TIFF 6.0), and Pillow minds it
            elif not self._planes_are_known(compression == _UNCOMPRESSED):
                raise UnsupportedError(
                    f"is a TIFF with planes of a kind that cannot be read; {SAVE}"
                )
        true = {
            tag: self.tag_v2[tag] for tag in (_PHOTOMETRIC, _SAMPLE_FORMAT) if tag in self.tag_v2
        }
        for tag, value in self._known_kind().items():
            self.tag_v2[tag] = value
        super()._setup()
        for tag in (_PHOTOMETRIC, _SAMPLE_FORMAT):
            if tag in true:
                self.tag_v2[tag] = true[tag]
            elif tag in self.tag_v2:
                del self.tag_v2[tag]

    def _planes_are_known(self, plain: bool) -> bool:
        """Whether Pillow puts separate planes together as what they are.

        Of grey ones, which are several pictures, it would show the first.

        Args:
            plain: whether they are uncompressed.
        """
        colors, extra = self.tag_v2.get(_PHOTOMETRIC), self.tag_v2.get(_EXTRA, ())
        if not plain:
            return colors in (_RGB, _CMYK, _YCBCR)
        return (colors, extra) in ((_RGB, ()), (_RGB, _ALPHA), (_CMYK, ()))

    def _known_kind(self) -> dict[int, object]:
        """What to tell Pillow so that it reads grey pixels that it refuses for what they mean.

        They are given their meaning in `edge.scan.picture.bit_depth.grey`.
        """
        tags = self.tag_v2
        bits, sample = tags.get(_BITS), tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))
        grey = tags.get(_PHOTOMETRIC) in (0, 1) and bits in ((16,), (32,)) and len(sample) == 1
        kind = (tags.prefix, 1, sample, tags.get(_FILL_ORDER, 1), bits, tags.get(_EXTRA, ()))
        if not grey or (tags.prefix, tags[_PHOTOMETRIC], *kind[2:]) in OPEN_INFO:
            return {}
        if kind in OPEN_INFO:
            return {_PHOTOMETRIC: 1}
        if sample[0] not in (_UNSIGNED, _SIGNED) and (sample[0], bits) != (_UNDEFINED, (32,)):
            return {}  # half floats and complex numbers: a kind that cannot be read
        return {_PHOTOMETRIC: 1, _SAMPLE_FORMAT: (_SIGNED,)}  # Pillow has it as signed only

    def load_prepare(self) -> None:
        """Before decoding; the picture has the size that it has in the file."""
        self._size = self.stored_size
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
        """Pictures that lie behind one another under the head of the first, as ImageJ, tifffile and
        MetaMorph write them;
        1 where there is no second, whatever the head says: some programs keep its text."""
        text, planes = self.tag_v2.get(_DESCRIPTION), self.tag_v2.get(_STK, ())
        several = isinstance(planes, tuple) and len(planes) > 1
        if not (size := self._one_picture()):
            if several:
                raise UnsupportedError(
                    f"is a stack of {len(planes)} pictures, of which the first alone can be read; "
                    f"{SAVE}, or take --frame 1"
                )
            return 1
        if several:
            count = len(planes)
        elif not isinstance(text, str):
            return 1
        elif found := _IMAGEJ.search(text):
            count = int(found.group(1))
        elif found := _SHAPED.search(text):
            count = math.prod(map(int, (found.group(1), *found.group(2).split(", ")[1:-2])))
        else:
            return 1
        self.fp.seek(0, 2)
        first, end = self.tag_v2[_STRIPS][0], self.fp.tell()
        if first + 2 * size > end:
            # What is written behind the pixels is short, or its place stands behind them as well.
            if count > 1 and end - first - size >= _CUT and self._offset_before(first):
                raise DamagedError("is truncated (it ends within its second picture)")
            return 1
        return count

    def _offset_before(self, first: int) -> bool:
        """Whether the list of its properties lies before the pixels, as ImageJ writes it."""
        return 0 < self.tag_v2.offset < first

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
        (width, height), bits = self.stored_size, self.tag_v2.get(_BITS, (1,))
        return height * ((width * sum(bits if isinstance(bits, tuple) else (bits,)) + 7) // 8)

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height in the file."""
        return getattr(self, "_tile_size", self._size)

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


class Mark(bytes):
    """The head of a big-endian BigTIFF; Pillow 13 looks for its mark, 43, at 2 in either order."""

    def __getitem__(self, at):
        return 43 if at == 2 else super().__getitem__(at)

    def __add__(self, more: bytes) -> "Mark":
        return Mark(bytes(self) + more)


class _Marked:
    """A stream of which the first bytes that are read are a `Mark`."""

    def __init__(self, stream: BufferedReader):
        self._stream, self._read = stream, False

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def read(self, *size: int) -> bytes:
        first, self._read = not self._read, True
        return Mark(self._stream.read(*size)) if first else self._stream.read(*size)


def _nothing(resolution: object) -> bool:
    """Whether it is 0, or 0 divided by 0."""
    return resolution == 0 or resolution != resolution


SAVE = "save it uncompressed, or as PNG"
"""What to do with a TIFF that cannot be read."""
