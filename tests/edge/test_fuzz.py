"""Mutated files: one clear error or a whole picture, never anything else (see tests/fuzz/)."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")
pytest.importorskip("hypothesis", reason="hypothesis is not installed (the dev extra)")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.check import check_image, check_model, payload_of

FOLDER = tempfile.TemporaryDirectory(prefix="mri-edge-fuzz-")
IMAGES = {**seeds.images(), **seeds.dicoms(Path(FOLDER.name)), **seeds.tiffs(Path(FOLDER.name))}
MODELS = seeds.models()

BEGINNINGS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF89a", b"II*\0", b"MM\0*"),
    *(b"RIFF\xff\xff\xff\xffWEBPVP8X", b"\0" * 128 + b"DICM", b"\x08\0\x05\0CS"),
)

# No input may take longer than ten seconds, on a busy machine either. The same inputs every time:
# a test that fails once in a hundred runs helps nobody, and tests/fuzz/run.py tries new ones.
FUZZ = settings(
    deadline=timedelta(seconds=10),
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def mutated(draw, files):
    """(name, mutated bytes): a few changes of a seed file, or its beginning."""
    name = draw(st.sampled_from(sorted(files)))
    data = bytearray(files[name])
    if draw(st.booleans()) and draw(st.booleans()):
        return name, bytes(data[: draw(st.integers(0, len(data) - 1))])
    for _ in range(draw(st.integers(1, 4))):
        last = len(data) if draw(st.booleans()) else min(200, len(data))
        at = draw(st.integers(0, last))
        removed = draw(st.sampled_from((0, 1, 2, 4, 64)))
        data[at : at + removed] = draw(st.binary(max_size=8)) * draw(st.sampled_from((1, 1, 40)))
    return name, bytes(data)


# Pillow's remarks on odd files.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")


@settings(FUZZ, max_examples=2000)
@given(mutated(IMAGES), st.sampled_from((None, 1, 2)))
def test_images(mutation, frame):
    name, data = mutation
    check_image(Path(FOLDER.name, name), name, IMAGES[name], data, frame)


@settings(FUZZ, max_examples=500)
@given(mutated(MODELS))
def test_models(mutation):
    name, data = mutation
    check_model(Path(FOLDER.name, name), MODELS[name], data, payload_of(name, MODELS[name]))


@settings(FUZZ, max_examples=300)
@given(
    st.sampled_from(BEGINNINGS),
    st.binary(max_size=400),
)
def test_nonsense_behind_a_true_beginning(head, tail):
    path = Path(FOLDER.name, "nonsense.img")
    check_image(path, "nonsense.img", head + tail, head + tail, None)


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_seeds_are_whole(name):
    assert check_image(Path(FOLDER.name, name), name, IMAGES[name], IMAGES[name], 1)
