"""The README's table, docs/measurements/benchmarks.md's and the pictures, from a report.

`python -m benchmarks readme` tells what is not as docs/benchmarks/report.json says; with
`--write` it rewrites what stands between markers

    <!-- benchmarks NAME: ... -->
    <!-- benchmarks end -->

in both documents, and draws the pictures into docs/benchmarks/. Nothing there is written by hand,
so that it cannot drift from what was measured.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.limits.pass_or_fail import PREDICT
from benchmarks.report.cells import MISSING, Table
from benchmarks.report.output import markdown_table
from benchmarks.report.sentences import LIMIT, summary, verdicts
from benchmarks.report.tables import tables
from benchmarks.results.benchmark_report import Group, Model, Report, read_report

REPORT = Path("docs/benchmarks/report.json")
_IN_README = ("int8", "fp32")  # what goes to a device, and the reference; the rest is in docs/
_ENGINE = "litert"
FULL = Path("docs/measurements/benchmarks.md")
DOCUMENTS = (Path("README.md"), FULL)
_MARK = "mri-edge-report"  # key of a PNG text: the report's SHA-256
_BLOCK = re.compile(
    r"(<!-- benchmarks (?P<name>[a-z]+):[^\n]*-->\n).*?(<!-- benchmarks end -->)", re.DOTALL
)


def results(report: Report) -> str:
    """The README's table: TFLite beside Keras, with the first number of threads."""
    head = ("model and file", "size", "verdicts unlike Keras", "p50 / p90, ms")
    head += (f"times as fast as Keras `{PREDICT}`",)
    shown = [
        (group, model)
        for group in sorted(report.groups, key=_smallest)
        for precision in _IN_README
        for model in group.models
        if (model.precision, model.engine) == (precision, _ENGINE) and model.rows
    ]
    table = Table("", head, tuple(_row(group, model) for group, model in shown))
    noisy = " * noisy." * any(model.rows[0].inference.noisy for _, model in shown)
    partial = " **PARTIAL: it was interrupted.**" * report.partial
    machine = report.machine
    lines = "\n".join(markdown_table(table, str))
    return (
        f"{machine.processor}, {machine.cores} cores, {report.created[:10]}, {_threads(shown)}, "
        f"inference with TFLite in LiteRT.{noisy}{partial}\n\n{lines}"
    )


def _smallest(group: Group) -> float:
    return min((model.megabytes for model in group.models), default=0.0)


def full(report: Report) -> str:
    """Every table of the report, and what the gate said."""
    parts = list(summary(report))
    for table in tables(report):
        parts += [f"### {table.title}", "\n".join(markdown_table(table))]
        parts += filter(None, [table.note])
    parts += [_link(name, "../benchmarks") for name in _drawn(report)]
    lines = [line for line in verdicts(report) if not line.startswith(LIMIT)]
    return "\n\n".join([*parts, *(["\n".join(f"- {line}" for line in lines)] if lines else [])])


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


def write(root: Path, report_file: Path) -> list[str]:
    """Draw the pictures beside the report, rewrite the documents; returns their names."""
    from train.hardware.home_folder import spare_matplotlib

    spare_matplotlib()
    from benchmarks.report.charts import draw

    report = read_report(report_file)
    texts = {name: rewritten((root / name).read_text(), report) for name in DOCUMENTS}
    with tempfile.TemporaryDirectory(dir=report_file.parent) as folder:
        for path in draw(report, Path(folder), {_MARK: _sha256(report_file)}):
            path.replace(report_file.parent / path.name)
    for name, text in texts.items():
        (root / name).write_text(text)
    return [str(name) for name in texts]


def _row(group: Group, model: Model) -> tuple[str, ...]:
    row, judged = model.rows[0], model.judged
    agreement = judged.agreement if judged else None
    ratio = row.times_faster.get(PREDICT)
    return (
        f"{group.run} {model.precision}",
        f"{model.megabytes:.1f} MB",
        f"{agreement.changed} of {agreement.scans}" if agreement else MISSING,
        f"{row.inference.p50:.2f} / {row.inference.p90:.2f}{'*' * row.inference.noisy}",
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
