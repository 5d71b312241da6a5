"""The page of the reference on what `edge-classify` writes."""

import csv
import io

from reference_fields import NULL, docs_of, words
from reference_markdown import bullets, page, sentence

from edge.inference.prediction import Prediction
from edge.model_file.manifest import VERDICTS
from edge.parallel.pipeline import Outcome
from edge.results import writers
from edge.results.parquet import COLUMNS as PARQUET_COLUMNS
from edge.results.words import WORDS
from edge.saliency.explain import Explanation

_STUDY = {
    "study": "The folder of its slices, named by the Study Instance UID.",
    "version": "From 1; a study that got more slices later has another line with the next one.",
    "verdict": "The first of `tumor`, `uncertain`, `no_tumor`, `rejected` that one of its series "
    "has; `uncertain` instead of `no_tumor` if a slice could not be read. How well it holds for "
    "studies was not measured: read the series.",
    "slices": "How many it is about. Of two files of one number the later one counts, if their "
    "pixels are the same.",
    "series": "A list of what `--series` writes for each.",
    "report": "With `--send-results` or `--stow`: `queued` if its report is on disk and will be "
    "sent, `failed` if none could be made or not all of it.",
    "content": "A digest of all its slices, by which a restart knows what was judged.",
    "notice": "That this is research software, not a medical device.",
}

_RECORD = {
    "verdict": "One of the four above; null where there is an error.",
    "path": "Of the scan, as it was named or found.",
    "timings_ms": "Milliseconds of `decode`, `preprocess` (with the gate, but for what is in the "
    "model) and `inference`; `inference` is 0 for a scan that was rejected before the model was "
    "asked.",
    "notice": "That this is research software, not a medical device. It is in every record.",
    "error": "Why the file has no verdict; null if it has one.",
}
"""What the code says nothing about: the keys that are no field of `Prediction`."""

_VERDICTS = {
    "tumor": "The probability is at or above the model's threshold, outside its uncertain band.",
    "no_tumor": "It is below the threshold, outside the band, and the gate has no doubt.",
    "uncertain": "It is inside the band; or it is below the threshold and the gate has a doubt.",
    "rejected": "The out-of-distribution gate refused the scan. There is no probability.",
}

_EXPLANATION = {
    "file": "The picture.",
    "method": "Of the heat map, and its size.",
    "peak_log_odds": "Largest value of the heat map. 0 or less: nothing speaks for a tumor.",
    "inferences": "How many further ones it took.",
    "milliseconds": "How long it took.",
}

_FORMATS = {
    "text": "A line a scan for people, and the notice at the end.",
    "json": "One document: `notice`, and `results`, a list of records.",
    "ndjson": "A record a line. What `--watch`, `--scp` and `--resume` write.",
    "csv": "A header and a row a scan.",
    "html": "One web page that needs no other file and no network: a summary, and a card a scan "
    "with its heat map, if the model has one of its own or `--explain` is given.",
    "parquet": "A table of typed columns, in a file (extra `parquet`).",
}


def results_page() -> str:
    """Of what `edge-classify` writes."""
    sample = Prediction("tumor", 0.0, None, "", "", False, 0.0, 0.0, 0.0, typed=True)
    keys = list(writers.record(Outcome("", sample, None)))
    texts = docs_of(Prediction) | _RECORD
    hints = {name: words(kind) for name, kind in Prediction.__annotations__.items()}
    hints |= {"path": "text", "timings_ms": "object", "notice": "text", "error": "text or null"}
    explained = list(Explanation("", "", 0.0, 0, 0.0).to_dict())
    if set(explained) != set(_EXPLANATION) or set(VERDICTS) != set(_VERDICTS):
        raise ValueError("a verdict or a key of an explanation is not described")
    if set(writers.WRITERS) != set(_FORMATS):
        raise ValueError("a format of results is not described")
    stream = io.StringIO()
    writers.CsvWriter(stream)
    columns = next(csv.reader([stream.getvalue().strip()]))
    return page(
        "Results of edge-classify",
        "Results go to standard output, or to the file of `--out`. Everything else goes to "
        "standard error.",
        "## Verdicts",
        "\n".join(f"- `{name}`, for people {WORDS[name]}: {_VERDICTS[name]}" for name in VERDICTS),
        "## Formats",
        bullets([f"`{name}`: {text}" for name, text in _FORMATS.items()]),
        "## A record",
        "The same keys stand in JSON, NDJSON and CSV, but for the times, which are three columns "
        "in CSV; in JSON and NDJSON `type` and "
        "`type_probabilities` only where the model tells types of tumor. A file that could not be "
        f"read has `path`, `error` and `notice`; everything else is null. {NULL}",
        bullets([f"`{key}`: {hints[key]}. {sentence(texts[key])}" for key in keys]),
        "## With `--explain`",
        "JSON and NDJSON records have `explanation` as well:",
        bullets([f"`{key}`: {text}" for key, text in _EXPLANATION.items()]),
        "## With `--watch` and `--resume`",
        "Each line has `file` as well: the absolute `path`, `size` in bytes, `mtime_ns` (time of "
        "change in nanoseconds), `sha256`, `inode` and `ctime_ns` (when the system noted the last "
        "change) of the file. By these a file is known again. `sha256` is null where the file is "
        "too large to be a scan.",
        "## With `--scp`, `--dicomweb`, `--query-retrieve`",
        "Lines of slices are those of `--watch`. Studies have lines of their own, on standard "
        "output and in a file beside the results: `NAME.studies.ndjson` beside `NAME.ndjson`.",
        bullets([f"`{key}`: {text}" for key, text in _STUDY.items()]),
        "## Columns of CSV",
        "In this order, quoted as RFC 4180 says:",
        bullets([f"`{column}`" for column in columns]),
        "## Columns of Parquet",
        "In this order, of Arrow's types, each of which may be null. `remarks` is a list; "
        "`scan_bytes` and `scan_sha256` are of the scan's own file and are there with `--resume` "
        "alone. The notice is in the metadata of the file as well.",
        bullets([f"`{column}`: {kind}" for column, kind in PARQUET_COLUMNS.items()]),
    )
