"""A receiver for the tests of associations."""

import pytest

from tests.edge.pacs.association.served import Served


@pytest.fixture
def served(tmp_path):
    made = []

    def make(**options) -> Served:
        made.append(Served(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.listening.close()
