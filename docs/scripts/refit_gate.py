"""Fit the learned reject gate of finished model files anew, on more sources; the network stays.

    python docs/scripts/refit_gate.py edge/models/compact-int8.* --out new -- --data DIR ...

With --crop the files get another crop rule as well. `preprocessing_rules.py` tells beforehand how
many verdicts that changes.

What stands after `--` is the command line of `python -m train --model compact`, with --not-brain:
it says which scans the gate learns from, and which it is not shown. Writes the files with the new
gate into the folder, and prints what gates of that kind make of sources and kinds that they never
saw; `gate.json` has it as the run's report would.
"""

import argparse
import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.inference.classifier import Classifier
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.manifest import LearnedGate, Manifest
from edge.model_file.provenance import LaterGate, provenance
from edge.scan.crop import CROPS
from export.package.write_container import pack, payload_of, write_atomically
from export.prove.golden_sample import golden_pixels, golden_sample
from train.gate.gate_check import GateCheck
from train.reporting.gate_card import gate_card
from train.run.run_folder import write_json


def main() -> None:
    """Fit, write, print."""
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the new files")
    parser.add_argument("--crop", choices=CROPS, help="crop rule (default: the files' own)")
    args = parser.parse_args(own)
    manifests = [open_model(str(file)).manifest for file in args.models]
    if len({one.input.crop for one in manifests}) > 1:
        parser.error("the models are of different crop rules; give those of one run")
    if any(one.reject.learned is None for one in manifests):
        parser.error("a model has no learned gate")
    crop = args.crop or manifests[0].input.crop
    fitted = fit(crop, rest)
    args.out.mkdir(parents=True, exist_ok=True)
    for file, manifest in zip(args.models, manifests, strict=True):
        changed = with_gate(with_crop(manifest, crop), fitted.gate, fitted.origin)
        payload = payload_of(file, manifest.format)
        write_atomically(args.out / file.name, pack(payload, changed))
        if crop != manifest.input.crop:
            with_golden(args.out / file.name, payload)
        print(f"{args.out / file.name}: {(args.out / file.name).stat().st_size} bytes")
    write_json(args.out / "gate.json", fitted.check.to_dict())
    print("\n".join(gate_card(fitted.check)))


@dataclass(frozen=True)
class Fitted:
    """A gate, where it comes from, and what gates of its kind make of what they never saw."""

    gate: LearnedGate
    origin: LaterGate
    check: GateCheck


def fit(crop: str, command: Sequence[str]) -> Fitted:
    """The gate of a training on this command line, for inputs of this crop rule."""
    from train.arguments import parser as train_parser
    from train.cli import request_of
    from train.data.scans import fingerprint
    from train.gate.no_brain import scans_without_brain
    from train.gate.not_brain import read_not_brain
    from train.gate.session_gate import learned_gate
    from train.prepare_data import prepare_data
    from train.splitting import split

    request = request_of(
        train_parser().parse_args(["--model", "compact", "--crop", crop, *command])
    )
    if request.not_brain is None:
        sys.exit("give --not-brain among the options of the training")
    not_brain = read_not_brain(request.not_brain)
    data = prepare_data(request)
    parts = split.Fold(*(split.indices(data.parts, part) for part in split.PARTS))
    without_brain = scans_without_brain(request, data, parts.train)
    gate, check = learned_gate(
        data, parts, without_brain, request.fit.seed, request.fit.input, not_brain
    )
    learned_from = [one for one in data.parts if one.part == "train"]
    origin = LaterGate(
        data=tuple(sorted({Path(one.root).name for one in learned_from})),
        data_sha256=fingerprint(one.sha256 for one in learned_from),
        not_brain={kind: len(pictures) for kind, pictures in not_brain.pictures.items()},
        seed=request.fit.seed,
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )
    return Fitted(gate, origin, check)


def with_gate(manifest: Manifest, gate: LearnedGate, origin: LaterGate) -> Manifest:
    """The manifest with another learned gate, and where that comes from."""
    return replace(
        manifest,
        reject=replace(manifest.reject, learned=gate),
        provenance=to_json(replace(provenance(manifest), gate=origin)),
    )


def with_crop(manifest: Manifest, crop: str) -> Manifest:
    """The manifest with another crop rule, and which one the network learned from."""
    if crop == manifest.input.crop:
        return manifest
    known = provenance(manifest)
    trained = known.trained_crop or manifest.input.crop
    origin = replace(known, trained_crop="" if trained == crop else trained)
    return replace(manifest, input=replace(manifest.input, crop=crop), provenance=to_json(origin))


def with_golden(file: Path, payload: bytes) -> None:
    """Give a written file the golden sample of its crop rule, judged by the first engine."""
    classifier = Classifier(str(file), threads=1)
    manifest, known = classifier.manifest, provenance(classifier.manifest)
    expected, types = classifier.judge(golden_pixels(manifest.input))
    golden = golden_sample(
        *(manifest.input, expected, known.golden.tolerance, manifest.decision),
        *(manifest.types, types),
    )
    changed = replace(manifest, provenance=to_json(replace(known, golden=golden)))
    write_atomically(file, pack(payload, changed))


if __name__ == "__main__":
    main()
