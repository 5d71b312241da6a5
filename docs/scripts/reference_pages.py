"""The pages of the reference that are made from code, but for the commands and the module map."""

import ast
import csv
import io
from pathlib import Path

from reference_fields import NULL, classes, docs_of, reachable, words
from reference_markdown import bullets, page, prose, sentence, table

from benchmarks.limits.pass_or_fail import (
    COMPILED,
    MAX_TIMES_FLOOR,
    MIN_TIMES_COMPILED,
    MIN_TIMES_FASTER,
    MIN_TIMES_FASTER_OTHERWISE,
    MIN_TIMES_UNQUANTIZED,
)
from benchmarks.limits.pass_or_fail import MAX_SENSITIVITY_DROP as DROPS
from benchmarks.results import benchmark_report
from benchmarks.results.benchmark_report import Report
from edge.inference.prediction import Prediction
from edge.model_file import manifest, manifest_json
from edge.model_file.manifest import VERDICTS, Manifest
from edge.model_file.provenance import Provenance
from edge.parallel.pipeline import Outcome
from edge.results import writers
from edge.results.parquet import COLUMNS as PARQUET_COLUMNS
from edge.results.words import WORDS
from edge.saliency.explain import Explanation
from export.export_report import REPORT as EXPORT_REPORT
from export.prove.parity import MIN_COMPARED
from export.quantize.calibration_methods import AUTO, METHODS
from export.quantize.layer_search import DEFAULT_GROWTH
from export.quantize.representative_dataset import DEFAULT_SCANS
from export.targets import TARGETS
from train.data.scans import SplitScan
from train.run import run_folder
from train.run.run_folder import PrunedFrom, RunManifest

ROOT = Path(__file__).parents[2]


def manifest_page() -> str:
    """Of a model file's manifest."""
    main = reachable(Manifest)
    return page(
        "The manifest of a model file",
        f"An exported file carries its manifest inside. This is version {manifest.MANIFEST_VERSION}"
        f" of it, {manifest.TYPED_VERSION} where the model tells types of tumor, and "
        f"{manifest.GATED_VERSION} where its reject gate is in its graph. A reader "
        "takes every minor version of the major ones that it knows and refuses others. Releases "
        f"from before types know major version {manifest.MANIFEST_VERSION[0]} alone.",
        "In a `.tflite` file it is in a ZIP behind the model: `unzip -l FILE` lists it. In an "
        "`.onnx` file it is in the model's metadata. `python -m export inspect FILE` prints it in "
        "words.",
        f"It is JSON of at most {manifest_json.MAX_MANIFEST_BYTES:,} bytes. Beside the fields "
        "below it has `seal`: a SHA-256 over all the others. The seal finds damage. It is no "
        f"signature, for whoever edits a manifest can seal it anew. {NULL}",
        *classes(main),
        "## What is under `provenance`",
        "A device reads this part only when somebody asks for it.",
        *classes(reachable(Provenance), 3),
    )


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
        "The same keys stand in JSON, NDJSON and CSV; in JSON and NDJSON `type` and "
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


_STUDY = {
    "study": "The folder of its slices, named by the Study Instance UID.",
    "version": "From 1; a study that got more slices later has another line with the next one.",
    "verdict": "The first of `tumor`, `uncertain`, `no_tumor`, `rejected` that one of its series "
    "has; `uncertain` instead of `no_tumor` if a slice could not be read. How well it holds for "
    "studies was not measured: read the series.",
    "slices": "How many it is about. Of two files of one slice the later one counts.",
    "series": "A list of what `--series` writes for each.",
    "report": "With `--send-results` or `--stow`: `queued` if its report is on disk and will be "
    "sent, `failed` if none could be made or not all of it.",
    "content": "A digest of all its slices, by which a restart knows what was judged.",
    "notice": "That this is research software, not a medical device.",
}

_RUN_FILES = {
    run_folder.MODEL: "The Keras model.",
    run_folder.MANIFEST: "What export and benchmarks must know of the run: see below.",
    run_folder.SPLIT: "A list of every scan with its part: see below.",
    run_folder.TYPES: "With `--types`: the head that tells types of tumor.",
    run_folder.GATE: "Of `--model compact`: what its reject gate goes by.",
    run_folder.UNSEEN: "With `--unseen-sources`: what was said of each scan of a source left out.",
    run_folder.HISTORY: "The learning curve: a row an epoch, with `epoch` and what Keras reports.",
    run_folder.REPORT_JSON: "All figures: see below.",
    run_folder.REPORT_MD: "The same as a model card in words.",
    "curves.png": "The learning curve.",
    "roc.png": "The ROC curve.",
    "reliability.png": "Probabilities against what was found: calibration.",
    "confusion.png": "Verdicts against the truth.",
    "coverage-risk.png": "Errors left over as more scans are called uncertain.",
    "errors.png": "The worst errors as thumbnails.",
    "unseen-sources.png": "With `--unseen-sources`: what other bands would give.",
}

_REPORT_KEYS = {
    "notice": "That this is research software, not a medical device.",
    "synthetic": "Whether any scan is a generated phantom.",
    "architecture": "Name of the network.",
    "counts": "Scans per part and label.",
    "left_out_by_teachers": "Training scans that were left out because teachers disagree.",
    "no_brain": "Scans that are said to be no MRI slice of a brain, by part. No network is shown "
    "those of the training and validation part.",
    "clusters": "Number of duplicate clusters.",
    "patients": "Number of known patients.",
    "one_patient": "Whether the DICOM files say that all scans are of one patient, so that none "
    "could be held out.",
    "label_conflicts": "Copies of one scan that have different labels.",
    "dropped": "Scans that take no part, each with the reason.",
    "leaks_dropped": "How many of them were dropped by the leak guard.",
    "relatives_dropped": "How many of them are of sources that may share patients with a tested "
    "one ([source.toml](source-toml.md)).",
    "unreadable": "Files that were skipped, each with the reason.",
    "epochs": "How many were trained.",
    "best_epoch": "The one whose weights were kept.",
    "weights": "Where those of the backbone come from; null without a backbone.",
    "started_from": "The run whose weights it went on from, in words; null: it began anew.",
    "adopted": "What is known of a model that was trained elsewhere; null for one trained here.",
    "cost": "Parameters and multiply-adds.",
    "shortcut_floor": "What a classifier gets that sees no pixel.",
    "decision": "How temperature, threshold and uncertain band were chosen.",
    "test": "Figures on the test part or the test folder.",
    "cross_validation": "Pooled figures of `--folds`; null without.",
    "pruned": "Of a pruned run: its parent, what that cost, and both compared on the same scans, "
    "with verdicts changed and reversed and the difference in AUC; null without.",
    "types": "Types of tumor: how the head was chosen, their figures on the test part, their "
    "shortcut floor; null without `--types`.",
    "gate": "With `--not-brain`: what the reject gate makes of sources and kinds of pictures that "
    "it never saw; null without.",
    "unseen_sources": "Figures of `--unseen-sources`: the band and where it comes from, and a row "
    "a source; null without.",
    "leaky_protocols": "Figures of `--protocol article`.",
}


def run_folder_page() -> str:
    """Of what `python -m train` leaves."""
    plots = _constant(ROOT / "train/reporting/plots.py", "PICTURES")
    names = [run_folder.MODEL, run_folder.MANIFEST, run_folder.SPLIT]
    names += [run_folder.TYPES, run_folder.GATE]
    names += [run_folder.UNSEEN, run_folder.HISTORY, run_folder.REPORT_JSON, run_folder.REPORT_MD]
    names += plots
    names.append(_constant(ROOT / "train/reporting/plots.py", "UNSEEN"))
    if set(names) != set(_RUN_FILES) or set(_report_keys()) != set(_REPORT_KEYS):
        raise ValueError("a file of a run or a key of its report is not described")
    return page(
        "The run folder",
        "`python -m train` leaves one folder a run, `runs/NAME`. It is written under a hidden "
        "name, `runs/.NAME.partial`, and renamed when it is whole. So a folder with the name of a "
        "run always holds a finished run.",
        f"What an unfinished run has reached is in the hidden folder's `{run_folder.KEPT}/`, from "
        "which `--resume` goes on.",
        "## Files",
        bullets([f"`{name}`: {_RUN_FILES[name]}" for name in names]),
        "## manifest.json",
        f"This is version {run_folder.RUN_VERSION} of it. Another major version is refused. "
        "`InputSpec`, `Decision`, `RejectGate`, `TypeSpec` and `Training` are those of "
        "[a model file's manifest](manifest.md).",
        *classes([RunManifest, PrunedFrom], 3),
        "## split.json",
        *classes([SplitScan], 3),
        "## report.json",
        bullets([f"`{key}`: {_REPORT_KEYS[key]}" for key in _report_keys()]),
    )


_TITLES = {"tflite": "TFLite", "onnx": "ONNX"}


def targets_page() -> str:
    """Of what `python -m export` can write, and its limits."""
    rows = [
        (
            _TITLES[one.format],
            one.precision,
            "yes" if one.default else "",
            f"{one.max_changed_share * 100:g} %, at least one" if one.max_changed_share else "none",
            f"{one.max_difference:g}",
            f"{one.max_map_difference:g}" if one.max_map_difference else "reported",
            f"{one.golden_tolerance:g}",
        )
        for one in TARGETS
    ]
    head = ("format", "precision", "default", "verdicts", "probability", "heat map", "golden")
    return page(
        "Export targets and their limits",
        "A file is published only if its verdicts on the held-out scans hold against Keras. The "
        "table says how far each kind of file may stray.",
        table(head, rows),
        bullets(
            [
                "default: whether it is written when nothing is chosen.",
                "verdicts: how many of the held-out scans may get another verdict than from Keras. "
                'A change to or from "uncertain" counts.',
                "probability: largest difference in the probability of tumor, on any scan.",
                "heat map: largest difference, as a share of the largest value of a map. Where "
                "weights are rounded it is reported and held to no limit.",
                "golden: what another engine or processor may add to the golden sample's "
                "probability in `edge-classify --self-test`.",
            ]
        ),
        f"At least {MIN_COMPARED:.0%} of the held-out scans must pass the out-of-distribution "
        "gate. `--max-changed` and `--max-difference` set other limits.".replace("%", " %", 1),
        "## What each is for",
        bullets(
            [f"{_TITLES[one.format]} {one.precision}: {prose(one.summary)}." for one in TARGETS]
        ),
        "## Calibration methods of int8",
        f"Ranges come from {DEFAULT_SCANS} scans of the training part unless "
        "`--calibration-scans` says another number.",
        bullets(
            [
                *(f"`{name}`: {prose(what)}." for name, what in METHODS.items()),
                f"`{AUTO}`: the best of these on validation scans.",
            ]
        ),
        "Layers that cost too much stay in float. With them an int8 file may grow by "
        f"{DEFAULT_GROWTH:.0%} of its size (`--max-growth`).".replace("%", " %", 1),
        "## What is written",
        "Files go to the folder of `--out`. Their names are those of the run and the precision.",
        bullets(
            [
                f"`{TARGETS[0].filename('RUN')}`, and so on: the model files.",
                f"`{TARGETS[-1].filename('RUN', dynamic=True)}`: with `--batch dynamic`.",
                f"`{EXPORT_REPORT}`: what was tried, what held and what did not.",
                "`RUN-reference.npz`: Keras' outputs on the held-out scans, with `--reference`.",
                "`triton/`: a model repository, with `--layout triton`.",
            ]
        ),
    )


def benchmark_report_page() -> str:
    """Of the report of `python -m benchmarks`."""
    return page(
        "The benchmark report",
        "`python -m benchmarks` leaves `report.json`, `report.md` and, where Matplotlib is "
        "installed, pictures. `report.md` shows what `report.json` holds.",
        f"This is schema version {benchmark_report.SCHEMA_VERSION} of `report.json`. A reader "
        "takes every minor version of its own major one. The same as a JSON Schema: "
        f"[report.schema.json]({SCHEMA}). {NULL}",
        "## Limits of the gate",
        "What a report must show for the exit status to be 0:",
        bullets(
            [
                "Verdicts and probabilities: [as export holds them](export-targets.md).",
                "Sensitivity lost, of Keras' own: at most "
                + ", ".join(f"{drop * 100:g} % in {kind}" for kind, drop in DROPS.items())
                + ". One tumor may be lost wherever any may.",
                *(
                    f"{' '.join(kind)}: at least {least:g} times as fast as Keras' `predict`, with "
                    "one thread."
                    for kind, least in MIN_TIMES_FASTER.items()
                ),
                f"Any other: at least {MIN_TIMES_FASTER_OTHERWISE:g} times as fast.",
            ]
        ),
        "A speed fails only if its whole 95 % interval lies below the limit. Then it still passes, "
        "if the same run shows that the processor allows no more: at most "
        f"{MAX_TIMES_FLOOR:g} times its floor, at least {MIN_TIMES_UNQUANTIZED:g} times as fast as "
        "fp32 in the same engine, and at least "
        f"{MIN_TIMES_COMPILED:g} times as fast as {COMPILED}.",
        *classes(reachable(Report)),
    )


SCHEMA = "../benchmarks/report.schema.json"


def _constant(file: Path, name: str) -> dict[str, str]:
    """A constant of a module that is too costly to import."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise ValueError(f"{file}: has no {name}")


def _report_keys() -> list[str]:
    """Keys of a run's report.json: the only dict of `write_report` with a `notice`."""
    for node in ast.walk(ast.parse((ROOT / "train/reporting/training_report.py").read_text())):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if "notice" in keys:
                return keys
    raise ValueError("train/reporting/training_report.py: writes no report")
