"""The verdicts on one study as a structured report: TID 1500 (PS3.16), Comprehensive SR.

Built with pydicom, which is loaded anyway where DICOM is read: highdicom takes 20 MB more and ten
times as long (docs/explanation/results-in-the-archive.md).
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge import NOTICE, __version__
from edge.inference.prediction import Prediction
from edge.model_file.manifest import Decision
from edge.pacs.report import content_items as item
from edge.pacs.report.derived_object import (
    COMPREHENSIVE_SR,
    MAKER,
    Author,
    Made,
    as_file,
    begin,
    derived_uid,
    finish,
    own_scheme,
    reference,
)
from edge.pacs.report.secondary_capture import SHOWN
from edge.pacs.report.source_image import SourceImage
from edge.parallel.pipeline import Outcome
from edge.results.words import SYNTHETIC, WORDS, type_words
from edge.series.result import SeriesResult
from edge.series.rule import study_verdict

_SERIES_NUMBER = 9801
_TITLE = "RESEARCH ONLY, no medical device: verdicts, unverified"
_ROOT = ("126000", "DCM", "Imaging Measurement Report (RESEARCH ONLY, unverified)")
"""The code is the standard's; its meaning is for people, and another may stand for it (PS3.3, 8.3).
"""
_COMMENT = ("121106", "DCM", "Comment")
_SOURCE = ("121112", "DCM", "Source of Measurement")
_SCORE = item.own("series-score", "Score of the series, not a probability")
_PROBABILITY = item.own("probability", "Calibrated probability of tumor in the slice")
_TYPE = item.own("tumor-type", "Type of the tumor, by research software")
_COUNTS = (
    ("slices", "Slices", "slices"),
    ("counted", "Slices that the model was asked about", "counted"),
    ("called-tumor", "Slices called tumor", "tumor"),
    ("doubtful", "Doubtful slices", "doubtful"),
    ("rejected", "Rejected slices", "rejected"),
    ("unread", "Slices that could not be read", "unread"),
)


@dataclass(frozen=True, eq=False)
class ReportedSlice:
    """A slice with its verdict, and where it comes from."""

    outcome: Outcome
    source: SourceImage | None
    """None: it could not be read."""
    frame: int | None = None


@dataclass(frozen=True, eq=False)
class ReportedSeries:
    """A series with its verdict, and its slices in order."""

    result: SeriesResult
    slices: Sequence[ReportedSlice]

    @property
    def images(self) -> dict[str, tuple[SourceImage, list[int]]]:
        """Its files by their UIDs, each with the frames that were looked at."""
        found: dict[str, tuple[SourceImage, list[int]]] = {}
        for one in self.slices:
            if one.source is not None:
                _, frames = found.setdefault(one.source.instance, (one.source, []))
                frames += [one.frame] if one.frame else []
        return found


class StudyReport:
    """The report on one study. What it says makes its UID; when it was made does not.

    Args:
        series: of one study and one patient, at least one image among them.
        slices_by: how the model decides about single slices.
        unread: whether files of the study beside these could not be read.
    """

    def __init__(
        self,
        series: Sequence[ReportedSeries],
        author: Author,
        slices_by: Decision,
        unread: bool = False,
    ):
        self._series, self._author, self._slices_by = series, author, slices_by
        self._images = {uid: one for part in series for uid, one in part.images.items()}
        unread = unread or any(one.result.unread for one in series)
        self.verdict = study_verdict((one.result.verdict for one in series), unread)
        self._data = self._build()
        self.series_uid = str(self._data.SeriesInstanceUID)
        self.uid = finish(self._data, COMPREHENSIVE_SR)

    def file(self, made: datetime, predecessor: str | None) -> Made:
        """The object.

        Args:
            made: when this report was made first.
            predecessor: UID of the report of this series that this one follows.
        """
        data = self._data
        data.ContentDate = made.strftime("%Y%m%d")
        data.ContentTime = made.strftime("%H%M%S")
        if predecessor:
            before = _reference_to_own(predecessor)
            data.PredecessorDocumentsSequence = [self._of_study([(self.series_uid, [before])])]
        return as_file(data)

    def _build(self):
        source = next(iter(self._images.values()))[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = begin(source, self._author, "verdicts", "SR", _SERIES_NUMBER, _TITLE)
            # Later versions have more images.
            data.InstanceNumber = len(self._images)
            data.CompletionFlag, data.PreliminaryFlag = "COMPLETE", "PRELIMINARY"
            data.VerificationFlag = "UNVERIFIED"
            data.ReferencedPerformedProcedureStepSequence = []
            data.PerformedProcedureCodeSequence = []
            data.CodingSchemeIdentificationSequence = [own_scheme()]
            data.CurrentRequestedProcedureEvidenceSequence = [self._evidence()]
            data.update(self._content())
        return data

    def _evidence(self):
        by_series: dict[str, list] = {}
        for source, _ in self._images.values():
            by_series.setdefault(source.series, []).append(reference(source))
        return self._of_study(by_series.items())

    def _of_study(self, by_series: Iterable[tuple[str, list]]):
        from pydicom.dataset import Dataset

        study = Dataset()
        study.StudyInstanceUID = next(iter(self._images.values()))[0].study
        study.ReferencedSeriesSequence = []
        for uid, references in by_series:
            series = Dataset()
            series.SeriesInstanceUID, series.ReferencedSOPSequence = uid, references
            study.ReferencedSeriesSequence.append(series)
        return study

    def _content(self):
        groups = []
        for number, one in enumerate(self._series, 1):
            groups.append(self._series_group(one, number))
            named = {strong.path for strong in one.result.strongest}
            groups += [
                self._slice_group(part, number, at)
                for at, part in enumerate(one.slices, 1)
                if part.source is not None
                and part.outcome.prediction is not None
                and (part.outcome.prediction.verdict in SHOWN or part.outcome.path in named)
            ]
        synthetic = any(one.result.synthetic for one in self._series)
        verdict = item.own("study-verdict", "Verdict on the study, by research software")
        return item.container(
            _ROOT,
            [
                item.coded(
                    ("121049", "DCM", "Language of Content Item and Descendants"),
                    ("en-US", "RFC5646", "English (United States)"),
                    item.MODIFIES,
                ),
                *self._observer(),
                item.coded(
                    ("121058", "DCM", "Procedure reported"),
                    ("25056-3", "LN", "MRI unspecified body region"),
                    item.MODIFIES,
                ),
                self._library(),
                item.container(("126010", "DCM", "Imaging Measurements"), groups),
                item.container(
                    ("C0034375", "UMLS", "Qualitative Evaluations"),
                    [
                        item.text(_COMMENT, f"{NOTICE} No person has verified this report."),
                        *([item.text(_COMMENT, SYNTHETIC)] if synthetic else []),
                        item.coded(verdict, _verdict(self.verdict)),
                        item.text(
                            _COMMENT,
                            "The verdict on the study is that of its most serious series. A slice "
                            "called tumor should be looked at whatever the study is called.",
                        ),
                    ],
                ),
            ],
            template="1500",
            relation=None,
        )

    def _observer(self):
        device = ("121007", "DCM", "Device")
        names = (
            ("121013", "Device Observer Name", MAKER),
            ("121014", "Device Observer Manufacturer", MAKER),
            ("121015", "Device Observer Model Name", self._author.model),
            ("121016", "Device Observer Serial Number", self._author.payload_sha256),
        )
        yield item.coded(("121005", "DCM", "Observer Type"), device, item.OBSERVED)
        yield item.uid(
            ("121012", "DCM", "Device Observer UID"),
            derived_uid("observer", self._author.file_sha256),
        )
        for value, meaning, content in names:
            yield item.text((value, "DCM", meaning), content, item.OBSERVED)

    def _library(self):
        modality = item.coded(
            ("121139", "DCM", "Modality"), ("MR", "DCM", "Magnetic Resonance"), "HAS ACQ CONTEXT"
        )
        images = [item.image(None, source) for source, _ in self._images.values()]
        group = item.container(("126200", "DCM", "Image Library Group"), [modality, *images])
        return item.container(("111028", "DCM", "Image Library"), [group], template="1600")

    def _group(self, tracked: str, identifier: str, decision: str, content: Iterable):
        algorithm = (
            ("111001", "Algorithm Name", self._author.model),
            ("111003", "Algorithm Version", self._author.payload_sha256),
            ("111002", "Algorithm Parameters", f"{decision}; {MAKER} {__version__}"),
        )
        return item.container(
            ("125007", "DCM", "Measurement Group"),
            [
                item.text(("112039", "DCM", "Tracking Identifier"), identifier, item.OBSERVED),
                item.uid(
                    ("112040", "DCM", "Tracking Unique Identifier"),
                    derived_uid("tracked", tracked, self._author.file_sha256),
                ),
                item.coded(
                    ("363698007", "SCT", "Finding Site"),
                    ("12738006", "SCT", "Brain"),
                    item.MODIFIES,
                ),
                *(
                    item.text((value, "DCM", meaning), words, item.MODIFIES)
                    for value, meaning, words in algorithm
                ),
                *content,
            ],
            template="1501",
        )

    def _series_group(self, one: ReportedSeries, number: int):
        result, rule = one.result, one.result.rule
        content = [item.image(_SOURCE, source, frames) for source, frames in one.images.values()]
        if result.score is not None:
            content.append(item.number(_SCORE, result.score))
        content += [
            item.number(item.own(value, meaning), getattr(result, field))
            for value, meaning, field in _COUNTS
        ]
        verdict = item.own("series-verdict", "Verdict on the series, by research software")
        content += [item.coded(verdict, _verdict(result.verdict)), *_type(result)]
        content += [
            item.text(_COMMENT, words) for words in (result.reason, *result.remarks) if words
        ]
        return self._group(
            next((part.source.series for part in one.slices if part.source), ""),
            f"Series {number}",
            f"mean log-odds of the strongest {rule.strongest} slices; {_limits(rule.decision)}",
            content,
        )

    def _slice_group(self, part: ReportedSlice, number: int, at: int):
        prediction, source = part.outcome.prediction, part.source
        frames = [part.frame] if part.frame else []
        content = [item.image(_SOURCE, source, frames)]
        if prediction.probability is not None:
            content.append(item.number(_PROBABILITY, prediction.probability))
        verdict = item.own("slice-verdict", "Verdict on the slice, by research software")
        content += [item.coded(verdict, _verdict(prediction.verdict)), *_type(prediction)]
        if prediction.reason:
            content.append(item.text(_COMMENT, prediction.reason))
        return self._group(
            f"{source.instance} {part.frame}",
            f"Series {number}, slice {at}",
            _limits(self._slices_by),
            content,
        )


def _reference_to_own(uid: str):
    """A reference to a report of ours, as an item of a sequence."""
    from pydicom.dataset import Dataset

    found = Dataset()
    found.ReferencedSOPClassUID, found.ReferencedSOPInstanceUID = COMPREHENSIVE_SR, uid
    return found


def _verdict(word: str) -> item.Concept:
    return item.own(word, WORDS[word])


def _type(found: Prediction | SeriesResult) -> list:
    """What is said of the tumor's type, as an item; none if nothing is."""
    words = type_words(found.type, found.type_probabilities)
    return [item.text(_TYPE, words)] if words else []


def _limits(decision: Decision) -> str:
    low, high = decision.uncertain
    return f"threshold {decision.threshold:.4f}, uncertain from {low:.4f} to {high:.4f}"
