"""How far a pruned network has gone from its teacher, on scans that it was not fitted to."""

from dataclasses import dataclass

import numpy as np

from train.errors import TrainError
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, Predictions, cluster_bootstrap
from train.evaluation.metrics import Proportion


@dataclass(frozen=True)
class Comparison:
    """Of one set of scans."""

    changed: Proportion
    """Verdicts that differ, "uncertain" among them."""
    reversed: Proportion
    """Of these a tumor where its teacher says none, or none where it says a tumor."""
    auc: Estimate
    """The pruned network's less its teacher's, with a paired bootstrap over clusters."""
    teacher_auc: float

    def __str__(self) -> str:
        return (
            f"{self.changed.hits} of {self.changed.n} verdicts changed, {self.reversed.hits} of "
            "them reversed (a tumor, and none); AUC "
            f"{self.auc.value:+.3f} [{self.auc.low:+.3f} to {self.auc.high:+.3f}], was "
            f"{self.teacher_auc:.3f}"
        )

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "verdicts_changed": self.changed.to_dict(),
            "verdicts_reversed": self.reversed.to_dict(),
            "auc_difference": self.auc.to_dict(),
            "teacher_auc": None if np.isnan(self.teacher_auc) else self.teacher_auc,
        }


def compare(teacher: Predictions, student: Predictions, seed: int) -> Comparison:
    """Both networks' predictions of the same scans, in the same order."""
    truth = teacher.truth.astype(bool)

    def difference(weights):
        return metrics.auc(truth, student.probability, weights) - metrics.auc(
            truth, teacher.probability, weights
        )

    drawn = cluster_bootstrap({"auc": difference}, teacher.groups, seed)
    return Comparison(
        changed_verdicts(teacher, student),
        reversed_verdicts(teacher, student),
        drawn["auc"],
        float(metrics.auc(truth, teacher.probability, None)),
    )


def changed_verdicts(teacher: Predictions, student: Predictions) -> Proportion:
    """How many verdicts differ, "uncertain" among them."""
    called = teacher.called != student.called
    # Two that are uncertain are the same verdict, on whichever side of the threshold.
    called &= ~(teacher.uncertain & student.uncertain)
    differ = called | (teacher.uncertain != student.uncertain)
    return Proportion(int(differ.sum()), len(differ))


def reversed_verdicts(teacher: Predictions, student: Predictions) -> Proportion:
    """How many are a tumor for one and none for the other; neither is uncertain."""
    sure = ~(teacher.uncertain | student.uncertain)
    differ = sure & (teacher.called != student.called)
    return Proportion(int(differ.sum()), len(differ))


def check_limit(changed: Proportion, most: float) -> None:
    """Fail closed, as an export does; at least one verdict may change, unless the limit is 0.

    Raises:
        TrainError: more verdicts changed than may.
    """
    allowed = max(1, int(most * changed.n)) if most else 0
    if changed.hits > allowed:
        raise TrainError(
            f"the pruned network changes {changed.hits} of {changed.n} verdicts on the "
            f"validation part; at most {allowed} may, so it is not kept. Give a larger --prune-to, "
            "more --prune-epochs, or a larger --prune-max-changed"
        )
