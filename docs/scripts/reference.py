"""Write the generated pages of docs/reference/: `python docs/scripts/reference.py`.

Everything there is made from the code: options from argparse, fields from dataclasses, the module
map from docstrings. `--check` tells which pages are stale; a test runs it. glossary.md alone is
written by hand.
"""

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path

import reference_environment
import reference_files
import reference_results
import reference_run_folder
from reference_markdown import page
from reference_modules import module_map
from reference_options import command, epilog, exit_statuses
from reference_source_toml import source_toml_page

import edge
from benchmarks import arguments as benchmarks_arguments
from edge.app import arguments as edge_arguments
from export import arguments as export_arguments
from train import arguments as train_arguments

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"


@cache
def parsers() -> dict[str, dict[str, argparse.ArgumentParser]]:
    """Page, and the commands on it."""
    commands = {
        "edge-classify": [edge_arguments.parser()],
        "train": [train_arguments.parser()],
        "export": [
            export_arguments.parser(),
            *(make() for make in export_arguments.COMMANDS.values()),
        ],
        "benchmarks": [
            benchmarks_arguments.parser(),
            *(make() for make, _ in benchmarks_arguments.COMMANDS.values()),
        ],
    }
    return {name: {one.prog: one for one in several} for name, several in commands.items()}


def command_page(name: str) -> str:
    """Of a command and its sub-commands."""
    (title, main), *others = parsers()[name].items()
    blocks = [*command(main), *epilog(main)]
    for prog, parser in others:
        blocks += [f"## {prog}", *command(parser, 3), *epilog(parser, 3)]
    more = "What its exit statuses mean: [exit statuses](environment.md#exit-statuses)."
    text = page(title, *blocks, "## See also", more, MORE[name])
    return text.replace("Default: see below.", "Default: [by kind of file](export-targets.md).")


MORE = {
    "edge-classify": "What it writes: [results](results.md).",
    "train": "What it leaves: [the run folder](run-folder.md). What it may be told of its data: "
    "[source.toml](source-toml.md).",
    "export": "What can be exported and how far it may stray: [export targets](export-targets.md).",
    "benchmarks": "What it leaves: [the benchmark report](benchmark-report.md).",
}


def environment_page() -> str:
    """Of exit statuses and environment variables."""
    statuses = {
        prog: exit_statuses(parser)
        for several in parsers().values()
        for prog, parser in several.items()
    }
    return reference_environment.environment_page(
        {prog: pairs for prog, pairs in statuses.items() if pairs}
    )


PAGES: dict[str, Callable[[], str]] = {
    **{f"{name}.md": lambda name=name: command_page(name) for name in MORE},
    "manifest.md": reference_files.manifest_page,
    "results.md": reference_results.results_page,
    "run-folder.md": reference_run_folder.run_folder_page,
    "source-toml.md": source_toml_page,
    "export-targets.md": reference_files.targets_page,
    "benchmark-report.md": reference_files.benchmark_report_page,
    "environment.md": environment_page,
    "module-map.md": module_map,
}


def stale() -> list[str]:
    """Names of the pages that are not what the code makes of them."""
    return [
        name
        for name, make in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != make()
    ]


def main(argv: list[str] | None = None) -> int:
    """Write or check the pages and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python docs/scripts/reference.py",
        description="Write the generated pages of docs/reference/.",
        epilog="Exit status: 0; 1 --check found a stale page; 2 another mri-edge is installed.",
        allow_abbrev=False,
    )
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is stale")
    args = parser.parse_args(argv)
    if ROOT not in Path(edge.__file__).parents:
        parser.error(f"the installed mri-edge is another one, {edge.__file__}: pip install -e .")
    if args.check:
        found = stale()
        print("\n".join(f"stale: {name}" for name in found) or "all as the code says")
        return int(bool(found))
    for name in stale():
        (FOLDER / name).write_text(PAGES[name]())
        print(f"written: docs/reference/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
