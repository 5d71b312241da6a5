"""What a run reports: its figures in JSON, a model card in words, and the rows behind them."""

import csv
from pathlib import Path

from edge import NOTICE
from edge.console.escape import csv_cell
from train.reporting.findings import Findings
from train.reporting.model_card import model_card
from train.run.run_folder import HISTORY, REPORT_JSON, REPORT_MD, UNSEEN, write_json
from train.unseen_sources.judge import UnseenSources


def write_report(folder: Path, findings: Findings, pictures: dict[str, str] | None = None) -> str:
    """Write history.csv, report.json, report.md and, of sources left out, unseen-sources.csv.

    Args:
        pictures: that report.md shows: files beside it, and what each shows, in words.

    Returns:
        The text for the terminal: report.md without pictures, and at its end once more what makes
        the model useless, if it is.
    """
    history, manifest = findings.history, findings.manifest
    with open(folder / HISTORY, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history])
        writer.writerows([i, *row] for i, row in enumerate(zip(*history.values(), strict=True), 1))
    if findings.unseen:
        write_said(folder / UNSEEN, findings.unseen)
    write_json(
        folder / REPORT_JSON,
        {
            "notice": NOTICE,
            "synthetic": manifest.training.synthetic,
            "architecture": manifest.architecture,
            "counts": manifest.training.counts,
            "left_out_by_teachers": findings.left_out,
            "no_brain": findings.no_brain,
            "clusters": len(set(findings.grouping.clusters.tolist())),
            "patients": findings.grouping.patients,
            "one_patient": findings.grouping.one_patient,
            "label_conflicts": [str(conflict) for conflict in findings.grouping.conflicts],
            "dropped": [
                {"file": f"{scan.root}/{scan.path}", "reason": scan.reason}
                for scan in findings.dropped
            ],
            "leaks_dropped": len(findings.leaks),
            "relatives_dropped": len(findings.relatives),
            "unreadable": findings.unreadable,
            "epochs": len(history["loss"]),
            "best_epoch": findings.best_epoch,
            "weights": findings.weights,
            "started_from": findings.started_from,
            "adopted": manifest.training.adopted,
            "cost": findings.cost,
            "shortcut_floor": findings.floor and findings.floor.to_dict(),
            "decision": findings.choice,
            "test": {"set": findings.external or "test part", **findings.test.to_dict()},
            "cross_validation": findings.pooled
            and {"folds": findings.folds, **findings.pooled.to_dict()},
            "gate": findings.gate_check and findings.gate_check.to_dict(),
            "unseen_sources": findings.unseen and findings.unseen.to_dict(),
            "pruned": findings.pruning and findings.pruning.to_dict(),
            "types": findings.types
            and {
                "counts": findings.types.own.counts,
                "temperature": findings.types.spec.temperature,
                "limit": findings.types.spec.limit,
                "penalty": findings.types.own.penalty,
                "shortcut_floor": findings.types.floor and findings.types.floor.to_dict(),
                "test": findings.types.test.to_dict(),
                "cross_validation": findings.types.pooled
                and {"folds": findings.folds, **findings.types.pooled.to_dict()},
            },
            "leaky_protocols": [result.to_dict() for result in findings.leaky],
        },
    )
    text = "\n".join(model_card(findings, pictures or {})) + "\n"
    # File names need not be valid text.
    (folder / REPORT_MD).write_text(text, encoding="utf-8", errors="backslashreplace")
    return "\n".join([*model_card(findings, {}), *findings.useless]) + "\n"


def write_said(path: Path, found: UnseenSources) -> None:
    """What networks that never saw a source said of its scans, a row each, as CSV.

    Scans of one `group` are copies, or of one patient.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["folder", "path", "tumor", "probability", "group"])
        for one in found.said:
            rows = zip(one.paths, one.truth, one.probability, one.groups, strict=True)
            writer.writerows(
                [*map(csv_cell, (one.source, name)), int(tumor), f"{probability:.6f}", int(group)]
                for name, tumor, probability, group in rows
            )
