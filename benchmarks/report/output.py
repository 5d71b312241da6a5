"""Show a report on the terminal, and leave it as files."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.installed import is_installed
from benchmarks.report.cells import Table
from benchmarks.report.sentences import summary, verdicts
from benchmarks.report.tables import tables
from benchmarks.results.benchmark_report import Report
from edge import NOTICE
from edge.console import escape
from edge.console.messages import printable
from edge.model_file.dataclass_json import to_json
from export.package import write_container

REPORT_JSON, REPORT_MD = "report.json", "report.md"


def show(report: Report) -> None:
    """Print it: with rich on a workstation's terminal, as plain text elsewhere."""
    if is_installed("rich") and sys.stdout.isatty():
        _show_rich(report)
    else:
        print(plain(report))


def plain(report: Report) -> str:
    """For a terminal without anything installed."""
    parts = ["\n".join(map(printable, summary(report)))]
    for table in tables(report):
        parts.append("\n".join([table.title, *columns(table), *filter(None, [table.note])]))
    return "\n\n".join([*parts, "\n".join([*map(printable, verdicts(report)), NOTICE])])


def columns(table: Table) -> list[str]:
    """Cells padded to columns."""
    table = _with_text(table, printable)
    widths = _widths(table)
    lines = (table.head, tuple("-" * width for width in widths), *table.rows)
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def markdown(report: Report, pictures: Sequence[str] = ()) -> str:
    """report.md; `pictures` are names of files beside it."""
    parts = ["# Benchmark", NOTICE, *map(printable, summary(report, escape.markdown))]
    for table in tables(report):
        parts += [
            f"## {table.title}",
            "\n".join(markdown_table(table)),
            *filter(None, [table.note]),
        ]
    parts += [f"![{Path(name).stem.replace('-', ' ')}]({name})" for name in pictures]
    lines = verdicts(report)
    if lines:
        parts += ["## In line?", "\n".join(f"- {escape.markdown(line)}" for line in lines)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table, text: Callable[[object], str] = escape.markdown) -> list[str]:
    """A Markdown table with padded columns: as readable in an editor as rendered.

    Args:
        text: of each cell; `str` for one whose cells are Markdown.
    """
    table = _with_text(table, text)
    widths = _widths(table)
    lines = (table.head, tuple("-" * width for width in widths), *table.rows)
    return [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]


def _with_text(table: Table, text: Callable[[object], str]) -> Table:
    rows = tuple(tuple(map(text, row)) for row in table.rows)
    return replace(table, head=tuple(map(text, table.head)), rows=rows)


def check_writable(folder: Path) -> None:
    """Find out before minutes of work.

    Raises:
        BenchmarkError: it cannot be written.
    """
    try:
        write_container.check_writable(folder)
    except OSError as error:
        raise BenchmarkError(f"{folder}: cannot be written ({error.strerror})") from error


def write(report: Report, folder: Path) -> None:
    """report.json, report.md and, where Matplotlib is, pictures.

    Raises:
        BenchmarkError: the folder cannot be written.
    """
    try:
        data = (json.dumps(to_json(report), indent=1) + "\n").encode()
        write_container.write_atomically(folder / REPORT_JSON, data)
        names = []
        if is_installed("matplotlib"):
            from train.hardware.home_folder import spare_matplotlib

            spare_matplotlib()
            from benchmarks.report.charts import draw

            names = [path.name for path in draw(report, folder)]
        write_container.write_atomically(folder / REPORT_MD, markdown(report, names).encode())
    except OSError as error:
        raise BenchmarkError(
            f"{folder}: the report cannot be written ({error.strerror}); it stands above"
        ) from error
    others = f" and {len(names)} pictures" if names else ""
    print(f"Written: {folder / REPORT_JSON}, {folder / REPORT_MD}{others}")


def _show_rich(report: Report) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    for line in summary(report):
        console.print(Text(line))
    for table in tables(report):
        shown = RichTable(title=table.title, caption=table.note, box=box.SIMPLE_HEAD)
        for name in table.head:
            shown.add_column(Text(name), overflow="fold")
        for row in table.rows:
            shown.add_row(*(Text(cell, style="yellow" * ("NOISY" in cell)) for cell in row))
        console.print(shown)
    for line in verdicts(report):
        console.print(Text(line, style="bold red" if "FAILED" in line else ""))
    console.print(Text(NOTICE))


def _widths(table: Table) -> list[int]:
    return [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
