"""What the command makes of its figures; none is measured here."""

import pytest

pytest.importorskip("tensorflow")

from benchmarks import transfer_learning
from benchmarks.cli import main
from benchmarks.transfer_learning import Timed

EPOCHS = 20


def outcome(losses, monkeypatch):
    """Exit status with these validation losses of the cached head; the plain one's are 0.5."""
    fast, slow = [0.1 * (i + 1) for i in range(EPOCHS)], [10.0 * (i + 1) for i in range(EPOCHS)]
    monkeypatch.setattr(transfer_learning, "_prepared", lambda *_: (None, [], []))
    monkeypatch.setattr(transfer_learning, "_cached", lambda *_: Timed(fast, losses))
    monkeypatch.setattr(transfer_learning, "_plain", lambda *_: Timed(slow, [0.5] * EPOCHS))
    return main(["transfer"])


@pytest.mark.parametrize(
    ("loss", "status"), [(0.5, 0), (0.6, 1), (float("nan"), 1), (float("inf"), 1)]
)
@pytest.mark.parametrize("at", [0, 7, EPOCHS - 1])
def test_a_loss_that_differs_or_is_no_number_fails(loss, status, at, monkeypatch):
    losses = [0.5] * EPOCHS
    losses[at] = loss
    assert outcome(losses, monkeypatch) == status


@pytest.mark.parametrize("model", ["vgg99", "cnn"])
def test_a_network_without_a_backbone_is_refused(model, capsys):
    assert main(["transfer", "--model", model]) == 2
    assert f"--model {model}: has no backbone to freeze; use vgg16" in capsys.readouterr().err
