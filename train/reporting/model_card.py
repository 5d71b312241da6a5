"""The model card of a run: its report in words, as Markdown."""

from pathlib import Path

from edge import NOTICE
from edge.console.escape import markdown
from train.evaluation.evaluate import METHOD, Evaluation
from train.evaluation.metrics import BINS, Proportion
from train.evaluation.shortcut_floor import FEATURES
from train.evaluation.threshold_and_temperature import FEW
from train.fitting.article_protocols import CLAIMS
from train.reporting.findings import SYNTHETIC, Findings
from train.reporting.gate_card import gate_card
from train.reporting.pruning_record import pruning_section
from train.reporting.source_card import source_card
from train.reporting.type_card import type_card


def model_card(findings: Findings, pictures: dict[str, str]) -> list[str]:
    """Its lines; `pictures` are files beside it, and what each shows, in words."""
    manifest, training = findings.manifest, findings.manifest.training
    return [
        f"# Model card: {markdown(training.run)} ({manifest.architecture})",
        "",
        f"**{NOTICE}**",
        "",
        *([f"**{SYNTHETIC}**", ""] if training.synthetic else []),
        "## Intended use",
        "",
        "Research on classifying single brain-MRI slices as with or without a tumor, and on taking "
        "such a model to a small device. Not for screening, diagnosis, triage or treatment, and "
        "not for images other than those it was measured on.",
        "",
        *(source_card(findings.unseen) if findings.unseen else []),
        *_network(findings),
        *pruning_section(findings.pruning, findings.cost),
        *_data(findings),
        *_results(findings),
        *(type_card(findings.types, findings.folds) if findings.types else []),
        *(gate_card(findings.gate_check) if findings.gate_check else []),
        *_pictures(pictures),
        *_protocols(findings),
        *_decision(findings),
        *_limits(findings),
    ]


def _network(findings: Findings) -> list[str]:
    found = findings.cost
    weights = f" Weights of the backbone: {markdown(findings.weights)}." if findings.weights else ""
    if findings.started_from:
        weights += f" It goes on from {markdown(findings.started_from)}."
    return [
        "## Network",
        "",
        f"{findings.manifest.architecture}: {found.trained_parameters:,} trained and "
        f"{found.frozen_parameters:,} frozen parameters, {found.multiply_adds / 1e6:,.0f} M "
        f"multiply-adds a scan.{weights}",
        "",
        *findings.origin,
    ]


def _data(findings: Findings) -> list[str]:
    training, grouping = findings.manifest.training, findings.grouping
    negative, positive = findings.manifest.labels
    scans = len(findings.parts)
    clusters = len(set(grouping.clusters.tolist()))
    if grouping.patients:
        known = (
            f"{grouping.patients} patients are known and kept together; "
            f"{grouping.without_patient} scans are of no known patient."
        )
    elif grouping.one_patient:
        known = (
            "**All scans are of one patient, as their DICOM files say.** No patient could be held "
            "out: near-duplicates alone are kept together, and every figure may be too good."
        )
    else:
        known = "Patients are not known: scans of one patient may stand in different parts."
    lines = [
        "## Data",
        "",
        f"{markdown(', '.join(training.data))} (fingerprint `{training.data_sha256[:12]}`), seed "
        f"{training.seed}. Positive label: {markdown(positive)}. {scans} scans in {clusters} "
        f"duplicate clusters; {len(findings.unreadable)} files were unreadable and left out. "
        f"No cluster crosses the parts. {known}",
        "",
        f"| part | {markdown(negative)} | {markdown(positive)} |",
        "|---|---|---|",
        *(
            f"| {part} | {found[negative]} | {found[positive]} |"
            for part, found in training.counts.items()
        ),
        "",
    ]
    if findings.left_out:
        lines += [
            f"Of the training part {findings.left_out} scans with a tumor were not trained on: it "
            "has no box, and the teachers do not agree where it is.",
            "",
        ]
    if any(findings.no_brain.values()):
        told = ", ".join(f"{count} of {part}" for part, count in findings.no_brain.items() if count)
        lines += [
            f"Among these are scans that are said to be no MRI slice of a brain: {told}. No "
            "network learned from them. Those of the test part count as they came.",
            "",
        ]
    if findings.external:
        lines += [
            f"The test set is another folder, {markdown(findings.external)}. "
            f"{len(findings.leaks)} scans to train with duplicate scans of it, or are of its "
            "patients, and were dropped: `split.json` lists them.",
            "",
        ]
    if findings.relatives:
        folders = dict.fromkeys(Path(scan.root).name for scan in findings.relatives)
        lines += [
            f"{len(findings.relatives)} scans of {', '.join(map(markdown, folders))} were left out "
            "of training, as these sources may share patients with a tested one: `split.json` "
            "says with which.",
            "",
        ]
    if grouping.conflicts:
        lines += [
            f"{len(grouping.conflicts)} label conflicts: copies of one picture in both classes, "
            "left out:",
            "",
            *(f"- {markdown(conflict)}" for conflict in grouping.conflicts[:20]),
            "",
        ]
    return lines


def _results(findings: Findings) -> list[str]:
    lines = ["## Can the accuracy be believed?", ""]
    for why in findings.useless:
        lines += [f"**{why}**", ""]
    lines += [*_compared(findings), ""]
    if findings.pooled:
        lines += _table(findings.pooled, f"Grouped {findings.folds}-fold cross-validation, pooled")
        kept = "" if findings.external else " The model kept is that of the first fold."
        lines += [
            "Every scan to train with was judged once, by a model that saw no copy of it; each "
            f"fold chose its own decision on its own validation part.{kept}",
            "",
        ]
    title = f"Test set {markdown(findings.external)}" if findings.external else "Held-out test part"
    lines += _table(findings.test, title)
    return [
        *lines,
        f"Intervals are 95 %. Wilson's takes every scan for independent. The other: {METHOD}. The "
        f"calibration error is over {BINS} equally wide bins. {_kept(findings)} "
        f"Pictures of: {markdown(findings.headline[1])}.",
        "",
    ]


def _pictures(pictures: dict[str, str]) -> list[str]:
    if not pictures:
        return []
    lines = ["## Pictures", ""]
    for file, words in pictures.items():
        lines += [f"![{words}]({file})", ""]
    return lines


def _compared(findings: Findings) -> list[str]:
    floor, (evaluation, where) = findings.floor, findings.headline
    where = markdown(where)
    auc = evaluation.estimates["auc"]
    if floor is None:
        return ["Too few different scans to measure the shortcut floor."]
    base = floor.estimates["auc"]
    if auc.low > base.high:
        word = "better than"
    elif auc.value > base.value:
        word = "not shown to be better than (the intervals overlap)"
    else:
        word = "**no better than**"
    return [
        f"Shortcut floor: a random forest on {', '.join(FEATURES)} gets {floor}; {floor.measured}.",
        "",
        f"The model's AUC, {auc.value:.3f} [{auc.low:.3f}-{auc.high:.3f}] ({where}), is {word} "
        "that floor. What the floor can use, a network can partly use too, so only the margin "
        "above it is evidence that it looks at tumors.",
    ]


def _kept(findings: Findings) -> str:
    losses = findings.history["val_loss"]
    if not losses:
        return "Trained elsewhere: leaks cannot be excluded."
    what = f"the average of the weights up to epoch {findings.best_epoch}"
    if not findings.best_epoch:
        what = "the weights before the first of them"
    elif losses[findings.best_epoch - 1] == min(losses):
        what = f"the weights of epoch {findings.best_epoch} (lowest validation loss)"
    return f"{len(findings.history['loss'])} epochs, {what} kept."


def _table(evaluation: Evaluation, title: str) -> list[str]:
    scores, estimates = evaluation.scores, evaluation.estimates
    plain: dict[str, tuple[str, Proportion | None]] = {
        "accuracy": ("accuracy", scores.accuracy),
        "sensitivity": ("sensitivity", scores.sensitivity),
        "specificity": ("specificity", scores.specificity),
        "accuracy_at_half": ("accuracy at threshold 0.5", evaluation.accuracy_at_half),
        "auc": ("AUC", None),
        "brier": ("Brier score", None),
        "ece": ("calibration error (ECE)", None),
    }
    rows = []
    for key, (name, proportion) in plain.items():
        found = estimates[key]
        if proportion is None:
            value = f"{found.value:.3f}"
            cells = ("", f"[{found.low:.3f}-{found.high:.3f}]")
        else:
            low, high = proportion.interval
            value = f"{found.value:.1%} ({proportion.hits} of {proportion.n})"
            cells = (f"[{low:.1%}-{high:.1%}]", f"[{found.low:.1%}-{found.high:.1%}]")
        rows.append(f"| {name} | {value} | {cells[0]} | {cells[1]} |")
    return [
        f"### {title}: {scores.accuracy.n} scans in {evaluation.groups} clusters",
        "",
        "| measure | value | Wilson | bootstrap over clusters |",
        "|---|---|---|---|",
        *rows,
        f"| scans given a verdict (not uncertain) | {evaluation.covered} | | |",
        f"| wrong ones among those | {evaluation.remaining_error} | | |",
        "",
    ]


def _protocols(findings: Findings) -> list[str]:
    if not findings.leaky:
        return []
    evaluation, where = findings.headline[0], markdown(findings.headline[1])
    honest, floor = evaluation.estimates["accuracy_at_half"], findings.floor
    lines = [
        "## The articles' protocols, repeated",
        "",
        "| protocol | as published | measured here, same network | |",
        "|---|---|---|---|",
    ]
    for result in findings.leaky:
        lines.append(
            f"| {result.protocol} | {CLAIMS[result.protocol]} | {result.accuracy} | **LEAKY**: "
            f"{result.seen} of {result.images['measured']} measured images have the same scan or "
            "a copy in training |"
        )
    lines.append(
        f"| honest: {where} | | {honest.value:.1%} [{honest.low:.1%}-{honest.high:.1%}] "
        f"({evaluation.accuracy_at_half.hits} of {evaluation.accuracy_at_half.n}) at threshold "
        "0.5 | no copy crosses |"
    )
    if floor:
        lines.append(f"| shortcut floor | | {floor.accuracy} | sees no pixel |")
    return [*lines, ""]


def _decision(findings: Findings) -> list[str]:
    choice, decision = findings.choice, findings.choice.decision
    low, high = decision.uncertain
    band = "no uncertain band (none was asked for, or the validation part is too small)"
    if low < high:
        band = f"uncertain between {low:g} and {high:g}, "
        if findings.unseen:
            band += "so that it holds on sources that a network never saw"
        else:
            band += f"which leaves {choice.coverage:.0%} of the validation scans a verdict"
    chosen = "without the test part" if findings.unseen else "on validation only"
    return [
        f"## Decision, chosen {chosen}",
        "",
        f"Temperature {decision.temperature:g} (Guo et al. 2017); threshold "
        f"{decision.threshold:g} on the calibrated probability of tumor, for a sensitivity of "
        f"{choice.target_sensitivity:g}; {band}. Chosen on {choice.scans} "
        f"validation scans ({choice.groups} clusters, {choice.tumors} with a tumor); test data "
        "chose nothing. The device applies exactly this.",
        "",
        *(f"- Caution: {note}." for note in choice.notes),
        *([""] if choice.notes else []),
    ]


def _limits(findings: Findings) -> list[str]:
    return [
        "## Limits",
        "",
        "- Near-duplicates are found by a perceptual hash and a thumbnail: rotated, mirrored or "
        "differently cut copies, and other slices of one patient, are not.",
        "- Where scans of the two classes come from different sources, the model may tell sources "
        "apart. The shortcut floor measures only what the file itself betrays.",
        "- Scans of one's own scanner and protocol may fare quite differently: measure them.",
        f"- Decisions chosen on fewer than {FEW} different validation scans are rough.",
        "- Licences: those of the data folders apply to what is trained with them.",
        "",
        f"{NOTICE}",
    ]
