"""Measure a run's exported files as docs/measurements/model-results.md reports them.

    python docs/scripts/model_card.py runs/compact edge/models/compact-int8.{tflite,onnx} \
        --boxes ../shared/data/br35h/boxes --not-brain ../shared/data/not_brain_mri \
        --out docs/measurements/model-results.md

The test scans are those of the run's split.json (`model_card_sets.py`), judged by the device's own
code. Changed scans and the gate's pictures are judged by the first file alone.
"""

import argparse
import json
from pathlib import Path

import model_card_changes as changes
import model_card_tables as tables
from model_card_sets import foreign, judge, of_run
from reference_markdown import bullets

from edge import NOTICE, Classifier
from train.data.boxes import Boxes, read_boxes
from train.gate.gate_check import DOUBTED, REFUSED
from train.run.run_folder import read_run

HOW = """\
- One scan counts for each cluster of near-duplicates. Of a known patient all scans count.
- Intervals are 95 %: by bootstrap over clusters or patients; of proportions Wilson's.
- AUC, sensitivity, specificity, calibration error (ECE) and the peak are the network's, over every
  scan, also those that the device refuses, doubts or finds uncertain.
- "Given a verdict", "wrong" and "refused" are the device's."""


def main() -> None:
    """Write the page, or print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--boxes", type=Path, nargs="*", default=[])
    parser.add_argument("--foreign", type=Path, nargs="*", default=[], help="yes/ and no/")
    parser.add_argument("--not-brain", type=Path)
    parser.add_argument("--out", type=Path, help="file of the page; else it is printed")
    args = parser.parse_args()
    run = read_run(args.run)
    report = json.loads((args.run / "report.json").read_text(encoding="utf-8"))
    sets = of_run(run)
    for folder in args.foreign:
        if str(folder.resolve()) in {one.root for one in run.split}:
            parser.error(f"--foreign {folder}: is part of the run's data")
        sets.update(foreign(folder))
    scans = list({scan.file: scan for own in sets.values() for scan, _ in own}.values())
    boxes = read_boxes(args.boxes, scans) if args.boxes else Boxes({}, ())
    by_file = {scans[i].file: found for i, found in boxes.of.items()}
    classifiers = {Path(model).name: Classifier(model) for model in args.models}
    judged = {
        file: {name: judge(one, own, by_file) for name, own in sets.items()}
        for file, one in classifiers.items()
    }
    first, classifier = next(iter(classifiers.items()))
    sections = [
        *_unseen(report, classifier.manifest.decision.uncertain),
        *_told(classifiers, judged),
    ]
    if by_file:
        sections.append(("Does it find small tumors?", _SIZE, _sizes(classifiers, judged)))
    sections += [
        ("Where is the AUC lost?", _LOST, tables.costliest(judged[first])),
        (
            "Which tumor-free sources give false alarms?",
            _ALARMS,
            changes.false_alarms(classifier, run),
        ),
        *_gate(classifier, run, report, args.not_brain),
        (
            "What do common changes do to whole test sets?",
            _CHANGED,
            changes.changed(classifier, sets),
        ),
        (
            "What does it make of phantoms?",
            "Generated heads are foreign to it.",
            changes.phantoms(classifier),
        ),
    ]
    page = _page(run, args, sections)
    if args.out:
        args.out.write_text(page, encoding="utf-8")
    else:
        print(page, end="")


_SIZE = """\
Of the tumors with a box, how many get a probability above the threshold. Size is the root of the
box's area as a share of the picture's."""
_LOST = """\
The scans by which most pairs of a scan with and one without a tumor are in the wrong order. A pair
counts for both of its scans."""
_ALARMS = """\
Tumor-free scans of the validation part. It set temperature, threshold and band,
but trained nothing. In brackets: how many scans. Slices without a brain are among them, and of
Br35H and Nickparvar's computed tomography: these should be refused."""
_CHANGED = """\
Each cell counts verdicts of the device. What is changed is the decoded picture: "as they are" may
differ from the file's own verdict, as some rules decode large files smaller."""


_KNOWN = """\
If the run had `--not-brain`, its gate learned from these very pictures: in grey, turned, mirrored,
some behind a rounded hole, none with this oval or page."""


def _unseen(report: dict, uncertain: tuple[float, float]) -> list[tuple[str, str, str]]:
    found = report.get("unseen_sources")
    if not found:
        return []
    band = found["band"]
    low, high = uncertain
    words = (
        f"Each source was judged by a network that was fitted without it, and without all that may "
        f"share its patients, in {found['epochs']} epochs. Float, in Keras. What is missing to all "
        f"is uncertain, from {low:g} to {high:g}.\n\n"
        f"**That band was chosen on these scans**: they asked for {band['low']:g} to "
        f"{band['high']:g}, the validation part alone for {band['before'][0]:g} to "
        f"{band['before'][1]:g}, and the wider ends count. So how many tumors are called none on "
        f"average is by choice: {band['cleared']['mean']:.0%}. Were the next source drawn as these "
        f"{band['cleared']['of_sources']} were, at most {band['cleared']['promised']:.0%} of its "
        f"tumors would be in expectation (conformal risk control)."
    )
    if found["not_judged"]:
        words += "\n\n" + bullets(found["not_judged"])
    return [
        ("What does it get on a source that it never saw?", words, tables.unseen_sources(found))
    ]


def _told(classifiers, judged) -> list[tuple[str, str, str]]:
    return [
        (
            f"How well does {file} tell tumors?",
            f"{Path(one.path).stat().st_size / 1000:.0f} kB.",
            tables.test_sets(one, judged[file]),
        )
        for file, one in classifiers.items()
    ]


def _sizes(classifiers, judged) -> str:
    return "\n\n".join(
        f"{file}:\n\n{tables.small_tumors(one, judged[file])}" for file, one in classifiers.items()
    )


def _gate(classifier, run, report: dict, folder: Path | None) -> list[tuple[str, str, str]]:
    found = []
    if check := report.get("gate"):
        words = (
            "Gates that were fitted besides, each without a part of the data folders and of the "
            "kinds of other pictures, and judged on these. A doubted scan is not called free of a "
            "tumor. The bundled gate has seen them all."
        )
        if check["limits_by_source"]:
            words += (
                f" **The bundled gate's limits were chosen here**, so that of an unknown folder "
                f"{REFUSED:.0%} are refused on average, {DOUBTED:.0%} refused or doubted. The rows "
                f"say how folders differ."
            )
        found.append(
            ("What does a gate make of what it never saw?", words, tables.gate_check(check))
        )
    if folder:
        pictures = changes.no_brain_pictures(classifier, folder)
        found.append(("What does it refuse of pictures that it knows?", _KNOWN, pictures))
    found.append(
        (
            "Does it clear slices without a brain?",
            "Slices below or beside the brain and computed tomography, named by eye; copies count.",
            changes.slices_without_brain(classifier, run),
        )
    )
    found.append(
        (
            "What does it refuse of generated pictures?",
            "Of kinds that it was fitted on.",
            changes.generated_pictures(classifier, run),
        )
    )
    return found


def _page(run, args, sections) -> str:
    created = run.manifest.training.created[:10]
    files = " ".join(f"edge/models/{Path(one).name}" for one in args.models)
    command = [f"python docs/scripts/model_card.py runs/compact {files}"]
    command += [f"--boxes ../shared/data/{one.parent.name}/{one.name}" for one in args.boxes]
    command += [f"--not-brain ../shared/data/{one.name}" for one in [args.not_brain] if one]
    command += ["--out docs/measurements/model-results.md"]
    told = " \\\n        ".join(command)
    counts = [
        f"{part}: {', '.join(f'{count} {label}' for label, count in own.items())}"
        for part, own in run.manifest.training.counts.items()
    ]
    top = [
        "# The bundled model: results",
        "<!-- Written by `python docs/scripts/model_card.py`. Do not edit. -->",
        f"*{NOTICE}*",
        "What `compact-int8` says of scans that it was not trained on. Where no file is named, it "
        f"is the `{Path(args.models[0]).suffix}`. The run is of {created}, "
        f"seed {run.manifest.training.seed}. The summary is in [the model card](../model-card.md).",
        "## How was this measured?",
        f"    {told}",
        HOW,
        "Scans of each part:",
        bullets(counts),
    ]
    for title, words, found in sections:
        top += [f"## {title}", words, found]
    return "\n\n".join(top) + "\n"


if __name__ == "__main__":
    main()
