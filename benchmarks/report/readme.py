"""The README's tables and pictures, from a report: `python -m benchmarks readme`.

Rewrites what stands between markers

    <!-- benchmarks NAME: ... -->
    <!-- benchmarks end -->

in README.md and docs/benchmarks.md, and draws the pictures into docs/benchmarks/. Nothing there is
written by hand, so that it cannot drift from what was measured; `--check` tells whether it has.
"""

import hashlib
import re
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
_IN_README = ("fp32", "int8")  # the reference and what goes to a device; the rest is in docs/
DOCUMENTS = (Path("README.md"), Path("docs/benchmarks.md"))
_MARK = "mri-edge-report"  # key of a PNG text: the report's SHA-256
_BLOCK = re.compile(
    r"(<!-- benchmarks (?P<name>[a-z]+):[^\n]*-->\n).*?(<!-- benchmarks end -->)", re.DOTALL
)


def results(report: Report) -> str:
    """The README's table: float32 and int8 with the first number of threads."""
    head = ("model", "file", "size", "verdicts unlike Keras", "inference p50 / p90, ms")
    head += ("file to verdict, ms", "times faster than `predict`", "`model(x)`", "`tf.function`")
    head += ("peak MB", "cold process / minimal, ms")
    rows = []
    for group in report.groups:
        for keras in group.keras:
            latency = f"{keras.latency.p50:.2f} / {keras.latency.p90:.2f}"
            alone = group.keras_process if keras.call == PREDICT else None
            peak = f"{alone.memory.peak:.0f}" if alone and alone.memory else ""
            cold = f"{alone.cold_ms:.0f}" if alone else ""
            cells = (f"Keras `{keras.call}`", "", "", latency, *[""] * 4, peak, cold)
            rows.append((group.run, *cells))
        shown = [model for model in group.models if model.precision in _IN_README]
        rows += [_row(group, model) for model in shown if model.rows]
    noisy = any(row.inference.noisy for g in report.groups for m in g.models for row in m.rows)
    mark = " * noisy: the rounds' medians spread by more than 20 %." * noisy
    partial = " **PARTIAL: it was interrupted.**" * report.partial
    return "\n\n".join(
        [
            f"{report.machine.kind}, {report.created[:10]}, `{report.command}`; "
            f"{_threads(report)}. Ratios are medians over rounds in which all took turns.{mark}"
            f"{partial} Everything else of this run: [docs/benchmarks.md](docs/benchmarks.md).",
            "\n".join(markdown_table(Table("", head, tuple(rows)))),
            *(_link(name, "docs/benchmarks") for name in _drawn(report) if name.startswith("acc")),
        ]
    )


def full(report: Report) -> str:
    """Every table of the report, and what the gate said."""
    parts = list(summary(report))
    for table in tables(report):
        parts += [f"### {table.title}", "\n".join(markdown_table(table))]
        parts += filter(None, [table.note])
    parts += [_link(name, "benchmarks") for name in _drawn(report)]
    lines = verdicts(report)
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
    row, judged, agreement = model.rows[0], model.judged, None
    agreement = judged.agreement if judged else None
    times = [row.times_faster.get(name) for name in (PREDICT, "model(x)", "tf.function")]
    call, cold = model.stages and model.stages.call, model.cold
    return (
        group.run,
        f"{model.precision} {model.format}, {model.engine}",
        f"{model.megabytes:.1f} MB",
        f"{agreement.changed} of {agreement.scans}" if agreement else MISSING,
        f"{row.inference.p50:.2f} / {row.inference.p90:.2f}{'*' * row.inference.noisy}",
        f"{call.p50:.2f} / {call.p90:.2f}" if call else MISSING,
        *(
            f"{ratio.value:.1f} [{ratio.low:.1f}-{ratio.high:.1f}]" if ratio else ""
            for ratio in times
        ),
        f"{model.memory.peak:.0f}" if model.memory else MISSING,
        f"{cold.ours.p50:.0f} / {cold.minimal.p50:.0f}" if cold else MISSING,
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


def _threads(report: Report) -> str:
    counts = {m.rows[0].threads for g in report.groups for m in g.models if m.rows}
    words = ", ".join(f"{n} engine thread{'s' * (n > 1)}" for n in sorted(counts))
    return f"{words}; Keras with its default threads" if words else "nothing timed"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
