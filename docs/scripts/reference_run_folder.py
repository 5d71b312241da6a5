"""The page of the reference on what `python -m train` leaves."""

import ast
from pathlib import Path

from reference_fields import classes
from reference_markdown import bullets, page

from train.data.scans import SplitScan
from train.run import run_folder
from train.run.run_folder import PrunedFrom, RunManifest

ROOT = Path(__file__).parents[2]

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
