"""`train.pruning.prune` on a small network."""

import keras
import pytest

from tests.train.small import SPEC, narrow_networks, samples
from train.fitting.fit_options import FitContext
from train.networks.registry import ARCHITECTURES
from train.pruning import prune as module
from train.pruning.prune import PruneOptions, prune


@pytest.fixture
def taught(monkeypatch):
    """How many scans channels are chosen by, and how many teach, of how many in an epoch."""
    seen = {}
    observe, distil = module.observe, module.distil.distil

    def observed(model, names, scans, *rest):
        seen["chosen by"] = len(scans)
        return observe(model, names, scans, *rest)

    def distilled(student, train, *rest, **options):
        seen["taught by"], seen["an epoch"] = len(train.pixels), options["size"]
        return distil(student, train, *rest, **options)

    monkeypatch.setattr(module, "observe", observed)
    monkeypatch.setattr(module.distil, "distil", distilled)
    return seen


@pytest.mark.parametrize(
    ("scans", "epochs", "expected"),
    [
        # Few scans are seen in many changed copies, an epoch of more than there are of them.
        (12, 1, {"chosen by": 24, "taught by": 12 * 5, "an epoch": 30}),
        # Of many some choose the channels, and all teach.
        (40, 1, {"chosen by": 32, "taught by": 40 * 2, "an epoch": 40}),
        (100, 1, {"chosen by": 32, "taught by": 100, "an epoch": 100}),
        # Without distillation the teacher is not asked about the others.
        (40, 0, {"chosen by": 32, "taught by": 16, "an epoch": 30}),
    ],
)
def test_all_training_scans_teach(scans, epochs, expected, taught, monkeypatch):
    for name, value in {"MOST_SCANS": 16, "VIEWS": 4, "MOST_VIEWS": 90, "EPOCH": 30}.items():
        monkeypatch.setattr(module, name, value)
    with narrow_networks(0.25):
        teacher = ARCHITECTURES["cnn"].build(SPEC)
    keras.utils.set_random_seed(0)
    options = PruneOptions(to=0.5, epochs=epochs, max_changed=1.0, parent=None)
    fit = prune(teacher, samples(scans), samples(16), options, 0, FitContext())
    assert taught == expected
    assert len(fit.history["loss"]) == epochs
