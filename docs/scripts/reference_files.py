"""The pages of the reference on the files of an export and of benchmarks."""

from reference_fields import NULL, classes, reachable
from reference_markdown import bullets, page, prose, table

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
from edge.model_file import manifest, manifest_json
from edge.model_file.manifest import Manifest
from edge.model_file.provenance import Provenance
from export.export_report import REPORT as EXPORT_REPORT
from export.prove.parity import MIN_COMPARED
from export.quantize.calibration_methods import AUTO, METHODS
from export.quantize.layer_search import DEFAULT_GROWTH
from export.quantize.representative_dataset import DEFAULT_SCANS
from export.targets import TARGETS


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
