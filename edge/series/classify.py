"""Every slice of every series, and then the series."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from edge.errors import ImageError
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Extra, Outcome, classify_one, on_engines
from edge.scan.decode import DecodedScan
from edge.series.grouping import Series, group
from edge.series.result import SeriesResult, judge
from edge.series.rule import rule_for
from edge.series.volume import axial_slices


class _Work(NamedTuple):
    """A slice to classify, or (without a name) the end of a series."""

    series: int
    name: str | None = None
    scan: str | DecodedScan | None = None
    frame: int | None = None
    problem: str | None = None


def classify_series(
    classifier: Classifier,
    inputs: Iterable[tuple[str, str | None]],
    *,
    jobs: int = 1,
    processes: bool = False,
) -> Iterator[Outcome | SeriesResult]:
    """The outcomes of a series' slices, in their order, and then the series' result; and so on.

        for one in classify_series(Classifier(), [("volume.nii.gz", None)]):
            print(one)

    Args:
        inputs: files, and what is known to be wrong with each.
        jobs, processes: as `edge.parallel.pipeline.classify_many` takes them.

    Raises:
        ModelError, EngineError: as `classify_many`.
    """
    return classify_found(classifier, group(inputs), jobs=jobs, processes=processes)


def classify_found(
    classifier: Classifier,
    found: list[Series],
    *,
    jobs: int = 1,
    extra: Extra | None = None,
    processes: bool = False,
) -> Iterator[Outcome | SeriesResult]:
    """`classify_series` of series that are put together already.

    Args:
        extra: as `classify_many` takes it.
    """
    rule = rule_for(classifier.manifest)
    work = on_engines(
        classifier, _classify, _all_work(found, classifier.max_pixels), jobs, extra, processes
    )
    outcomes: list[Outcome] = []
    for number, outcome in work:
        if outcome is not None:
            outcomes.append(replace(outcome, extra=None))  # a series' pictures would fill memory
            yield outcome
            continue
        series = found[number]
        yield judge(series.name, series.series_hash, outcomes, rule, series.remarks)
        outcomes = []


def _all_work(found: list[Series], max_pixels: int) -> Iterator[_Work]:
    for number, series in enumerate(found):
        if series.nifti:
            yield from _volume(number, series.name, max_pixels)
        for one in series.slices:
            yield _Work(number, str(one), one.path, one.frame, one.problem)
        yield _Work(number)


def _volume(number: int, path: str, max_pixels: int) -> Iterator[_Work]:
    try:
        for at, scan in enumerate(axial_slices(path, max_pixels), 1):
            yield _Work(number, f"{path}#{at}", scan)
    except ImageError as error:
        yield _Work(number, path, problem=str(error))


def _classify(
    classifier: Classifier, work: _Work, extra: Extra | None
) -> tuple[int, Outcome | None]:
    if work.name is None:
        return work.series, None
    if work.problem is not None:
        return work.series, Outcome(work.name, None, work.problem)
    outcome = classify_one(classifier, work.scan, extra, work.frame)
    return work.series, replace(outcome, path=work.name)
