"""What an export says and leaves: lines for the terminal, and export-report.json."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from edge import NOTICE
from edge.model_file import bounded_json
from edge.model_file.dataclass_json import to_json
from export.package.describe import map_words, type_words
from export.package.write_container import write_atomically
from export.prove.parity import failures
from train.run.run_folder import Run, sha256_file

if TYPE_CHECKING:
    from export.export_pipeline import Outcome

try:
    import fcntl
except ImportError:  # not on Windows, where nothing is locked
    fcntl = None

REPORT = "export-report.json"


def lines(outcome: "Outcome", out: Path) -> list[str]:
    """What became of one file, for the terminal."""
    return _published(outcome, out) if outcome.published else _refused(outcome, out)


def write_report(out: Path, run: Run, outcomes: Sequence["Outcome"]) -> None:
    """Write export-report.json into `out`; what it says of other files there is kept.

    An entry of an earlier export is kept while its file is there and unchanged. Two exports into
    one folder write one after the other. Raises `OSError`.
    """
    origin = {"run": run.name, "synthetic": run.manifest.training.synthetic}
    with _alone(out):
        kept = _kept(out, {outcome.file for outcome in outcomes if outcome.published})
        report = {"notice": NOTICE, **origin}
        report["files"] = [*kept, *(origin | to_json(outcome) for outcome in outcomes)]
        write_atomically(out / REPORT, (json.dumps(report, indent=1) + "\n").encode())


def _published(outcome: "Outcome", out: Path) -> list[str]:
    found = [f"{out / outcome.file}: {outcome.bytes / 1e6:.2f} MB"]
    found += [*_proofs(outcome), *(f"  {line}" for line in outcome.kept)]
    if outcome.left_in_float:
        kinds = ", ".join(outcome.left_in_float)
        found.append(f"  Computed in float, as the converter has no int8 for it here: {kinds}")
    return found


def _refused(outcome: "Outcome", out: Path) -> list[str]:
    """What was compared, what came out, and what to try."""
    if outcome.parity:
        proof = outcome.parity[0]
        strays = any(map(failures, outcome.parity))
        found = [
            f"NOT PUBLISHED {outcome.file}: "
            + ("it strays too far from the Keras model." if strays else "its self-test fails."),
            f"  Compared: the verdicts of both on {proof.scans} held-out scans.",
            *(f"  {problem}" for problem in outcome.problems),
            *(
                f"  In {one.engine}: {one.changed} of {one.scans} verdicts changed; at most "
                f"{one.max_changed} may. That holds."
                for one in outcome.parity
                if one.changed <= one.max_changed
            ),
        ]
    else:
        found = [f"NOT PUBLISHED {outcome.file}: {'; '.join(outcome.problems)}"]
    if (out / outcome.file).exists():
        found.append("  An earlier file of that name was left as it was.")
    found += _proofs(outcome)
    if outcome.advice:
        found += ["  What to try:", *(f"    {line}" for line in outcome.advice)]
    return found


def _proofs(outcome: "Outcome") -> Iterator[str]:
    for proof in outcome.parity:
        yield f"  {proof.engine} {proof.engine_version}: {proof.words}"
        if proof.types:
            yield f"    types: {type_words(proof.types)}"
        if proof.heat_map:
            yield f"    {map_words(proof.heat_map)}"
    for engine in outcome.fails_to_load:
        yield f"  does not load in {engine}"


def _kept(out: Path, replaced: set[str]) -> list[dict]:
    """The entries of files that are as an earlier export left them, but for `replaced`."""
    try:
        earlier = bounded_json.read(out / REPORT)["files"]
        names = [Path(entry["file"]).name for entry in earlier]
        hashes = [entry.get("sha256") for entry in earlier]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []  # there is none, or it is of another kind
    return [
        entry
        for entry, name, digest in zip(earlier, names, hashes, strict=True)
        if digest and name not in replaced and _sha256(out / name) == digest
    ]


def _sha256(file: Path) -> str | None:
    try:
        return sha256_file(file)
    except OSError:
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder itself, so that no file is left by it."""
    if fcntl is None:
        yield
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: as on Windows
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
