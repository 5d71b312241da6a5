"""Choose the rule for series (`edge.series.rule`), and judge it on other patients.

    python docs/scripts/series_rule.py --scans ../shared/data -- --data DIR ...

What stands after `--` is the command line of `python -m train --model compact` that made the model:
it says which patients were trained on. --scans is the folder of `lgg`, `healthy` and `more`.

A series is what one person has of one sequence in axial slices. The rule is chosen on the patients
of `lgg` in the training and validation parts and on one half of the people of `more` (every second
one, by name), who have no tumor. The patients of `lgg` in the test part and the other half of these
people judge it. Prints Markdown.
"""

import argparse
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.inference.decision import verdict
from edge.series.rule import log_odds, mean_of_strongest, rule_for, series_probability
from train.evaluation.metrics import Proportion, auc

PATIENT = 12  # first characters of the names in lgg
SEQUENCES = ("FLAIR", "T1c", "T1")
MOST = 10
CHOSEN_BY = ("FLAIR", "T1c")  # of T1 there are two slices a patient
SENSITIVITY = 0.9  # that the model was trained for, too
COVERAGE = 0.9  # as of the model's own band
POOL = 12  # slices of a pooled series, about as many as a person of `more` has
DRAWS = 2000
PEOPLE = {
    "ms_ljubljana": r"^(?P<person>[a-z]+\d+)(?:study\d+)?_(?P<sequence>\w+?)_ax\d+",
    "fullhead_stroke": r"^(?P<sequence>t1)_(?P<person>\d+)_\d+",
    "wmh_challenge": r"^(?P<person>sub-\d+)_(?P<sequence>\w+?)_ax\d+",
    "serebrum7t": r"^(?P<person>sub\d+|t1_\d+)_(?P<sequence>)",
}
"""Tumor-free sources of `more` that the model does not know: person and sequence in a name. A
person's second study is a series of its own."""
HEALTHY = r"^(?P<person>sub\d+)_(?P<sequence>T1)-axi"
BRATS = r"^(?P<person>brats_2013_pat\d+)_1_(?P<sequence>Flair|T1c)_ax\d+"


@dataclass(frozen=True)
class Slice:
    """What the model says of one slice."""

    odds: float | None
    """Log-odds of tumor; None: the gate refused it."""
    doubtful: bool
    verdict: str
    positive: bool


@dataclass(frozen=True)
class SeriesOf:
    """The slices that one person has of one sequence."""

    person: str
    sequence: str
    slices: tuple[Slice, ...]

    def mean(self, strongest: int) -> float | None:
        """The mean log-odds of the strongest slices."""
        sides = (
            [one.odds for one in self.slices if one.odds is not None and one.doubtful is side]
            for side in (False, True)
        )
        return mean_of_strongest(*sides, strongest)

    @property
    def called(self) -> int:
        """Slices that are called tumor."""
        return sum(one.verdict == "tumor" for one in self.slices)


def main() -> None:
    """Print the tables."""
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--scans", type=Path, required=True, metavar="DIR")
    scans = arguments.parse_args(own).scans
    parts = parts_of_names(rest)
    from edge import Classifier

    classifier = Classifier()
    lgg = of_lgg(classifier, scans, parts)
    chosen_on = [one for part in ("train", "validation") for one in lgg[part]]
    held_out = lgg["test"]
    more = [one for source in PEOPLE for one in people(classifier, scans / "more", source)]
    counted = [one for one in more if one.mean(1) is not None]
    names = sorted({one.person for one in counted})
    first = set(names[::2])
    free = [one for one in counted if one.person in first]
    free_held_out = [one for one in counted if one.person not in first]
    refused = len({one.person for one in more}) - len(names)
    print_groups(chosen_on, held_out, free, free_held_out, refused)
    best = print_choice(chosen_on, free)
    threshold = promised(best, chosen_on, free)
    band = band_of(best, threshold, chosen_on, free)
    print(
        f"\nchosen: {best} strongest, threshold {threshold:.4f}, band {band[0]:.4f}-{band[1]:.4f}"
    )
    rule = rule_for(classifier.manifest)
    print(f"in the code: {rule.to_dict()}")
    print_held_out(held_out, free_held_out)
    for how in (promised, at_even_odds):
        print_by_number(how, chosen_on, free, held_out, free_held_out)
    healthy = [
        one
        for one in series_of(classifier, scans / "healthy" / "ds002748_T1", HEALTHY, "ds002748_T1")
        if parts.get(one.person) == "validation"
    ]
    external = series_of(classifier, scans / "more" / "brats2013_deepmedic", BRATS, "brats2013")
    print_verdicts(rule, held_out, free_held_out, healthy, external)


def parts_of_names(command: list[str]) -> dict[str, str]:
    """The part of each person of `lgg` and `ds002748_T1`, by the split of a training's command."""
    from train.arguments import parser
    from train.cli import request_of
    from train.prepare_data import prepare_data

    data = prepare_data(request_of(parser().parse_args(["--model", "compact", *command])))
    found: dict[str, set[str]] = defaultdict(set)
    for scan in data.parts:
        path = Path(scan.path)
        if Path(scan.root).name == "lgg":
            found[path.name[:PATIENT]].add(scan.part)
        elif "ds002748_T1" in scan.path:
            found[f"ds002748_T1/{path.name.partition('_')[0]}"].add(scan.part)
    for person, own in found.items():
        if len(own - {"dropped"}) > 1:
            sys.exit(f"{person} is in several parts: {own}")
    return {person: next(iter(own - {"dropped"}), "dropped") for person, own in found.items()}


def slice_of(classifier, path: Path) -> Slice:
    """What the model says of a file."""
    found = classifier.classify(path)
    odds = None if found.probability is None else log_odds(found.probability)
    return Slice(odds, found.doubtful, found.verdict, path.parent.name == "yes")


def of_lgg(classifier, scans: Path, parts: dict[str, str]) -> dict[str, list[SeriesOf]]:
    """The series of `lgg`, by part."""
    slices: dict[tuple[str, str], list[Slice]] = defaultdict(list)
    for path in sorted(scans.glob("lgg/*/*.png")):
        sequence = path.name.split("_")[4].partition("-")[0]
        slices[path.name[:PATIENT], sequence].append(slice_of(classifier, path))
    found = defaultdict(list)
    for (person, sequence), own in sorted(slices.items()):
        found[parts[person]].append(SeriesOf(person, sequence, tuple(own)))
    return found


def people(classifier, folder: Path, source: str) -> list[SeriesOf]:
    """The series of a tumor-free source of `more`."""
    return series_of(classifier, folder / source / "no", PEOPLE[source], source)


def series_of(classifier, folder: Path, pattern: str, source: str) -> list[SeriesOf]:
    """The series in a folder, by the persons and sequences in the files' names."""
    slices: dict[tuple[str, str, str], list[Slice]] = defaultdict(list)
    for path in sorted(folder.rglob("*.png")):
        if found := re.match(pattern, path.name):
            study = re.search(r"study\d+", path.name)
            key = found["person"], found["sequence"].upper(), study[0] if study else ""
            slices[key].append(slice_of(classifier, path))
    return [
        SeriesOf(f"{source}/{person}", sequence, tuple(own))
        for (person, sequence, _), own in sorted(slices.items())
    ]


def print_groups(chosen_on, held_out, free, free_held_out, refused: int) -> None:
    """Who is in which group."""
    print("| group | people | series | slices a series | slices with a tumor a series |")
    print("|---|---|---|---|---|")
    for name, group in (
        ("`lgg`, to choose on", chosen_on),
        ("`lgg`, held out", held_out),
        ("tumor-free, to choose on", free),
        ("tumor-free, held out", free_held_out),
    ):
        by = SEQUENCES if name.startswith("`lgg`") else (None,)
        for sequence in by:
            own = [one for one in group if sequence in (None, one.sequence)]
            lengths = [len(one.slices) for one in own]
            tumors = [sum(s.positive for s in one.slices) for one in own]
            print(
                f"| {name}{f', {sequence}' if sequence else ''} | {count_people(own)} | {len(own)} "
                f"| {span(lengths)} | {span(tumors)} |"
            )
    print(f"\n{refused} people more have no slice that the gate lets pass.")


def span(numbers: list[int]) -> str:
    """The smallest and the largest of some numbers."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}-{high}"


def count_people(series: Iterable[SeriesOf]) -> int:
    """How many people some series are of."""
    return len({one.person for one in series})


def print_choice(positive: list[SeriesOf], negative: list[SeriesOf]) -> int:
    """AUC by the number of strongest slices, and the number that is chosen."""
    print("\n| strongest | FLAIR | T1c | mean | T1 |\n|---|---|---|---|---|")
    best, most = 1, -1.0
    for strongest in range(1, MOST + 1):
        found = {
            sequence: auc_of(of(positive, sequence), negative, strongest) for sequence in SEQUENCES
        }
        mean = (found["FLAIR"] + found["T1c"]) / 2
        shortest = min(len(one.slices) for one in of(positive, "T1c"))
        allowed = strongest <= shortest
        if allowed and mean > most:
            best, most = strongest, mean
        note = "" if allowed else " (*)"
        print(
            f"| {strongest}{note} | {found['FLAIR']:.3f} | {found['T1c']:.3f} | {mean:.3f} "
            f"| {found['T1']:.3f} |"
        )
    print("| slices called tumor | " + " | ".join(
        f"{auc_of(of(positive, s), negative, None):.3f}" for s in ("FLAIR", "T1c")
    ) + f" | | {auc_of(of(positive, 'T1'), negative, None):.3f} |")  # fmt: skip
    return best


def of(series: Iterable[SeriesOf], sequence: str) -> list[SeriesOf]:
    """The series of one sequence of which a slice counts."""
    return [one for one in series if one.sequence == sequence and one.mean(1) is not None]


def values(series: list[SeriesOf], strongest: int | None) -> np.ndarray:
    """Their mean log-odds, or how many slices are called tumor."""
    return np.array([one.called if strongest is None else one.mean(strongest) for one in series])


def even(series: list[SeriesOf]) -> np.ndarray:
    """Weights by which every person weighs alike, float [N]."""
    names = [one.person for one in series]
    return np.array([1 / names.count(name) for name in names])


def auc_of(positive: list[SeriesOf], negative: list[SeriesOf], strongest: int | None) -> float:
    """AUC of series, every person weighing alike."""
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    both = [*positive, *negative]
    return float(auc(truth, values(both, strongest), np.r_[even(positive), even(negative)]))


def interval(positive: list[SeriesOf], negative: list[SeriesOf], strongest: int | None) -> str:
    """AUC with a 95 % percentile interval, people being drawn anew with all of their series."""
    rng = np.random.default_rng(0)
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    scores = np.r_[values(positive, strongest), values(negative, strongest)]
    weights = [[], []]
    for at, side in enumerate((positive, negative)):
        names, own = np.unique([one.person for one in side], return_inverse=True)
        for _ in range(DRAWS):
            drawn = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
            weights[at].append(drawn[own] * even(side))
    drawn = auc(truth, scores, np.c_[np.array(weights[0]), np.array(weights[1])])
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return f"{auc_of(positive, negative, strongest):.3f} [{low:.3f}-{high:.3f}]"


def promised(strongest: int, positive: list[SeriesOf], negative: list[SeriesOf]) -> float:
    """The largest score that a new series with a tumor passes with `SENSITIVITY` in expectation.

    On FLAIR and on contrast T1 alike: the smaller of both. As
    `train.evaluation.threshold_and_temperature` has it for slices, but not held below 0.5: of many
    slices the strongest are strong by chance.
    """
    lowest = []
    for sequence in CHOSEN_BY:
        own = np.sort(values(of(positive, sequence), strongest))
        lowest.append(own[max(1, int((len(own) + 1) * (1 - SENSITIVITY))) - 1])
    return series_probability(float(min(lowest)))


def at_even_odds(strongest: int, positive: list[SeriesOf], negative: list[SeriesOf]) -> float:
    """The score at which a tumor is as likely as none, FLAIR and contrast T1 weighing alike."""
    from train.evaluation.threshold_and_temperature import even_odds

    used, weights, truth = evened(positive, negative)
    return series_probability(even_odds(values(used, strongest), truth, weights))


def band_of(strongest: int, threshold: float, positive, negative) -> tuple[float, float]:
    """The band around a threshold that leaves `COVERAGE` of the series a verdict."""
    from train.evaluation.threshold_and_temperature import uncertain_band

    used, weights, _ = evened(positive, negative)
    scores = np.array([series_probability(mean) for mean in values(used, strongest)])
    return uncertain_band(scores, threshold, COVERAGE, weights)


def evened(positive, negative) -> tuple[list[SeriesOf], np.ndarray, np.ndarray]:
    """Series, weights and truth: people, sequences with a tumor, and both classes weigh alike."""
    groups = [of(positive, sequence) for sequence in CHOSEN_BY]
    shares = [0.5 / len(groups)] * len(groups)
    used = [one for own in [*groups, negative] for one in own]
    weights = np.concatenate(
        [
            even(own) / even(own).sum() * share
            for own, share in zip([*groups, negative], [*shares, 0.5], strict=True)
        ]
    )
    truth = np.array([any(one.positive for one in series.slices) for series in used], int)
    return used, weights * len(used), truth


def print_held_out(positive: list[SeriesOf], negative: list[SeriesOf]) -> None:
    """AUC on people who took no part in the choice, by the number of strongest slices."""
    print("\n| strongest | FLAIR | T1c | T1 |\n|---|---|---|---|")
    for strongest in [*range(1, MOST + 1), None]:
        row = [interval(of(positive, s), negative, strongest) for s in SEQUENCES]
        print(f"| {strongest or 'slices called tumor'} | {' | '.join(row)} |")
    for sequence in SEQUENCES:
        print(f"\n{sequence}: {count_people(of(positive, sequence))} patients with a tumor")
    print(f"\n{count_people(negative)} people without ({len(negative)} series)")


def print_by_number(how, chosen_on, free, held_out, free_held_out) -> None:
    """Held-out people, at the threshold that each number gets where the rule is chosen."""
    print(f"\n{how.__name__}\n")
    print("| strongest | threshold | FLAIR | T1c | people | series |")
    print("|---|---|---|---|---|---|")
    for strongest in range(1, MOST + 1):
        threshold = how(strongest, chosen_on, free)
        least = log_odds(threshold)
        found = [values(of(held_out, s), strongest) >= least for s in ("FLAIR", "T1c")]
        quiet = values(free_held_out, strongest) < least
        people = [
            all(quiet[at] for at, one in enumerate(free_held_out) if one.person == person)
            for person in sorted({one.person for one in free_held_out})
        ]
        cells = [f"{own.sum()} of {len(own)}" for own in (*found, np.array(people), quiet)]
        print(f"| {strongest} | {threshold:.3f} | {' | '.join(cells)} |")


def print_verdicts(rule, held_out, free_held_out, healthy, external) -> None:
    """Sensitivity and specificity of the rule and of "any slice called tumor"."""
    print("\n| with a tumor | found | uncertain | missed | by any slice |")
    print("|---|---|---|---|---|")
    for sequence in SEQUENCES:
        row(f"`lgg` held out, {sequence}", rule, of(held_out, sequence), True)
    for sequence in ("FLAIR", "T1C"):
        row(f"`brats2013_deepmedic`, {sequence}", rule, of(external, sequence), True)
    print("\n| without | no alarm | uncertain | cleared | by any slice | series called, both |")
    print("|---|---|---|---|---|---|")
    row("people of `more`, held out", rule, free_held_out, False)
    for sequence in ("FLAIR", "T1", "T2"):
        own = [one for one in free_held_out if one.sequence.startswith(sequence)]
        row(f"of these, {sequence}", rule, own, False)
    row("`ds002748_T1`, validation part", rule, healthy, False)
    own = [
        SeriesOf(one.person, one.sequence, tuple(s for s in one.slices if not s.positive))
        for one in held_out
    ]
    for sequence in SEQUENCES:
        row(f"`lgg` held out, tumor-free slices, {sequence}", rule, of(own, sequence), False)
    row(f"the same, {POOL} of several patients", rule, pooled(own), False)


def pooled(series: list[SeriesOf]) -> list[SeriesOf]:
    """Series of slices of several people, of one sequence each; every slice is in one at most."""
    found, rng = [], random.Random(0)
    for sequence in SEQUENCES:
        slices = [s for one in series if one.sequence == sequence for s in one.slices]
        rng.shuffle(slices)
        for at in range(0, len(slices) - POOL + 1, POOL):
            own = SeriesOf(f"pool {sequence} {at}", sequence, tuple(slices[at : at + POOL]))
            found += [own] if own.mean(1) is not None else []
    return found


def share(hits: int, n: int) -> str:
    """A proportion with Wilson's 95 % interval."""
    low, high = Proportion(hits, n).interval
    return f"{hits} of {n} [{low:.0%}-{high:.0%}]"


def row(name: str, rule, series: list[SeriesOf], tumor: bool) -> None:
    """One row. A person counts as called tumor if one of their series is."""
    words: dict[str, list[str]] = defaultdict(list)
    slices: dict[str, bool] = defaultdict(bool)
    for one in series:
        sure = sum(s.odds is not None and not s.doubtful for s in one.slices)
        score = series_probability(one.mean(rule.strongest))
        words[one.person].append(verdict(score, rule.decision, sure < rule.strongest))
        slices[one.person] |= one.called > 0
    n = len(words)
    called = sum("tumor" in own for own in words.values())
    unsure = sum("tumor" not in own and "uncertain" in own for own in words.values())
    any_slice = sum(slices.values())
    first, last = (called, any_slice) if tumor else (n - called, n - any_slice)
    cells = share(first, n), unsure, n - called - unsure, share(last, n)
    if len(series) > n:
        by_rule = sum(
            verdict(series_probability(one.mean(rule.strongest)), rule.decision) == "tumor"
            for one in series
        )
        by_slice = sum(one.called > 0 for one in series)
        cells = *cells, f"{by_rule} and {by_slice} of {len(series)}"
    elif not tumor:
        cells = *cells, ""
    print(f"| {name} | {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
