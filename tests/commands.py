"""All command lines of the project, for tests that hold for each."""

import benchmarks.arguments
import edge.app.arguments
import export.arguments
import train.arguments
from edge.console.parser import Parser


def all_parsers() -> dict[str, Parser]:
    """How each command is called, and its parser."""
    made = [
        edge.app.arguments.parser(),
        train.arguments.parser(),
        export.arguments.parser(),
        *(make() for make in export.arguments.COMMANDS.values()),
        benchmarks.arguments.parser(),
        *(make() for make, _ in benchmarks.arguments.COMMANDS.values()),
    ]
    return {parser.prog: parser for parser in made}
