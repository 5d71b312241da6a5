"""Tables of what is right: against labels, and against Keras."""

from collections.abc import Iterator

from benchmarks.report.cells import MISSING, Table, models_of, name_of, number_cell
from benchmarks.results.benchmark_report import Report


def accuracy(report: Report) -> Table:
    """Against labels."""
    head = ("run", "model, engine", "accuracy", "AUC", "ECE")
    rows = []
    for run, name, found in _scored(report):
        cells = ("no labels", MISSING, MISSING)
        if found:
            cells = (str(found.accuracy), number_cell(found.auc, 3), f"{found.ece:.3f}")
        rows.append((run, name, *cells))
    note = "Intervals here and below are Wilson's, 95 %. ECE: expected calibration error."
    return Table("Accuracy", head, tuple(rows), note)


def by_class(report: Report) -> Table:
    """Against labels, tumors and the others apart."""
    rows = [
        (run, name, str(found.sensitivity), str(found.specificity))
        for run, name, found in _scored(report)
        if found
    ]
    head = ("run", "model, engine", "sensitivity", "specificity")
    return Table("Sensitivity and specificity", head, tuple(rows))


def types(report: Report) -> Table:
    """Types of tumor against labels, and what is said of each."""
    rows = []
    for group, model in models_of(report):
        found = model.judged.types if model.judged else None
        for label, score in found.scores.items() if found else ():
            said = ", ".join(
                f"{word} {count}"
                for word, count in zip(found.said, found.confusion[label], strict=True)
                if count
            )
            cells = (
                str(score.sensitivity),
                str(score.specificity),
                number_cell(score.auc, 3),
                said,
            )
            rows.append((group.run, name_of(model), label, *cells))
        if found:
            named = f"named {found.named}; right of these {found.right_if_named}"
            cells = (MISSING, MISSING, number_cell(found.macro_auc, 3), named)
            rows.append((group.run, name_of(model), "all (macro AUC)", *cells))
    head = ("run", "model, engine", "type", "sensitivity", "specificity", "AUC", "said")
    note = (
        "Of scans that are called a tumor, by their likeliest type; `said` counts all tumors of "
        "that type. Types may be told by scanner, plane or source: see the run's shortcut floor."
    )
    return Table("Types of tumor", head, tuple(rows), note)


def given(report: Report) -> Table:
    """What gets a verdict."""
    rows = [
        (
            group.run,
            name_of(model),
            *map(_share, (model.judged.rejected, model.judged.uncertain)),
        )
        for group, model in models_of(report)
        if model.judged
    ]
    note = "Uncertain: of the scans that were not rejected."
    return Table(
        "Rejected and uncertain",
        ("run", "model, engine", "rejected", "uncertain"),
        tuple(rows),
        note,
    )


def agreement(report: Report) -> Table:
    """Against Keras."""
    found = [(group.run, m) for group, m in models_of(report) if m.judged and m.judged.agreement]
    tensors = any(m.judged.agreement.same_pixels is not None for _, m in found)
    typed = any(m.judged.agreement.types for _, m in found)
    head = ("run", "model, engine", "unlike Keras", "largest difference", "right alone (p)")
    rows = []
    for run, model in found:
        one = model.judged.agreement
        alone = MISSING
        if one.mcnemar_p is not None:
            alone = f"{one.only_model_right} / {one.only_keras_right} ({one.mcnemar_p:.2f})"
        cells = (f"{one.changed} of {one.scans}", f"{one.max_difference:.4f}", alone)
        same = (number_cell(one.same_pixels, 0),) if tensors else ()
        match = one.types
        told = f"{match.changed} of {match.scans}, {match.max_difference:.4f}" if match else MISSING
        rows.append((run, name_of(model), *cells, *(told,) * typed, *same))
    note = (
        "Largest difference: in a probability. Right alone: scans on which only the model / only "
        "Keras was right; p by McNemar's exact test."
    )
    head += ("types, largest difference",) * typed + ("tensors identical",) * tensors
    if typed:
        note += " Types unlike Keras', of the scans that both call a tumor, count as unlike Keras."
    return Table("Against Keras", head, tuple(rows), note)


def _scored(report: Report) -> Iterator[tuple[str, str, object]]:
    """Keras and every judged model: run, name, and accuracy or None."""
    for group in report.groups:
        if group.keras_accuracy:
            yield group.run, "Keras", group.keras_accuracy
        for model in group.models:
            if model.judged:
                yield group.run, name_of(model), model.judged.accuracy


def _share(share) -> str:
    """So many of so many."""
    return f"{share.hits} of {share.n}"
