"""The bundled files hold what every export must."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from edge.model_file.bundled import BUNDLED, bundled_model
from tests.export import shape_arithmetic


@pytest.mark.parametrize("name", sorted(BUNDLED.values()))
def test_they_reckon_no_shapes(name):
    folder = Path(bundled_model("litert")).parent
    assert shape_arithmetic.of(folder / name) == []
