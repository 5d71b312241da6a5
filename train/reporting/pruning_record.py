"""What a pruned run's report tells of its parent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.console.escape import markdown
from train.evaluation.evaluate import Predictions
from train.networks.cost import Cost
from train.pruning.comparison import Comparison, compare
from train.pruning.prune import PruneOptions
from train.pruning.pruned_fit import Pruned


@dataclass(frozen=True)
class PruningRecord:
    """A pruned network beside the one that it was."""

    parent: str
    """Name of its run."""
    parent_sha256: str
    """Of its model file."""
    to: float
    parent_cost: Cost
    max_changed: float
    validation: Comparison
    """Decides, by the verdicts that changed, and told which epoch to keep."""
    test: Comparison
    pooled: Comparison | None
    """Of the cross-validation, in which each fold's own teacher is pruned."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "parent": self.parent,
            "parent_sha256": self.parent_sha256,
            "to": self.to,
            "parent_cost": self.parent_cost,
            "max_changed": self.max_changed,
            "validation": self.validation.to_dict(),
            "test": self.test.to_dict(),
            "cross_validation": self.pooled and self.pooled.to_dict(),
        }


class _Result(Protocol):
    predictions: Predictions
    pruned: Pruned | None


def pruning_record(
    options: PruneOptions, parent: Cost, kept: _Result, folds: Sequence[_Result], seed: int
) -> PruningRecord:
    """Compare on the test part and, if there are folds, on all of them together."""
    origin = options.origin
    return PruningRecord(
        parent=origin.run,
        parent_sha256=origin.model_sha256,
        to=options.to,
        parent_cost=parent,
        max_changed=options.max_changed,
        validation=compare(*kept.pruned.validation, seed),
        test=_compared([kept], seed),
        pooled=_compared(folds, seed) if folds else None,
    )


def _compared(results: Sequence[_Result], seed: int) -> Comparison:
    return compare(
        Predictions.pooled([one.pruned.teacher for one in results]),
        Predictions.pooled([one.predictions for one in results]),
        seed,
    )


def pruning_section(record: PruningRecord | None, cost: Cost) -> list[str]:
    """Of the model card, as Markdown; empty for a network that was not pruned."""
    if record is None:
        return []
    before = record.parent_cost
    was, now = (one.trained_parameters + one.frozen_parameters for one in (before, cost))
    left = cost.multiply_adds / before.multiply_adds
    lines = [
        "## Pruned",
        "",
        f"Channels of the run {markdown(record.parent)} (model file SHA-256 "
        f"`{record.parent_sha256[:12]}`) were removed, its layers fitted anew and distilled on the "
        f"training part. Multiply-adds: {before.multiply_adds / 1e6:,.0f} M before, "
        f"{cost.multiply_adds / 1e6:,.0f} M now ({left:.2f}x); parameters: {was:,} before, "
        f"{now:,} now ({now / was:.2f}x). The decision is the "
        "parent's. Loss and accuracy by epoch are those of the distillation: the loss is the "
        "distance from the parent's features and logits.",
        "",
        "| against its parent | |",
        "|---|---|",
        f"| validation part, limit {record.max_changed:.0%} | {record.validation} |",
        f"| test part | {record.test} |",
    ]
    if record.pooled:
        lines.append(f"| cross-validation, each fold's own parent | {record.pooled} |")
    return [*lines, ""]
