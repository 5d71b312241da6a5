"""Train the compact network with a source of scans left out, or a part of its recipe, and judge it.

    python docs/scripts/leave_one_out.py --leave lgg/ 'glioma|pituitary' -- --data DIR ...
    python docs/scripts/leave_one_out.py --ablate painted boxes -- --data DIR ...
    python docs/scripts/leave_one_out.py --leave lgg/ --ablate painted boxes --crossed -- ...

What stands after `--` is the command line of `python -m train --model compact`. For each --leave, a
regular expression over "folder/subfolder", every scan that it finds in is kept from training, and
so is what duplicates one and every source that may share patients with it (source.toml); the
network is judged on one of each cluster of them that duplicates no test scan, and on the held-out
part of every other source. Where scans are of one class only, the held-out scans of the other class
stand beside them, the same ones in every row. With --crossed each part is left out where each
source is left out: what it does for sources that the network does not know. "non-commercial" is a
part, too: the folders whose facts call them so. Without a --leave the network is judged on these
besides. With --gate it is the reject gate that is learned without each --leave, and what it makes
of scans of a source that it never saw. Prints Markdown, the whole recipe first (unless
--no-whole). The last column is the difference in AUC to the whole recipe on the same scans.

No network learns from what is said to be no MRI slice of a brain, and none is judged on such scans
of a source left out.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edge.model_file.manifest import Decision

EXAMPLES = ("painted", "transplanted", "without", "harmless")
CLOSED = "non-commercial"
ABLATIONS = (*EXAMPLES, "boxes", "bare labels", "rescanning", CLOSED)


def main() -> None:
    """Print the table."""
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leave", nargs="+", default=[], type=re.compile, metavar="REGEX")
    parser.add_argument(
        "--ablate",
        nargs="+",
        default=[],
        type=parts_of,
        metavar="PART",
        help=f"{', '.join(ABLATIONS)}; of the first four several at once: a+b",
    )
    parser.add_argument("--crossed", action="store_true", help="leave out each PART of each REGEX")
    parser.add_argument("--no-whole", action="store_true", help="leave the whole recipe's row out")
    parser.add_argument("--gate", action="store_true", help="learn the reject gate alone")
    args = parser.parse_args(own)
    if args.crossed and not (args.leave and args.ablate):
        parser.error("--crossed needs --leave and --ablate")
    if args.gate and (not args.leave or args.ablate):
        parser.error("--gate needs --leave, and takes no --ablate")

    from train.arguments import parser as train_parser
    from train.prepare_data import prepare_data
    from train.request_of_options import request_of

    request = request_of(train_parser().parse_args(["--model", "compact", *rest]))
    boxes = request.boxes or any(one.boxes for one in request.facts.values())
    if request.teachers or (args.ablate and not boxes):
        sys.exit("give no --teacher, and --boxes with --ablate")
    closed = any(one.non_commercial for one in request.facts.values())
    if (CLOSED,) in args.ablate and not closed:
        sys.exit(f"--ablate {CLOSED}: the facts call no folder so")
    data = prepare_data(request)
    for left in args.leave:
        if not any(left.search(scan.source) for scan in data.found.scans):
            sys.exit(f"--leave {left.pattern!r}: is in the name of no source")
    if args.gate:
        print("| left out | scans with a brain of | refused | doubted |\n|---|---|---|---|")
        for left in args.leave:
            for row in _gate_rows(request, data, left):
                print(row, flush=True)
        return
    print(
        "| training | judged on | scans | AUC | to the whole |\n|---|---|---|---|---|", flush=True
    )
    whole: dict[tuple, np.ndarray] = {}
    for left, parts in jobs(args.leave, args.ablate, args.crossed, not args.no_whole):
        name = name_of(left, parts)
        for judged in _judged(name, request, data, left, parts):
            key = left, judged.on
            if not parts:
                whole[key] = judged.probability
            print(judged.row(name, whole.get(key) if parts else None), flush=True)


def parts_of(ablated: str) -> tuple[str, ...]:
    """The parts of the recipe that one --ablate names.

    Raises:
        argparse.ArgumentTypeError: there is no such part, or it cannot be left out with another.
    """
    parts = tuple(dict.fromkeys(ablated.split("+")))
    allowed = ABLATIONS if len(parts) == 1 else EXAMPLES
    for part in parts:
        if part not in allowed:
            raise argparse.ArgumentTypeError(f"{ablated!r}: choose from {', '.join(allowed)}")
    return parts


def jobs(leave, ablate, crossed: bool, whole: bool) -> list[tuple[re.Pattern | None, tuple]]:
    """The source and the parts to leave out of each training."""
    first = [()] if whole else []
    if crossed:
        return [(left, parts) for left in leave for parts in [*first, *ablate]]
    alone = [(None, parts) for parts in first] + [(left, ()) for left in leave]
    return alone + [(None, parts) for parts in ablate]


def name_of(left: re.Pattern | None, parts: tuple[str, ...]) -> str:
    """What is left out, in words for a cell of a table."""
    told = [f"the scans of `{left.pattern}`".replace("|", r"\|")] if left else []
    told += [" and ".join(parts)] if parts else []
    return f"without {', '.join(told)}" if told else "the whole recipe"


@dataclass(frozen=True)
class Judged:
    """What a network says of some scans that it was not trained on; one array each, [N]."""

    on: str
    """Which scans, in words."""
    probability: np.ndarray
    truth: np.ndarray
    groups: np.ndarray

    def row(self, name: str, whole: np.ndarray | None) -> str:
        """As a line of the table.

        Args:
            name: of the training.
            whole: the probabilities by the whole recipe for the same scans, if there are any.
        """
        from train.evaluation.evaluate import evaluate
        from train.pruning.comparison import compare

        if len(set(self.truth.tolist())) < 2:
            return f"| {name} | {self.on} | {len(self.truth)} of one class | | |"
        own = self._predictions(self.probability)
        found = evaluate(own)
        auc = found.estimates["auc"]
        beside = ""
        if whole is not None:
            gap = compare(self._predictions(whole), own, 0).auc
            beside = f"{gap.value:+.3f} [{gap.low:+.3f} to {gap.high:+.3f}]"
        return (
            f"| {name} | {self.on} | {self.truth.sum()} with, {(1 - self.truth).sum()} without, "
            f"{found.groups} groups | {auc.value:.3f} [{auc.low:.3f}-{auc.high:.3f}] | {beside} |"
        )

    def _predictions(self, probability: np.ndarray):
        from train.evaluation.evaluate import Predictions

        decision = Decision("sigmoid", 1.0, 0.5, (0.5, 0.5))
        return Predictions.of(decision, self.truth, probability, self.groups)


def _judged(name, request, data, left, ablated) -> Iterator[Judged]:
    from train.gate.no_brain import scans_without_brain
    from train.splitting import split

    sources = np.array([scan.source for scan in data.found.scans])
    truth = data.found.truth
    fold = split.Fold(*(split.indices(data.parts, part) for part in split.PARTS))
    without_brain = scans_without_brain(request, data, fold.train)
    fold = fold.shown(without_brain)
    out = np.zeros(len(sources), bool)
    if left is not None:
        out = np.array([bool(left.search(source)) for source in sources])
    shared = _not_trained_on(request, data, out)
    closed = np.zeros(len(sources), bool)
    if CLOSED in ablated:
        closed = _non_commercial(request, data)
    gone = shared | np.isin(data.grouping.groups, data.grouping.groups[closed])
    train, validation = (own[~gone[own]] for own in (fold.train, fold.validation))
    if len(set(truth[validation].tolist())) < 2:
        sys.exit(f"{name}: the validation part is left with scans of one class")
    model = _fitted(request, data.samples(train), data.samples(validation), ablated)
    # Neither part was trained on, left out or not.
    unseen = np.concatenate([fold.test, fold.validation])
    kept = np.sort(np.concatenate([fold.train, unseen]))
    strange = kept[(closed if left is None else out)[kept] & ~without_brain[kept]]
    if left is not None:
        own = strange
        for label in (0, 1):
            if not (truth[own] == label).any():
                own = np.concatenate([own, unseen[truth[unseen] == label]])
        yield _predicted("what it never saw", model, data, own)
        # A folder, or a kind of tumor, that no other shows is more than another scanner.
        kinds = np.unique(sources[own[(truth[own] == 1) & out[own]]])
        for kind in kinds if len(kinds) > 1 else ():
            chosen = own[(truth[own] == 0) | (sources[own] == kind)]
            yield _predicted(f"of that, the tumors of {kind}", model, data, chosen)
    folders = np.array([source.partition("/")[0] for source in sources])
    names = np.unique(folders[strange])
    # Of one that was left out the first row says it.
    for folder in names if left is None or len(names) > 1 else ():
        # As each stands in the world: its own tumors against its own tumor-free scans.
        chosen = strange[folders[strange] == folder]
        if len(set(truth[chosen].tolist())) == 2:
            yield _predicted(f"{folder} alone, never seen", model, data, chosen)
    test = fold.test[~out[fold.test]]
    for folder in np.unique(folders[test]):
        yield _predicted(f"{folder}, test part", model, data, test[folders[test] == folder])
    # The same scans whatever is ablated, so that networks can be compared.
    clear = fold.validation[truth[fold.validation] == 0]
    found = fold.validation[(truth[fold.validation] == 1) & ~shared[fold.validation]]
    for folder in np.unique(folders[found]):
        if not np.isin(folder, folders[test]):
            both = np.concatenate([found[folders[found] == folder], clear])
            yield _predicted(
                f"tumors of {folder}, validation part, tumor-free of all", model, data, both
            )


def _non_commercial(request, data) -> np.ndarray:
    """Scans of folders that their facts call so, bool [N]."""
    closed = {root for root, one in request.facts.items() if one.non_commercial}
    return np.array([str(Path(scan.root)) in closed for scan in data.found.scans], bool)


def _not_trained_on(request, data, out: np.ndarray) -> np.ndarray:
    """What is left out, its copies, and all sources that may share its patients: bool [N]."""
    from train.data.apply_source_facts import patients_of
    from train.splitting import source_families

    scans, groups = data.found.scans, data.grouping.groups
    related = source_families.relations(request.facts, scans, patients_of(request.facts, scans))
    return np.isin(groups, groups[out]) | source_families.sharing(related, scans, out)


def _gate_rows(request, data, left) -> Iterator[str]:
    from train.evaluation.metrics import Proportion
    from train.gate.no_brain import scans_without_brain
    from train.gate.session_gate import learned_gate
    from train.networks.gate_head import describer
    from train.splitting import split

    sources = np.array([scan.source for scan in data.found.scans])
    out = np.array([bool(left.search(source)) for source in sources])
    copies = _not_trained_on(request, data, out)
    parts = {part: split.indices(data.parts, part) for part in split.PARTS}
    fold = split.Fold(*(own[~copies[own]] for own in parts.values()))
    without_brain = scans_without_brain(request, data, parts["train"])
    shown = fold.shown(without_brain)
    # Of a network that never saw the source either.
    model = _fitted(request, data.samples(shown.train), data.samples(shown.validation), ())
    gate = learned_gate(model, data, fold, without_brain, request.fit.seed, _input())
    describe = describer(model)
    kept = np.concatenate(list(parts.values()))
    clusters = data.grouping.clusters
    for source in np.unique(sources[out]):
        own = kept[(sources[kept] == source) & ~without_brain[kept]]
        own = own[np.unique(clusters[own], return_index=True)[1]]  # of copies one
        found = gate.head.likeness(describe(data.found.pixels[own]))
        refused, doubted = (
            Proportion(int((found < limit).sum()), len(own))
            for limit in (gate.limits.least, gate.limits.sure)
        )
        pattern = left.pattern.replace("|", r"\|")
        yield f"| `{pattern}` | {source} | {refused} | {doubted} |"


def _input():
    from train.networks.registry import ARCHITECTURES

    return ARCHITECTURES["compact"].input


def _fitted(request, train, validation, ablated):
    from train.augmentation import random_views, training_examples
    from train.fitting.fit_evidence_map import fit_evidence
    from train.fitting.fit_options import FitContext

    shares = dict(training_examples.SHARES)
    rescanned = random_views._rescanned
    for part in ablated:
        if part in shares:
            heir = "tumor" if part in ("painted", "transplanted") else "clear"
            training_examples.SHARES[heir] += training_examples.SHARES[part]
            training_examples.SHARES[part] = 0.0
    if "boxes" in ablated:
        train = replace(train, boxes=None)
    if "bare labels" in ablated:
        train = train[np.array([bool(own) for own in train.boxes]) | (train.truth == 0)]
    options = request.fit
    if "rescanning" in ablated:
        options = replace(options, workers=0)  # other processes would not know of it
        random_views._rescanned = lambda scan, rng: np.clip(np.rint(scan), 0, 255).astype(np.uint8)
    try:
        return fit_evidence(options, train, validation, FitContext()).model
    finally:
        training_examples.SHARES.clear()
        training_examples.SHARES.update(shares)
        random_views._rescanned = rescanned


def _predicted(judged_on, model, data, chosen) -> Judged:
    from train.evaluation.keras_predictions import raw_outputs

    groups = data.grouping.groups[chosen]
    # Of copies one; of patients all.
    _, first = np.unique(data.grouping.clusters[chosen], return_index=True)
    chosen, groups = chosen[np.sort(first)], groups[np.sort(first)]
    logits = raw_outputs(model, data.found.pixels[chosen])[:, 0].astype(np.float64)
    return Judged(judged_on, 1 / (1 + np.exp(-logits)), data.found.truth[chosen], groups)


if __name__ == "__main__":
    main()
