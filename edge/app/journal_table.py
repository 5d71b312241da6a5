"""Tables, CSV and Parquet, made of a journal: what is on disk already, in another form.

A table is written to a temporary name and renamed, so it is whole or not there. Its journal stays
beside it, for the next run with more files.
"""

import os

from edge.model_file import bounded_json
from edge.results.result_file import ResultFile
from edge.results.writers import WRITERS

_SUFFIX = ".journal.ndjson"


def journal_of(out: str, format: str) -> str:
    """Where the journal of a file of results is: of ndjson it is that file."""
    return out if format == "ndjson" else out + _SUFFIX


def why_not(out: str, format: str) -> str | None:
    """Why a table cannot be gone on with; None if it can."""
    journal = journal_of(out, format)
    if journal == out or not os.path.lexists(out) or os.path.lexists(journal):
        return None
    return (
        f"{out}: is there, and {journal} is not, which a run with --resume leaves beside it; "
        "name another --out, or move it away"
    )


def make_table(journal: str, out: str, format: str) -> None:
    """Write the table of a journal's results, in its order.

    Raises:
        OutputError: it cannot be written.
        OSError: the journal cannot be read, or no file made beside the table.
    """
    if format == "ndjson":
        return
    with ResultFile(out) as file:
        writer = WRITERS[format](file.stream)
        with open(journal, "rb") as lines:
            for line in lines:
                try:
                    row = bounded_json.loads(line, bounded_json.LINE)
                except ValueError:
                    continue  # damaged, which the journal has said
                if isinstance(row, dict) and "path" in row and "file" in row:
                    writer.write_record(row)
        writer.close()
        file.replace()
