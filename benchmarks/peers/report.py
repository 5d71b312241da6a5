"""What was found, as data and in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.hardware.machine import Machine
from benchmarks.peers.accuracy import Called, Scored
from benchmarks.peers.cost import Cost, Times
from benchmarks.report.cells import MISSING, Table
from benchmarks.report.output import markdown_table
from edge import NOTICE
from edge.console import escape
from train.evaluation.evaluate import Estimate

POOLED = "all of these"


@dataclass(frozen=True)
class Installed:
    """A system, and how it was installed."""

    name: str
    requirements: tuple[str, ...]
    about: str
    decides: str
    trained_on: str
    problem: str | None
    """Why it could not be installed; None: it was."""
    versions: dict[str, str]
    """Of every distribution in its environment."""


@dataclass(frozen=True)
class SourceResult:
    """Every system on the scans of a source."""

    name: str
    without: int
    with_tumor: int
    """Scans of the sample that were judged."""
    of: tuple[int, int]
    """Scans of the source, without and with a tumor."""
    drawn_together: int
    """Patients, or pictures that are no copies of each other, in the sample."""
    duplicates: int
    """Scans of the sample that look like one of the folders that were probably trained on."""
    known_to: tuple[str, ...]
    """Who was trained on it, or most likely was."""
    results: dict[str, Scored]


@dataclass(frozen=True)
class Pictures:
    """Pictures of one kind that show no brain."""

    kind: str
    results: dict[str, Called]


@dataclass(frozen=True)
class FileKind:
    """One file, and what each makes of it."""

    kind: str
    said: dict[str, str]
    """A verdict, or the error."""


@dataclass(frozen=True)
class Peers:
    """All of it."""

    date: str
    machine: Machine
    load_average: float | None
    most: int
    """Scans of a source and class that the sample has at most."""
    seed: int
    systems: tuple[Installed, ...]
    unknown: tuple[SourceResult, ...]
    """Sources that none was trained on as far as can be told; scans like those of the folders that
    were probably trained on are left out."""
    pooled: SourceResult | None
    """All of these together."""
    known: tuple[SourceResult, ...]
    """Sources that one or more were trained on; nothing is left out."""
    not_brain: tuple[Pictures, ...]
    costs: dict[str, Cost]
    files: tuple[FileKind, ...]
    cold_rounds: int

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that were installed."""
        return tuple(one.name for one in self.systems if not one.problem)


def in_words(found: Peers) -> str:
    """The report, in Markdown."""
    machine = found.machine
    parts = [
        "# Peers",
        NOTICE,
        f"{found.date}, {machine.processor}, {machine.cores} cores, load {found.load_average}. "
        f"At most {found.most} scans of each source and class, drawn with seed {found.seed}.",
        "## Who",
        _items(found.systems),
    ]
    for table in tables(found):
        if table.rows:
            parts += [f"## {table.title}", "\n".join(markdown_table(table)), table.note]
    return "\n\n".join(filter(None, parts)) + "\n"


def _items(systems: Sequence[Installed]) -> str:
    lines = []
    for one in systems:
        text = f"{one.about}. Decides: {one.decides}. Trained on: {one.trained_on}."
        text += f" NOT MEASURED: {one.problem}" if one.problem else ""
        lines.append(f"- **{escape.markdown(one.name)}**: {escape.markdown(text)}")
    return "\n".join(lines)


def tables(found: Peers) -> list[Table]:
    """Every table, one theme each."""
    pooled = (found.pooled,) if found.pooled else ()
    return [
        _auc(found, "AUC on what none was trained on", (*found.unknown, *pooled), _UNKNOWN),
        _auc(found, "AUC on what some were trained on", found.known, _KNOWN),
        _called(found, "Called a tumor: what none was trained on", found.unknown, _CALLED),
        _called(found, "Called a tumor: what some were trained on", found.known, _KNOWN),
        _not_brain(found),
        _costs(found),
        _files(found),
    ]


_UNKNOWN = (
    "As far as can be told. 95 % intervals by bootstrap over patients, or over pictures where no "
    "patient is known. The last row mixes sources, and a source gives its label away: read the "
    "others first."
)
_KNOWN = (
    "Marked *: was trained on it or on copies of it, or most likely was. That figure says nothing."
)
_CALLED = "All scans count. No verdict: uncertain, or refused as no brain. Failed: an error."


def _auc(found: Peers, title: str, sources: Sequence[SourceResult], note: str) -> Table:
    rows = [
        (
            one.name,
            f"{one.with_tumor} / {one.without}",
            str(one.drawn_together),
            str(one.duplicates),
            *(_mark(one, name, _estimate(one.results[name].auc)) for name in found.names),
        )
        for one in sources
        if any(result.auc for result in one.results.values())
    ]
    head = ("source", "with / without", "patients or pictures", "copies", *found.names)
    return Table(title, head, tuple(rows), note)


def _called(found: Peers, title: str, sources: Sequence[SourceResult], note: str) -> Table:
    rows = []
    for one in sources:
        for truth, of in (("yes", "with_tumor"), ("no", "without")):
            if getattr(one, of):
                cells = (getattr(one.results[name], of) for name in found.names)
                marked = zip(found.names, map(called, cells), strict=True)
                rows.append((one.name, truth, *(_mark(one, name, text) for name, text in marked)))
    return Table(title, ("source", "tumor", *found.names), tuple(rows), note)


def _not_brain(found: Peers) -> Table:
    rows = [
        (one.kind, str(next(iter(one.results.values())).n),
         *(called(one.results[name]) for name in found.names))
        for one in found.not_brain
    ]  # fmt: skip
    head = ("kind", "pictures", *found.names)
    return Table("Pictures that are no brain, called a tumor", head, tuple(rows))


def _costs(found: Peers) -> Table:
    def row(title: str, of: Callable[[Cost], str]) -> tuple[str, ...]:
        return (title, *(of(found.costs[name]) for name in found.names))

    rows = (
        row("installed, MB", lambda cost: f"{cost.installed_mb:.0f}"),
        row("its model, MB", lambda cost: _number(cost.model_mb, 1)),
        row("one cold scan, s", lambda cost: _seconds(cost.cold)),
        row("the same, processor, s", lambda cost: _number(cost.cold and cost.cold.cpu / 1e3, 2)),
        row("a scan, ms", lambda cost: _milliseconds(cost.warm)),
        row("the same, processor, ms", lambda cost: _number(cost.warm and cost.warm.cpu, 1)),
        row("memory, one scan, MB", lambda cost: _number(cost.first_mb, 0)),
        row("memory, all timed scans, MB", lambda cost: _number(cost.peak_mb, 0)),
    )
    note = (
        f"Cold: whole processes in turns, {found.cold_rounds} each after one that warms; median "
        "[least-most]. A scan: from its file to the verdict, scan by scan in turns. Each with its "
        "own number of threads; processor time is of all threads. Memory: peak resident."
    )
    for name in found.names:
        if error := found.costs[name].cold_error:
            note += f" {name} failed its cold start: {error}."
    return Table("Size, time and memory", ("", *found.names), rows, note)


def _files(found: Peers) -> Table:
    rows = [(one.kind, *(_short(one.said[name]) for name in found.names)) for one in found.files]
    note = (
        "One generated slice; what counts is whether a file with a part missing gets a verdict. Of "
        "a PNG without its last 16 bytes all pixels are there. Whole messages: peers.json."
    )
    return Table("Files", ("file", *found.names), tuple(rows), note)


def called(found: Called) -> str:
    """How many of how many, and how many got no verdict."""
    text = f"{found.tumor} of {found.n}"
    text += f", {found.withheld} no verdict" if found.withheld else ""
    return text + (f", {found.failed} failed" if found.failed else "")


def _short(said: str) -> str:
    """A verdict; of an error no more than its kind."""
    return ": ".join(said.split(": ")[:2])


def _mark(source: SourceResult, name: str, text: str) -> str:
    return f"{text} *" if name in source.known_to and text != MISSING else text


def _estimate(found: Estimate | None) -> str:
    return f"{found.value:.3f} [{found.low:.3f}-{found.high:.3f}]" if found else MISSING


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _seconds(times: Times | None) -> str:
    if times is None:
        return MISSING
    return f"{times.median / 1e3:.2f} [{times.least / 1e3:.2f}-{times.most / 1e3:.2f}]"


def _milliseconds(times: Times | None) -> str:
    return f"{times.median:.1f} [{times.least:.1f}-{times.most:.1f}]" if times else MISSING
