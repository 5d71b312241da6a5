"""Conventions of pixels: what they are, how they are tried, and when it is clear which fits."""

import keras
import numpy as np
import pytest
from keras import applications

from export.adopt.activation import tumor_log_odds
from export.adopt.adopted_network import build_adopted
from export.adopt.convention_names import SCALINGS
from export.adopt.conventions import Convention, are_coloured, candidates
from export.adopt.labels import Labels
from export.adopt.trial import attempt, better_negatives, cautions, chosen, judge
from export.errors import ExportError
from tests.export.adopt.conftest import small_network

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
NO_YES = Labels(("no", "yes"), ("no",))


@pytest.mark.parametrize(
    ("scaling", "color", "module"),
    [
        ("imagenet-mean", "bgr", applications.vgg16),
        ("symmetric", "rgb", applications.xception),
        ("none", "rgb", applications.efficientnet),
        ("imagenet-std", "rgb", applications.densenet),
    ],
)
def test_they_are_those_of_keras(scaling, color, module):
    wanted = module.preprocess_input(PIXELS.astype(np.float32))
    assert np.allclose(Convention(scaling, color).applied(PIXELS), wanted, atol=1e-4)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_the_layers_are_the_same(scaling, color):
    convention = Convention(scaling, color)
    pixels = keras.Input((32, 32, 3), dtype="uint8")
    model = keras.Model(pixels, convention.layers(pixels))
    assert np.allclose(model.predict(PIXELS, verbose=0), convention.applied(PIXELS), atol=1e-4)


def test_colours_are_tried_where_scans_have_any():
    grey = PIXELS[..., :1].repeat(3, axis=-1)
    assert are_coloured(PIXELS)
    assert not are_coloured(grey)
    assert len(candidates(3, True)) == 2 * len(candidates(3, False)) == 2 * len(SCALINGS)
    assert {one.color for one in candidates(1, False)} == {"grey"}
    assert {one.color for one in candidates(3, False, "bgr")} == {"bgr"}
    assert set(candidates(3, True, "bgr")) == set(candidates(3, True))
    assert candidates(3, False, only="none") == [Convention("none", "rgb")]


@pytest.mark.parametrize("names", [("no", "yes"), ("yes", "no")])
@pytest.mark.parametrize("outputs", [1, 2])
def test_an_adopted_network_says_no_first(names, outputs):
    network = small_network(None, outputs)
    labels, convention = Labels(names, ("no",)), Convention("symmetric", "bgr")
    model, transform = build_adopted(network, convention, labels)
    assert transform == ("sigmoid" if outputs == 1 else "softmax")
    logits = network.predict(convention.applied(PIXELS), verbose=0)
    wanted = 1 / (1 + np.exp(-tumor_log_odds(logits, labels.is_negative)))
    assert np.allclose(model.predict(PIXELS, verbose=0)[:, -1], wanted, atol=1e-5)


def test_four_labels_become_the_log_odds_of_tumor():
    network = small_network(None, 4)
    labels = Labels(("glioma", "meningioma", "notumor", "pituitary"), ("notumor",))
    model, transform = build_adopted(network, Convention("unit", "rgb"), labels)
    assert transform == "sigmoid"
    logits = network.predict(PIXELS / np.float32(255), verbose=0).astype(np.float64)
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.allclose(model.predict(PIXELS, verbose=0)[:, 0], 1 - softmax[:, 2], atol=1e-5)


def trial(logits_of, scans=60, scaling=None):
    """Tries all scalings of a network that is a function of the mean of what it takes."""
    truth = np.arange(scans) % 2
    pixels = (
        np.full((scans, 4, 4, 3), 100, np.uint8)
        + (50 * truth).astype(np.uint8)[:, None, None, None]
    )
    groups = np.arange(scans)
    tried = attempt(
        lambda x: logits_of(x.mean(axis=(1, 2, 3)))[:, None],
        candidates(3, False),
        [NO_YES, NO_YES.turned],
        pixels,
        truth,
        groups,
    )
    return judge(tried, truth, groups, scaling)


def fits_unit_alone(mean):
    return np.where(abs(mean - 0.5) < 0.11, mean - 125 / 255, 1.0)


def fits_unit_and_none(mean):
    return np.where(mean > 1, mean - 125, 100 * (mean - 125 / 255))


def test_the_one_that_fits_is_found_and_the_others_named():
    tried = trial(fits_unit_alone)
    best = chosen(tried)
    assert (best.convention, best.labels) == (Convention("unit", "rgb"), NO_YES)
    assert {one.verdict for one in tried[1:]} == {"wrong"}
    assert tried[0].accuracy.hits == tried[0].accuracy.n


def test_if_two_fit_it_is_asked():
    with pytest.raises(ExportError, match="not clear"):
        chosen(trial(fits_unit_and_none))


@pytest.mark.parametrize("scaling", ["unit", "none"])
def test_what_is_given_is_taken_where_none_is_clearly_better(scaling):
    tried = trial(fits_unit_and_none, scaling=scaling)
    best = chosen(tried)
    assert (best.convention.scaling, best.word) == (scaling, "given, cannot be told apart")
    assert [one.given for one in tried].count(True) == 1


@pytest.mark.parametrize("scaling", [None, "unit"])
def test_one_that_is_right_more_often_at_a_half_and_orders_worse_is_wrong(scaling):
    """A network trained on more tumors than others says 0.5 elsewhere; that is no wrong scaling."""
    tried = trial_of_two(right=2.5, wrong=1.0, scaling=scaling)
    best, other = tried
    assert other.accuracy.value > best.accuracy.value + 0.1
    assert chosen(tried) is best
    assert (best.convention.scaling, best.verdict, other.verdict) == ("unit", "fits", "wrong")


def test_being_right_more_often_at_a_half_alone_decides_nothing():
    tried = trial_of_two(right=1.5, wrong=1.5)
    assert abs(tried[0].accuracy.value - tried[1].accuracy.value) > 0.15
    assert {one.verdict for one in tried} == {"cannot be told apart"}
    with pytest.raises(ExportError, match="not clear"):
        chosen(tried)


def trial_of_two(right, wrong, scaling=None):
    """`unit` parts scans by `right`, all odds too high; `none` by `wrong`, around even odds."""
    truth, noise = np.arange(100) % 2, np.random.default_rng(0).standard_normal((2, 100))
    sides = 2 * truth - 1

    def logits(x):
        found = right * sides / 2 + noise[0] + 2 if x.max() <= 1 else wrong * sides / 2 + noise[1]
        return found[:, None]

    pixels, groups = np.full((100, 4, 4, 3), 200, np.uint8), np.arange(100)
    conventions = [Convention("unit", "rgb"), Convention("none", "rgb")]
    return judge(
        attempt(logits, conventions, [NO_YES], pixels, truth, groups), truth, groups, scaling
    )


def test_what_is_given_and_fits_is_called_both():
    assert chosen(trial(fits_unit_alone, scaling="unit")).word == "given, fits"


@pytest.mark.parametrize("ordered", [False, True])
def test_a_wrong_convention_is_refused_though_given(ordered):
    """A device would scale every scan wrongly, and report no error."""
    tried = trial(fits_unit_alone, scaling="symmetric")
    assert {one.convention.scaling: one.word for one in tried} == {
        "unit": "fits",
        "symmetric": "given, wrong",
        **dict.fromkeys(("none", "imagenet-mean", "imagenet-std"), "wrong"),
    }
    with pytest.raises(ExportError) as error:
        chosen(tried, ordered)
    assert "--scaling symmetric --color rgb is given, and does not fit" in str(error.value)
    assert "Give --scaling unit --color rgb;" in str(error.value)


def test_labels_the_wrong_way_round_are_refused_though_given():
    truth = np.arange(60) % 2
    brightness = np.where(truth == 1, 150, 100).astype(np.uint8)
    pixels = np.broadcast_to(brightness[:, None, None, None], (60, 4, 4, 3))
    tried = attempt(
        lambda x: (x.mean(axis=(1, 2, 3)) - 0.5)[:, None],
        [Convention("unit", "rgb")],
        [NO_YES.turned],
        pixels,
        truth,
        np.arange(60),
    )
    tried = judge(tried, truth, np.arange(60), "unit")
    with pytest.raises(ExportError, match=r"the other way round \(AUC 0.000.*turn --order round"):
        chosen(tried, ordered=True)


def test_if_none_fits_it_is_refused():
    noise = np.random.default_rng(0)
    tried = trial(lambda mean: noise.standard_normal(len(mean)))
    with pytest.raises(ExportError, match="no better than chance"):
        chosen(tried)


def test_what_is_given_and_no_better_than_chance_is_cautioned_against():
    noise = np.random.default_rng(0)
    tried = trial(lambda mean: noise.standard_normal(len(mean)), scaling="unit")
    best = chosen(tried, ordered=True)
    assert best.word == "given, wrong"
    (words,) = cautions(best, tried, ())
    assert "no better than chance" in words


def test_what_is_given_and_cannot_be_told_from_others_is_cautioned_against():
    tried = trial(fits_unit_and_none, scaling="none")
    best = chosen(tried)
    assert best.verdict == "cannot be told apart"
    (words,) = cautions(best, tried, ())
    assert words.startswith("--scaling none --color rgb was given")
    assert "cannot tell it from --scaling unit" in words
    assert "no error is reported" in words
    alone = trial(fits_unit_alone, scaling="unit")
    assert cautions(chosen(alone), alone, ()) == ()


def test_a_refusal_names_the_label_that_means_no_tumor():
    truth = np.arange(60) % 2
    logits = np.random.default_rng(0).standard_normal((60, 3)) / 4
    logits[truth == 0, 0] += 3
    tried = attempt(
        lambda _: logits,
        [Convention("unit", "rgb"), Convention("none", "rgb")],
        [Labels(("a", "b", "c"), ("c",))],
        np.zeros((60, 4, 4, 3), np.uint8),
        truth,
        np.arange(60),
    )
    tried = judge(tried, truth, np.arange(60))
    others = list(better_negatives(tried[0], truth, np.arange(60)))
    with pytest.raises(
        ExportError, match=r"[?.] These scans say that the output called a means"
    ) as refused:
        chosen(tried, True, others)
    assert "--scaling" not in str(refused.value), "none was given, and none is to blame"


@pytest.mark.parametrize(("negative", "doubted"), [("a", False), ("c", True)])
def test_another_label_that_fits_better_is_named(negative, doubted):
    truth = np.arange(60) % 2
    logits = np.random.default_rng(0).standard_normal((60, 3)) / 4
    logits[truth == 0, 0] += 3
    labels = Labels(("a", "b", "c"), (negative,))
    (tried,) = attempt(
        lambda _: logits,
        [Convention("unit", "rgb")],
        [labels],
        np.zeros((60, 4, 4, 3), np.uint8),
        truth,
        np.arange(60),
    )
    others = list(better_negatives(tried, truth, np.arange(60)))
    found = cautions(tried, [tried], others)
    assert len(found) == doubted
    assert not doubted or "a means no tumor" in found[0]
