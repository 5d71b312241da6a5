"""The README's table, docs/measurements/benchmarks.md's and the pictures, from a report.

`python -m benchmarks.report.readme` tells what is not as docs/benchmarks/report.json says; with
`--write` it rewrites what stands between markers

    <!-- benchmarks NAME: ... -->
    <!-- benchmarks end -->

in both documents, and draws the pictures into docs/benchmarks/. Nothing there is written by hand,
so that it cannot drift from what was measured.
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
from benchmarks.report.sentences import summary, verdicts
from benchmarks.report.tables import MISSING, Table, tables
from benchmarks.results.report import Group, Model, Report, read_report

REPORT = Path("docs/benchmarks/report.json")
_IN_README = ("int8", "fp32")  # what goes to a device, and the reference; the rest is in docs/
_NAMES = {"compact": "compact", "cnn": "article's CNN", "vgg16": "VGG16"}
"""Of architectures in the README, in this order; others by their run's name, behind."""
FULL = Path("docs/measurements/benchmarks.md")
DOCUMENTS = (Path("README.md"), FULL)
_MARK = "mri-edge-report"  # key of a PNG text: the report's SHA-256
_BLOCK = re.compile(
    r"(<!-- benchmarks (?P<name>[a-z]+):[^\n]*-->\n).*?(<!-- benchmarks end -->)", re.DOTALL
)


def results(report: Report) -> str:
    """The README's table: int8 and float32 with the first number of threads."""
    head = ("model and file", "size", "verdicts unlike Keras", "ms, p50 / p90")
    head += ("times as fast as Keras",)
    order = list(_NAMES)
    rows = [
        _row(group, model)
        for group in sorted(
            report.groups, key=lambda one: [*order, one.architecture].index(one.architecture)
        )
        for precision in _IN_README
        for model in group.models
        if model.rows and model.precision == precision
    ]
    noisy = any("*" in cell for row in rows for cell in row)
    mark = " * noisy: the medians of the rounds spread by more than 20 %." * noisy
    partial = " **PARTIAL: it was interrupted.**" * report.partial
    return "\n\n".join(
        [
            f"{report.machine.kind}, {report.created[:10]}. {_threads(report)}.{partial}",
            "\n".join(markdown_table(Table("", head, tuple(rows)))),
            "Inference on a preprocessed scan; compact is the bundled network. Ratios are to "
            f"Keras' `{PREDICT}`: medians over rounds in which all took turns, with 95 % intervals."
            f"{mark} Everything else: [{FULL}]({FULL}).",
        ]
    )


def full(report: Report) -> str:
    """Every table of the report, and what the gate said."""
    parts = list(summary(report))
    for table in tables(report):
        parts += [f"### {table.title}", "\n".join(markdown_table(table))]
        parts += filter(None, [table.note])
    parts += [_link(name, "../benchmarks") for name in _drawn(report)]
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


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks.report.readme` and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report.readme",
        description=f"Compare README.md, {FULL} and the pictures with {REPORT}.",
        epilog="Exit status: 0; 1 something is stale; 2 no usable report.",
        allow_abbrev=False,
    )
    help = "write the tables and pictures anew; without, nothing is overwritten"
    parser.add_argument("--write", action="store_true", help=help)
    args = parser.parse_args(argv)
    root = Path(__file__).parents[2]
    try:
        if args.write:
            _write(root, root / REPORT)
            return 0
        found = stale(root, root / REPORT)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print("\n".join(f"stale: {name}" for name in found) or "all as the report says")
    if found:
        print("write them anew: python -m benchmarks.report.readme --write")
    return int(bool(found))


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
        f"{_NAMES.get(group.architecture, group.run)}, {model.precision} {model.format}",
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


def _threads(report: Report) -> str:
    models = [m for g in report.groups for m in g.models if m.rows]
    counts = sorted({m.rows[0].threads for m in models})
    words = ", ".join(f"{n} engine thread{'s' * (n > 1)}" for n in counts)
    engines = dict.fromkeys(f".{m.format} in {m.engine}" for m in models)
    if not models:
        return "Nothing was timed"
    return f"{words}; Keras `{PREDICT}` with its default threads. {', '.join(engines)}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
