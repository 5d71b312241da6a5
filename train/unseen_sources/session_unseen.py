"""The fits of a session that leave a source out."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edge.model_file.manifest import Decision
from train.data.apply_source_facts import patients_of
from train.errors import TrainError
from train.evaluation.evaluate import Predictions
from train.prepare_data import Request, SessionData, UnseenOptions
from train.progress import say
from train.splitting import source_families, split
from train.unseen_sources.judge import Said, UnseenSources, judge
from train.unseen_sources.source_folds import SourceFold, source_folds


def folds_of(
    request: Request, data: SessionData, parts: split.Fold
) -> tuple[list[SourceFold], list[str]]:
    """Which sources are left out together, and notes on those that cannot be.

    Raises:
        TrainError: there are not two sources that can be left out.
    """
    scans = data.found.scans
    related = source_families.relations(request.facts, scans, patients_of(request.facts, scans))
    folds, notes = source_folds(
        scans,
        data.found.truth,
        data.grouping.clusters,
        data.grouping.groups,
        parts,
        related,
        data.seen and data.seen.any,
    )
    if sum(len(fold.sources) for fold in folds) < 2:
        why = f" ({'; '.join(notes)})" if notes else ""
        raise TrainError(
            f"--unseen-sources needs two data folders or more that can be left out{why}; give each "
            "source as a --data of its own"
        )
    return folds, notes


def judge_unseen(
    request: Request,
    data: SessionData,
    folds: tuple[list[SourceFold], list[str]],
    decision: Decision,
    fit: Callable[[Request, split.Fold, str], Predictions],
) -> UnseenSources:
    """Fit without each source, and judge it.

    Args:
        folds: from `folds_of`.
        decision: of the run, whose band is widened.
        fit: fits on a fold, under a name by which it is resumed, and judges its test part.
    """
    options: UnseenOptions = request.unseen
    shorter = replace(request, fit=replace(request.fit, epochs=options.epochs))
    said = []
    for number, one in enumerate(folds[0], 1):
        say(f"unseen sources, fit {number} of {len(folds[0])}: without {one.names}")
        found = fit(shorter, one.fold, f"unseen-{number}")
        ends = np.cumsum([len(own) for own in one.sources.values()])[:-1]
        columns = [
            np.split(values, ends) for values in (found.truth, found.probability, found.groups)
        ]
        for (source, positions), *own in zip(one.sources.items(), *columns, strict=True):
            paths = tuple(data.found.scans[i].path for i in positions)
            said.append(Said(source, *own, paths))
    return judge(said, decision, options, folds[1], request.fit.seed)
