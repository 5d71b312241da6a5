"""A fitted model pruned, and both judged on the same scans."""

from dataclasses import dataclass, replace

from edge.model_file.manifest import Decision
from train.data.samples import Samples
from train.evaluation.evaluate import Predictions
from train.evaluation.keras_predictions import calibrated, load_keras, raw_outputs
from train.fitting.fit_options import Fit, FitContext
from train.networks.cost import cost
from train.progress import say
from train.pruning.comparison import changed_verdicts, reversed_verdicts
from train.pruning.prune import PruneOptions, prune
from train.run.run_folder import Run


@dataclass(frozen=True)
class Pruned:
    """A pruned model and what it was."""

    fitted: Fit
    predictions: Predictions
    """Of the test part."""
    teacher: Predictions
    """The teacher's, of the same scans."""
    validation: tuple[Predictions, Predictions]
    """Of the validation part: the teacher's and its own."""


def fit_of(run: Run) -> Fit:
    """A finished run's model as a fit gave it.

    Raises:
        TrainError: it cannot be loaded.
    """
    model = load_keras(run)
    return Fit(model, {}, 0, cost(model), lambda pixels: raw_outputs(model, pixels))


def prune_and_judge(
    teacher: Fit,
    decision: Decision,
    parts: tuple[Samples, Samples, Samples],
    judged: Predictions,
    options: PruneOptions,
    seed: int,
    context: FitContext,
) -> Pruned:
    """Prune on the training part, count changed verdicts on the validation part, judge the test.

    The pruned network keeps its teacher's decision: it is to say the same.

    Args:
        parts: training, validation and test.
        judged: the teacher's predictions of the test part.

    Raises:
        TrainError: see `train.pruning.prune.prune`.
    """
    train, validation, test = parts
    file = context.checkpoint
    context = replace(context, checkpoint=file and file.with_name(f"{file.stem}-pruned.npz"))
    made = prune(teacher.model, train, validation, options, seed, context)

    def predictions(one: Fit, samples: Samples) -> Predictions:
        probability = calibrated(one.logits(samples.pixels), decision, 1)
        return Predictions.of(decision, samples.truth, probability, samples.groups)

    seen = predictions(teacher, validation), predictions(made, validation)
    changed, reversed_ = changed_verdicts(*seen), reversed_verdicts(*seen)
    say(
        f"{changed.hits} of {changed.n} verdicts changed on the validation part, "
        f"{reversed_.hits} of them reversed (a tumor, and none)"
    )
    return Pruned(made, predictions(made, test), judged, seen)
