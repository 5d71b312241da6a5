"""Fit the reject gate of a finished run of the compact network anew; the network stays.

    python docs/scripts/refit_gate.py runs/compact --out runs/compact-gate -- --data DIR ...

What stands after `--` is the command line that the run was trained with, with --not-brain: it says
which scans the gate learns from, and which it is not shown. Writes a copy of the run with the new
gate, and prints what gates of that kind make of sources and kinds that they never saw; `gate.json`
has it as the run's report would.
"""

import argparse
import datetime
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge.model_file.manifest import RejectGate
from edge.model_file.provenance import LaterGate


def main() -> None:
    """Fit, write, print."""
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the new run")
    args = parser.parse_args(own)
    if args.out.exists():
        parser.error(f"{args.out}: exists; name another folder")
    refit(args.run, args.out, rest)


def refit(folder: Path, out: Path, command: Sequence[str]) -> None:
    """Write the new run; exits where its scans are not those of the run."""
    from train.arguments import parser as train_parser
    from train.data.scans import fingerprint
    from train.evaluation.keras_predictions import load_keras
    from train.gate.no_brain import scans_without_brain
    from train.gate.not_brain import read_not_brain
    from train.gate.session_gate import learned_gate
    from train.prepare_data import prepare_data
    from train.reporting.gate_card import gate_card
    from train.request_of_options import request_of
    from train.run import run_folder
    from train.splitting import split

    run = run_folder.read_run(folder)
    spec = run.manifest.input
    request = request_of(
        train_parser().parse_args(["--model", "compact", "--crop", spec.crop, *command])
    )
    if request.not_brain is None:
        sys.exit("give --not-brain among the options of the training")
    not_brain = read_not_brain(request.not_brain)
    data = prepare_data(request)
    own, told = (sorted((one.sha256, one.part) for one in some) for some in (run.split, data.parts))
    if own != told:
        sys.exit(f"{folder}: was trained on other scans than the options say")
    parts = split.Fold(*(split.indices(data.parts, part) for part in split.PARTS))
    without_brain = scans_without_brain(request, data, parts.train)
    seed = run.manifest.training.seed
    gate = learned_gate(load_keras(run), data, parts, without_brain, seed, spec, not_brain)
    shutil.copytree(folder, out)
    learned_from = [one for one in data.parts if one.part == "train"]
    later = LaterGate(
        data=tuple(sorted({Path(one.root).name for one in learned_from})),
        data_sha256=fingerprint(one.sha256 for one in learned_from),
        not_brain={kind: len(pictures) for kind, pictures in not_brain.pictures.items()},
        seed=seed,
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )
    manifest = replace(
        run.manifest,
        reject=RejectGate(learned=gate.limits),
        gate_sha256=gate.write(out),
        later_gate=later,
    )
    run_folder.write_json(out / run_folder.MANIFEST, manifest)
    run_folder.write_json(out / "gate.json", gate.check.to_dict())
    print("\n".join(gate_card(gate.check)))


if __name__ == "__main__":
    main()
