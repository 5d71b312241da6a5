"""What plainly is no scan is refused, and every real scan is not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from edge.model_file.manifest import InputSpec, RejectGate
from edge.scan.colorfulness import colorfulness
from edge.scan.decode import decode
from edge.scan.gate_features import _DIRECTION
from edge.scan.ood_gate import apply_gate, whiteness
from edge.scan.preprocess import preprocess_part
from tests.conftest import SHARED_DATA

SPEC = InputSpec(150, 150, "rgb")
RAMP = np.tile(np.linspace(0, 255, 256), (256, 1)).astype(np.uint8)
SLOPE = ((RAMP.astype(int) + RAMP.T) // 2).astype(np.uint8)
"""Unlike `RAMP` no bar beside the scan to those who look for a head: its columns vary."""


CROPPED = InputSpec(128, 128, "grey", crop="head")
both_crops = pytest.mark.parametrize("spec", [SPEC, CROPPED], ids=["whole", "head"])


def admission(pixels, gate=RejectGate(), spec=SPEC):  # noqa: B008
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    return apply_gate(image, preprocess_part(image, spec), gate)


def reason(pixels, gate=RejectGate(), spec=SPEC):  # noqa: B008
    return admission(pixels, gate, spec).refused


def test_a_grey_picture_passes():
    assert reason(RAMP) is None
    assert reason(np.dstack([RAMP] * 3)) is None


def test_tiny():
    assert "31x256 pixels is too small" in reason(RAMP[:, :31])
    assert reason(RAMP[:, ::8]) is None


@both_crops
@pytest.mark.parametrize("shape", [(256, 256), (100, 1000)])
@pytest.mark.parametrize("value", [0, 13, 60, 255])
def test_uniform(value, shape, spec):
    noise = np.random.default_rng(0).integers(0, 5, shape)
    assert "uniform" in reason(np.abs(value - noise).astype(np.uint8), spec=spec)


@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0), (128, 255)])
@both_crops
def test_nearly_empty(ground, ink, spec):
    page = np.full_like(RAMP, ground)
    page[100:128, 100:130] = ink
    assert "nearly empty: only 1" in reason(page, spec=spec)


@both_crops
@pytest.mark.parametrize("side", [128, 256])
def test_a_dim_scan_is_said_to_be_dark(side, spec):
    """It is neither "uniform", as the small one seems, nor "nearly empty", as the large one."""
    head = np.zeros_like(RAMP)
    head[:side, :side] = SLOPE[:: 256 // side, :: 256 // side]
    assert "too dark: nothing in it is brighter than 15 of 255" in reason(head // 16, spec=spec)
    assert reason(head, spec=spec) is None


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_a_colour_picture(color):
    rainbow = np.dstack([RAMP, RAMP.T, 255 - RAMP])
    assert "in colour" in reason(rainbow, spec=InputSpec(150, 150, color))


def test_a_tint_or_jpeg_noise_is_no_colour():
    noise = np.random.default_rng(0).integers(-3, 4, (256, 256, 3))
    tinted = np.clip(np.dstack([RAMP] * 3) * 0.8 + noise + (0, 0, 40), 0, 255).astype(np.uint8)
    assert colorfulness(Image.fromarray(tinted)) < 6
    assert reason(tinted) is None
    at_night = (np.dstack([RAMP] * 3) * (1, 0.85, 0.6)).astype(np.uint8)
    assert colorfulness(Image.fromarray(at_night)) < 1
    assert reason(at_night) is None


def test_an_overexposed_scan_is_not_cleared():
    """Six times as bright, and cut off at white."""

    def doubt(pixels, gate=RejectGate()):  # noqa: B008
        return admission(pixels, gate, CROPPED).doubt

    assert doubt(RAMP) is None
    assert doubt(RAMP // 2) is None, "a dim scan has a brightest pixel, too"
    over = np.minimum(RAMP, 42) * 6
    assert "overexposed: 8" in doubt(over)
    assert doubt(over, RejectGate(max_white=1.0)) is None
    over = (over * 0.85).astype(np.uint8)
    for side in (10, 40):
        over[100 : 100 + side, 100 : 100 + side] = 255
        assert "overexposed" in doubt(over), "a letter or a stamp is brighter"
    assert whiteness(np.bincount([0] * 64, minlength=256)) == 0


def test_a_thumbnail_is_not_cleared():
    for side, told in ((48, True), (64, False)):
        small = np.asarray(Image.fromarray(SLOPE).resize((side, side)))
        for around in (0, side // 2):
            found = admission(np.pad(small, around), spec=CROPPED)
            assert found.refused is None
            assert ("pixels are too few" in (found.doubt or "")) == told, "black around it is none"
    assert "48x48 pixels" in admission(np.ascontiguousarray(RAMP[:48, :240:5])).doubt


def test_of_two_pictures_in_one_none_is_cleared():
    """The crop takes the larger; writing beside a scan is no picture."""

    def doubt(picture):
        return admission(picture, spec=CROPPED).doubt or ""

    page = Image.new("L", (640, 400))
    page.paste(Image.fromarray(SLOPE).resize((360, 360)), (20, 20))
    assert doubt(page) == ""
    written = page.copy()
    for row in range(20, 380, 30):
        ImageDraw.Draw(written).text((420, row), "DOE^JANE Im 12/24", 255, font_size=14)
    assert doubt(written) == ""
    for level in (1.0, 0.3):
        panel = Image.fromarray((SLOPE * level).astype(np.uint8)).resize((110, 110))
        beside = page.copy()
        beside.paste(panel, (500, 20))
        assert "more than one picture" in doubt(beside)
    large = page.copy()
    large.paste(page.resize((320, 200)), (400, 100))
    assert "more than one picture" in doubt(large), "neither is nearly all that is bright"
    dark_within = np.zeros((110, 110), np.uint8)
    dark_within[8:-8, 8:-8] = 200
    dark_within[20:-20, 20:-20] = 0
    for left in range(500, 512):
        ring = page.copy()
        ring.paste(Image.fromarray(dark_within), (left, 41))
        assert "more than one picture" in doubt(ring), "wherever it lies"


def test_what_has_no_head_that_could_be_found_is_refused():
    """A fifth of the picture's width is looked at as a head, a tenth is not."""
    for side, told in ((26, True), (52, False)):
        scan = np.pad(np.asarray(Image.fromarray(SLOPE).resize((side, side))), (256 - side) // 2)
        lenient = RejectGate(min_content=0.0, min_deviation=0.0)
        assert ("no head is found" in (reason(scan, lenient, CROPPED) or "")) == told
        assert reason(scan, lenient, SPEC) is None, "where none is looked for none is missed"


def test_thresholds_come_from_the_manifest():
    lenient = RejectGate(min_side=1, min_deviation=0.0, min_content=0.0, max_color=255.0)
    assert reason(np.zeros((1, 1, 3), np.uint8), lenient) is None
    assert "too small" in reason(RAMP, RejectGate(min_side=257))


def scans(folder, pattern):
    if not (SHARED_DATA / folder).is_dir():
        pytest.skip(f"the real scans are not at {SHARED_DATA / folder}")
    return sorted((SHARED_DATA / folder).glob(pattern))


@both_crops
@pytest.mark.parametrize(
    ("folder", "pattern", "step"),
    [("brain_tumor_dataset", "*/*", 1), ("br35h", "*/*.jpg", 10), ("lgg", "*/*.png", 10)],
)
def test_no_real_scan_is_refused(folder, pattern, step, spec):
    paths = scans(folder, pattern)[::step]
    assert len(paths) > 50
    assert {path.name: why for path in paths if (why := reason(decode(path), spec=spec))} == {}


def test_most_colour_photographs_are_refused():
    paths = scans("not_brain_mri", "natural/*")
    refused = [path for path in paths if "colour" in (reason(decode(path)) or "")]
    assert len(refused) >= 0.75 * len(paths)


def test_directions_of_edges_are_those_of_the_arctangent():
    down, across = np.meshgrid(np.arange(-255, 256), np.arange(-255, 256), indexing="ij")
    found = _DIRECTION[9 * np.sign(down) + 3 * np.sign(across) + np.sign(abs(down) - abs(across))]
    exact = np.floor(np.arctan2(down, across) * (8 / (2 * np.pi))).astype(int) % 8
    clear = (abs(down) != abs(across)) | ((down == 0) & (across == 0))
    np.testing.assert_array_equal(found[clear], exact[clear])
    # Where 32 bits, by which the models were trained, put the diagonals.
    diagonals = {(1, 1): 0, (1, -1): 3, (-1, -1): 5, (-1, 1): 7}
    for (tall, wide), direction in diagonals.items():
        own = (down == tall * abs(across)) & (across == wide * abs(down)) & (down != 0)
        assert set(found[own].tolist()) == {direction}
