"""One run of `python -m benchmarks peers`: what is asked, and what is left."""

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.hardware.machine import load_average, this_machine
from benchmarks.peers import cost, environment
from benchmarks.peers.accuracy import Scored, count, score
from benchmarks.peers.damaged_files import make_damaged_files
from benchmarks.peers.environment import Environment
from benchmarks.peers.process import Answer, Worker, working
from benchmarks.peers.report import (
    POOLED,
    FileKind,
    Installed,
    Peers,
    Pictures,
    SourceResult,
    in_words,
)
from benchmarks.peers.sources import Judged, Looks, Source, look, pictures
from benchmarks.peers.systems import System
from benchmarks.progress import Progress
from edge.model_file.dataclass_json import to_json
from export.package import write_container

SCANS_FILE, REPORT_JSON, REPORT_MD = "peers-scans.ndjson", "peers.json", "peers.md"
_SAME = 0.05
"""Share of a source's scans that are copies of what was trained on; above it, all are known."""
_TIMED = 45
_INSTALL, _SCAN, _COLD, _LOOK = 120.0, 0.25, 5.0, 0.006  # seconds, for the display


@dataclass(frozen=True)
class Plan:
    """What is to be done, besides who takes part."""

    sources: Sequence[Source]
    seen: Sequence[Path]
    not_brain: Path | None
    out: Path
    environments: Path
    wheels: Path | None
    most: int
    seed: int
    rounds: int


def measure(systems: Sequence[System], plan: Plan, progress: Progress) -> Peers:
    """Install all, ask all, and leave what was said of each source as soon as it is known.

    Raises:
        BenchmarkError: none of them can be installed.
    """
    others = pictures(plan.not_brain) if plan.not_brain else {}
    log = plan.out / SCANS_FILE
    log.unlink(missing_ok=True)
    _announce(systems, plan, others, progress)
    installed, told = _install(systems, plan, progress)
    progress.start("copies")
    looks = look(plan.sources, plan.seen, progress.at)
    with ExitStack() as stack:
        workers = {one.name: stack.enter_context(working(one, env)) for one, env in installed}
        unknown, known, kept = [], [], []
        for source in plan.sources:
            progress.start(source.name)
            of_one = _ask(workers, [scan.file for scan in source.scans], progress)
            _append(log, source, of_one)
            result, rows = _judge(source, of_one, looks, systems, plan.seed)
            (known if result.known_to else unknown).append(result)
            if not result.known_to and rows:
                kept.append((source, rows, of_one))
        not_brain = []
        for kind, files in others.items():
            progress.start(f"no brain: {kind}")
            of_one = _ask(workers, files, progress)
            not_brain.append(Pictures(kind, {name: count(own) for name, own in of_one.items()}))
    costs, files = _costs(installed, plan, progress)
    progress.end()
    return Peers(
        date.today().isoformat(),
        this_machine(),
        load_average(),
        plan.most,
        plan.seed,
        tuple(told),
        tuple(unknown),
        _pooled(kept, looks, plan.seed),
        tuple(known),
        tuple(not_brain),
        costs,
        tuple(files),
        plan.rounds,
    )


def write(found: Peers, folder: Path) -> str:
    """Leave peers.json and peers.md; returns the latter's text."""
    text = in_words(found)
    data = json.dumps(to_json(found), indent=1) + "\n"
    write_container.write_atomically(folder / REPORT_JSON, data.encode())
    write_container.write_atomically(folder / REPORT_MD, text.encode())
    return text


def _announce(systems, plan: Plan, others, progress: Progress) -> None:
    coming = environment.to_install(systems, plan.environments)
    if coming:
        names = ", ".join(one.name for one in coming)
        progress.note(
            f"pip installs {names} below {plan.environments}: about "
            f"{sum(one.gigabytes for one in coming):.1f} GB"
        )
    number = len(systems)
    for one in systems:
        progress.plan(f"install {one.name}", _INSTALL)
    progress.plan("copies", _LOOK * sum(len(source.scans) for source in plan.sources))
    for source in plan.sources:
        progress.plan(source.name, _SCAN * number * len(source.scans))
    for kind, files in others.items():
        progress.plan(f"no brain: {kind}", _SCAN * number * len(files))
    progress.plan("cold starts", _COLD * number * (plan.rounds + 1))
    progress.plan("scans in turns", _SCAN * number * _TIMED)


def _install(systems, plan: Plan, progress: Progress):
    installed: list[tuple[System, Environment]] = []
    told = []
    for one in systems:
        progress.start(f"install {one.name}")
        problem, versions = None, {}
        try:
            made = environment.make(one, plan.environments, plan.wheels)
        except BenchmarkError as error:
            problem = str(error)
            progress.note(problem)
        else:
            installed.append((one, made))
            versions = made.versions
        told.append(
            Installed(
                one.name, one.requirements, one.about, one.decides, one.trained_on, problem,
                versions,
            )
        )  # fmt: skip
    if not installed:
        raise BenchmarkError(f"none could be installed; {told[0].problem}")
    return installed, told


def _ask(
    workers: dict[str, Worker], files: Sequence[Path], progress: Progress
) -> dict[str, list[Answer]]:
    """All of them about each file, in turns."""
    said: dict[str, list[Answer]] = {name: [] for name in workers}
    for number, file in enumerate(files):
        progress.at(number / len(files))
        for name, worker in workers.items():
            said[name].append(worker.ask(file.resolve()))
    return said


def _append(log: Path, source: Source, said: dict[str, list[Answer]]) -> None:
    rows = [
        {
            "file": scan.file.as_posix(),
            "tumor": scan.positive,
            **{
                name: {"verdict": own[i].verdict, "score": own[i].score, "error": own[i].error}
                for name, own in said.items()
            },
        }
        for i, scan in enumerate(source.scans)
    ]
    with log.open("a") as file:
        file.write(json.dumps({"source": source.name, "scans": rows}) + "\n")


def _judge(
    source: Source,
    said: dict[str, list[Answer]],
    looks: Looks,
    systems: Sequence[System],
    seed: int,
) -> tuple[SourceResult, list[int]]:
    """The result, and which scans of the sample it is of."""
    copies = [looks.seen.get(scan.file, frozenset()) for scan in source.scans]
    copied = frozenset(
        name
        for name in frozenset().union(*copies)
        if sum(name in one for one in copies) > _SAME * len(copies)
    )
    known_to = tuple(
        one.name for one in systems if one.name in said and one.knows(source.folder, copied)
    )
    rows = [i for i, copy in enumerate(copies) if known_to or not copy]
    found = _result(source.name, source.scans, rows, said, looks, seed)
    duplicates = sum(map(bool, copies))
    return replace(found, of=source.of, duplicates=duplicates, known_to=known_to), rows


def _result(
    name: str,
    scans: Sequence[Judged],
    rows: Sequence[int],
    said: dict[str, list[Answer]],
    looks: Looks,
    seed: int,
) -> SourceResult:
    groups = [scans[i].patient or looks.group[scans[i].file] for i in rows]
    truth = [scans[i].positive for i in rows]
    results: dict[str, Scored] = {
        who: score([own[i] for i in rows], truth, groups, seed) for who, own in said.items()
    }
    return SourceResult(
        name,
        without=truth.count(False),
        with_tumor=truth.count(True),
        of=(truth.count(False), truth.count(True)),
        drawn_together=len(set(groups)),
        duplicates=0,
        known_to=(),
        results=results,
    )


def _pooled(kept, looks: Looks, seed: int) -> SourceResult | None:
    """All sources that none knows, as if they were one."""
    if len(kept) < 2:
        return None
    scans: list[Judged] = []
    said: dict[str, list[Answer]] = {name: [] for name in kept[0][2]}
    for source, rows, own in kept:
        for i in rows:
            one = source.scans[i]
            patient = one.patient and f"{source.name} {one.patient}"
            scans.append(replace(one, patient=patient))
            for name in said:
                said[name].append(own[name][i])
    return _result(POOLED, scans, range(len(scans)), said, looks, seed)


def _costs(installed, plan: Plan, progress: Progress):
    """Sizes, times, memory and damaged files, in processes that have judged nothing before."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        made = make_damaged_files(Path(folder).resolve())
        progress.start("cold starts")
        cold = cost.cold_starts(installed, made["PNG"], plan.rounds, progress.at)
        progress.start("scans in turns")
        workers = {one.name: stack.enter_context(working(one, env)) for one, env in installed}
        timed = [made["PNG"], *_timed(plan.sources)]
        said = _ask(workers, timed, progress)
        files = [
            FileKind(
                kind, {name: _words(worker.ask(file), file) for name, worker in workers.items()}
            )
            for kind, file in made.items()
        ]
    return {
        one.name: cost.Cost(
            env.megabytes,
            environment.model_megabytes(one, env),
            *cold[one.name],
            cost.warm(said[one.name]),
            said[one.name][0].peak_mb,
            said[one.name][-1].peak_mb,
        )
        for one, env in installed
    }, files


def _timed(sources: Sequence[Source]) -> list[Path]:
    """Scans of all sources, evenly."""
    files = [scan.file for source in sources for scan in source.scans]
    return files[:: max(1, len(files) // _TIMED)][:_TIMED]


def _words(answer: Answer, file: Path) -> str:
    return answer.verdict or f"refused: {answer.error}".replace(str(file), file.name)
