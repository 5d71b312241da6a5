"""The README's tables and pictures, from a report: `python -m benchmarks.report.readme`.

Rewrites what stands between markers

    <!-- benchmarks NAME: ... -->
    <!-- benchmarks end -->

in README.md and docs/measurements/benchmarks.md, and draws the pictures into docs/benchmarks/.
Nothing there is written by hand, so that it cannot drift from what was measured; `--check` tells
whether it has.
"""

import argparse
import hashlib
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.limits.gate import PREDICT
from benchmarks.report.output import markdown_table
from benchmarks.report.tables import MISSING, Table, summary, tables, verdicts
from benchmarks.results.report import Group, Model, Report, read_report

REPORT = Path("docs/benchmarks/report.json")
_IN_README = ("int8", "litert")  # what goes to a device; the rest is in docs/
DOCUMENTS = (Path("README.md"), Path("docs/measurements/benchmarks.md"))
_WIDTH = 110
"""Characters of a table's line in a document."""
_NAMES = ("run", "model", "engine", "threads", "jobs", "threads each")
"""Columns that name a row."""
_MARK = "mri-edge-report"  # key of a PNG text: the report's SHA-256
_BLOCK = re.compile(
    r"(<!-- benchmarks (?P<name>[a-z]+):[^\n]*-->\n).*?(<!-- benchmarks end -->)", re.DOTALL
)


def results(report: Report) -> str:
    """The README's table: int8 TFLite beside Keras, with the first number of threads."""
    head = ("model", "size", "verdicts unlike Keras", "inference p50, ms")
    head += (f"times faster than Keras `{PREDICT}`",)
    shown = [
        (group, model)
        for group in report.groups
        for model in group.models
        if (model.precision, model.engine) == _IN_README and model.rows
    ]
    shown.sort(key=lambda pair: pair[1].megabytes)
    table = Table("", head, tuple(_row(group, model) for group, model in shown))
    noisy = " * noisy." * any(model.rows[0].inference.noisy for _, model in shown)
    partial = " **PARTIAL: it was interrupted.**" * report.partial
    machine = report.machine
    return (
        f"{machine.processor}, {machine.cores} cores, {report.created[:10]}, {_threads(shown)}, "
        f"int8 TFLite in LiteRT.{noisy}{partial}\n\n" + "\n".join(markdown_table(table))
    )


def full(report: Report) -> str:
    """Every table of the report, and what the gate said."""
    parts = list(summary(report))
    for table in tables(report):
        parts.append(f"### {table.title}")
        parts += ["\n".join(_lines(part)) for part in _narrow(table)]
        parts += filter(None, [table.note])
    parts += [_link(name, "../benchmarks") for name in _drawn(report)]
    lines = [line.partition(" Limits: ")[0] for line in verdicts(report)]
    return "\n\n".join([*parts, *(["\n".join(f"- {line}" for line in lines)] if lines else [])])


def _narrow(table: Table) -> list[Table]:
    """A table as several of `_WIDTH` characters: the columns that name a row stand in each."""
    head, *rows = [tuple(map(_short, row)) for row in (table.head, *table.rows)]
    names = next(i for i, name in enumerate(head) if name not in _NAMES)
    found: list[Table] = []
    columns: list[int] = []
    for column in range(names, len(head)):
        wider = _columns(head, rows, [*range(names), *columns, column])
        if columns and max(map(len, _lines(wider))) > _WIDTH:
            found.append(_columns(head, rows, [*range(names), *columns]))
            columns = []
        columns.append(column)
    return [*found, _columns(head, rows, [*range(names), *columns])]


def _lines(table: Table) -> list[str]:
    """A Markdown table, unpadded: a narrow one."""
    lines = (table.head, tuple("---" for _ in table.head), *table.rows)
    return [f"| {' | '.join(line)} |" for line in lines]


def _columns(head: tuple[str, ...], rows: list[tuple[str, ...]], which: list[int]) -> Table:
    """Some columns of a table, without the rows that have nothing in them."""
    names = sum(head[i] in _NAMES for i in which)
    cells = [tuple(row[i] for i in which) for row in rows]
    some = [row for row in cells if set(row[names:]) - {"", MISSING}]
    return Table("", tuple(head[i] for i in which), tuple(some))


def _short(cell: str) -> str:
    """What bounds a model, without the number that stands beside it."""
    return re.sub(r" \(\d+ times its floor, set by (.*)\)", r"; floor: \1", cell)


BLOCKS: dict[str, Callable[[Report], str]] = {"results": results, "full": full}
"""What can stand between markers, by name."""


def rewritten(text: str, report: Report) -> str:
    """A document with what stands between its markers replaced.

    Raises:
        BenchmarkError: a marker names no known block.
    """

    def fill(match: re.Match) -> str:
        name = match["name"]
        if name not in BLOCKS:
            raise BenchmarkError(f"unknown block {name!r}; known: {', '.join(BLOCKS)}")
        return f"{match[1]}{BLOCKS[name](report)}\n{match[3]}"

    return _BLOCK.sub(fill, text)


def stale(root: Path, report_file: Path) -> list[str]:
    """Which documents and pictures are not what the report makes of them, or missing.

    Pictures are told by the report's hash, which they carry: another Matplotlib draws other bytes.
    """
    report, digest = read_report(report_file), _sha256(report_file)
    found = []
    for name in DOCUMENTS:
        text = (root / name).read_text()
        if rewritten(text, report) != text:
            found.append(str(name))
    pictures = [report_file.parent / f"{name}.png" for name in _drawn(report)]
    found += [f"{path} (missing)" for path in pictures if not path.is_file()]
    for path in sorted(report_file.parent.glob("*.png")):
        with Image.open(path) as image:
            if image.text.get(_MARK) != digest:
                found.append(str(path))
    return found


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks.report.readme` and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report.readme",
        description="Write the measured tables and pictures into README.md and docs/.",
        epilog="Exit status: 0; 1 --check found something stale; 2 no usable report.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("report", nargs="?", type=Path, default=REPORT, help=f"(default: {REPORT})")
    add("--check", action="store_true", help="write nothing, tell what is stale")
    args = parser.parse_args(argv)
    root = Path(__file__).parents[2]
    try:
        if args.check:
            found = stale(root, args.report)
            print("\n".join(f"stale: {name}" for name in found) or "all as the report says")
            return int(bool(found))
        _write(root, args.report)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def _write(root: Path, report_file: Path) -> None:
    from benchmarks.report.charts import draw

    report = read_report(report_file)
    texts = {name: rewritten((root / name).read_text(), report) for name in DOCUMENTS}
    with tempfile.TemporaryDirectory(dir=report_file.parent) as folder:
        for path in draw(report, Path(folder), {_MARK: _sha256(report_file)}):
            path.replace(report_file.parent / path.name)
    for name, text in texts.items():
        (root / name).write_text(text)
        print(f"written: {name}")


def _row(group: Group, model: Model) -> tuple[str, ...]:
    row, judged = model.rows[0], model.judged
    agreement = judged.agreement if judged else None
    ratio = row.times_faster.get(PREDICT)
    return (
        group.run,
        f"{model.megabytes:.1f} MB",
        f"{agreement.changed} of {agreement.scans}" if agreement else MISSING,
        f"{row.inference.p50:.2f}{'*' * row.inference.noisy}",
        f"{ratio.value:.1f} [{ratio.low:.1f}-{ratio.high:.1f}]" if ratio else MISSING,
    )


def _drawn(report: Report) -> list[str]:
    """Names of the pictures that `benchmarks.report.charts` draws of a report."""
    models = [model for group in report.groups for model in group.models]
    found = {
        "latency-percentiles": any(m.rows for m in models),
        "accuracy-latency": any(m.rows and m.judged and m.judged.accuracy for m in models),
        "stages": any(m.stages for m in models),
        "floor": any(row.floor for m in models for row in m.rows[:1]),
    }
    return [name for name, drawn in found.items() if drawn]


def _link(name: str, folder: str) -> str:
    return f"![{name.replace('-', ' ').capitalize()}]({folder}/{name}.png)"


def _threads(shown: list[tuple[Group, Model]]) -> str:
    counts = sorted({model.rows[0].threads for _, model in shown})
    words = ", ".join("one" if n == 1 else str(n) for n in counts) or "no"
    return f"{words} engine thread{'s' * (counts != [1])}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
