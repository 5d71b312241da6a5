"""All that a run has found, for its report."""

from dataclasses import dataclass, field

from train.data.scans import Classes, SplitScan, Unreadable
from train.evaluation.evaluate import Evaluation
from train.evaluation.metrics import degenerate
from train.evaluation.shortcut_floor import ShortcutFloor
from train.evaluation.threshold_and_temperature import Choice
from train.fitting.article_protocols import LeakyResult
from train.gate.gate_check import GateCheck
from train.networks.cost import Cost
from train.reporting.pruning_record import PruningRecord
from train.run.run_folder import RunManifest
from train.splitting.leak_guard import CONFLICT, Grouping
from train.splitting.source_families import FAMILY_LEAK
from train.splitting.split import DROPPED
from train.tumor_types.session_types import TypesFound
from train.unseen_sources.judge import UnseenSources

SYNTHETIC = "SYNTHETIC data: generated phantoms. These figures say nothing about real scans."


@dataclass(frozen=True)
class Findings:
    """All that a report is made of."""

    manifest: RunManifest
    classes: Classes
    parts: list[SplitScan]
    grouping: Grouping
    unreadable: tuple[Unreadable, ...]
    external: str | None
    """Name of the test folder, if the test part is from elsewhere."""
    floor: ShortcutFloor | None
    choice: Choice
    test: Evaluation
    folds: int | None
    pooled: Evaluation | None
    """Out-of-fold predictions of the cross-validation."""
    leaky: list[LeakyResult]
    history: dict[str, list[float]]
    best_epoch: int
    cost: Cost
    weights: str | None
    """The backbone's, in words; None: there is no backbone."""
    started_from: str | None = None
    """The run whose weights it went on from, and how many of these scans that had seen, in words;
    None: it started anew."""
    types: TypesFound | None = None
    """None: no types are told."""
    left_out: int = 0
    """Scans of the training part that were not trained on, as teachers disagree on them."""
    no_brain: dict[str, int] = field(default_factory=dict)
    """Scans that are said to be no MRI slice of a brain, by part. No network is shown those of the
    training and validation part."""
    origin: tuple[str, ...] = ()
    """Lines on a model that was trained elsewhere; such a run has no history."""
    unseen: UnseenSources | None = None
    """None: no source was left out."""
    gate_check: GateCheck | None = None
    """Where the reject gate learned from real pictures that are no brain MRI."""
    pruning: PruningRecord | None = None
    """Where the model is a pruned one."""

    @property
    def headline(self) -> tuple[Evaluation, str]:
        """The evaluation to quote, and where it was measured."""
        if self.external:
            return self.test, f"test set from elsewhere: {self.external}"
        if self.pooled:
            return self.pooled, f"grouped {self.folds}-fold cross-validation, pooled"
        return self.test, "held-out test part"

    @property
    def useless(self) -> list[str]:
        """Why verdicts of the model tell nothing, by set of scans; empty if they tell something."""
        sets = {"test set" if self.external else "held-out test part": self.test}
        if self.pooled:
            sets["cross-validation"] = self.pooled
        found = []
        for where, one in sets.items():
            why = degenerate(one.scores.sensitivity, one.scores.specificity)
            if why:
                found.append(f"{why} Measured on: {where}.")
        return found

    @property
    def dropped(self) -> list[SplitScan]:
        """Scans that take no part."""
        return [scan for scan in self.parts if scan.part == DROPPED]

    @property
    def leaks(self) -> list[SplitScan]:
        """Of those, the ones that would have leaked the test set."""
        others = (CONFLICT, FAMILY_LEAK)
        return [scan for scan in self.dropped if not scan.reason.startswith(others)]

    @property
    def relatives(self) -> list[SplitScan]:
        """Of those, the ones of sources that may share patients with a tested one."""
        return [scan for scan in self.dropped if scan.reason.startswith(FAMILY_LEAK)]
