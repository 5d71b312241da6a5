"""What must hold of every file that is no scan and no model: what runs, journals and people write.

A checker takes a folder of its own and the input, and returns whether it was accepted. Errors that
a reader promises are a refusal; they name the file on one line. Whatever else is raised is a
finding.
"""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.results.benchmark_report import read_report
from edge.errors import EdgeError, ModelError
from edge.inference.decision import verdict
from edge.journal.attempts import Attempts
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.model_file import manifest_json, ssh_signature
from edge.model_file.bounded_json import MANIFEST as MANIFEST_LIMITS
from edge.model_file.bounded_json import loads
from edge.model_file.dataclass_json import to_json
from edge.model_file.trust import find
from edge.results.recognize import is_results
from train.data.boxes import parse
from train.data.label_table import read_labels
from train.errors import TrainError
from train.fitting.checkpoint import load
from train.run.run_folder import MANIFEST, MODEL, SPLIT, read_run

VERDICTS = ("tumor", "no_tumor", "uncertain")


def check_manifest(folder: Path, data: bytes) -> bool:
    """The JSON text of a manifest, sealed anew where it is JSON: so its values are tried."""
    source = str(folder / "model.tflite")
    try:
        document = loads(data, MANIFEST_LIMITS)
        if isinstance(document, dict):
            document.pop("seal", None)
            data = json.dumps({**document, "seal": manifest_json.seal(document)}).encode()
    except (ValueError, TypeError):
        pass  # to be refused below, too
    try:
        found = manifest_json.loads(data, source)
    except ModelError as error:
        return _refused(error, source)
    decision = found.decision
    assert found.positive in found.labels
    assert all(map(_is_finite, _leaves(to_json(found)))), "a number that is not finite"
    for probability in (0.0, decision.threshold, *decision.uncertain, 1.0):
        assert verdict(probability, decision) in VERDICTS
    return True


def check_journal(folder: Path, data: bytes) -> bool:
    """A file of results that a watch goes on with: read twice, and a result put behind it."""
    path = folder / "results.ndjson"
    path.write_bytes(data)
    seen = FileState("/in/new.png", 1, 2)
    try:
        journal = Journal(str(path))
        try:
            attempts = Attempts(journal)
            assert attempts.deaths(seen) >= 0
            whole = [line for line in data.split(b"\n") if line]
            journal.append(seen, "1" * 64, {"path": "new.png"})
            known = len(journal)
        finally:
            journal.close()
        again = Journal(str(path))
        again.close()
    except EdgeError as error:
        return _refused(error, str(path))
    assert again.has(seen), "the result that was written last is not there"
    assert len(again) == known, "another number of results when read again"
    assert len(path.read_bytes().split(b"\n")) >= min(len(whole), 2)
    assert is_results(path.read_bytes()[:4096], str(path)) or not data.startswith(b'{"path": "')
    return True


def check_attempts(folder: Path, data: bytes) -> bool:
    """The note of which file was in work: whatever it holds, the service starts."""
    path, note = folder / "results.ndjson", folder / ".results.ndjson.attempts"
    path.unlink(missing_ok=True)
    note.write_bytes(data)
    seen = FileState("/in/new.png", 1, 2)
    journal = Journal(str(path))
    try:
        attempts = Attempts(journal)
        attempts.begin(seen)
        assert attempts.end(seen, died=False, final=True) == 0
        attempts.rest()
    finally:
        journal.close()
    return note.exists()


def check_run(folder: Path, data: bytes) -> bool:
    """The manifest.json of a run."""
    return _check_run_file(folder, MANIFEST, data)


def check_split(folder: Path, data: bytes) -> bool:
    """The split.json of a run."""
    return _check_run_file(folder, SPLIT, data)


def _check_run_file(folder: Path, name: str, data: bytes) -> bool:
    (folder / MODEL).touch()
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(data)
    try:
        run = read_run(folder)
        assert run.manifest.positive in run.manifest.labels
        return True
    except TrainError as error:
        return _refused(error, str(folder))
    finally:
        (folder / name).write_bytes(before)


def check_report(folder: Path, data: bytes) -> bool:
    """The report.json of benchmarks."""
    path = folder / "report.json"
    path.write_bytes(data)
    return _accepted(path, read_report, BenchmarkError)


def check_state(folder: Path, data: bytes) -> bool:
    """The state of an unfinished fit."""
    path = folder / "fit.npz"
    path.write_bytes(data)
    return _accepted(path, load, TrainError)


def check_labels(folder: Path, data: bytes) -> bool:
    """A table of labels."""
    path = folder / "labels.csv"
    path.write_bytes(data)
    return _accepted(path, read_labels, TrainError)


def check_boxes(folder: Path, data: bytes) -> bool:
    """A YOLO text file."""
    path = folder / "boxes.txt"
    path.write_bytes(data)
    boxes, problems = parse(path)
    assert not (boxes and problems)
    for problem in problems:
        assert problem.startswith(str(path)), problem
        assert "\n" not in problem, problem
    for box in boxes:
        assert 0 <= box.left < box.right <= 1, box
        assert 0 <= box.top < box.bottom <= 1, box
    return bool(boxes)


def check_signature(folder: Path, data: bytes) -> bool:
    """A signature: accepted are those that say the same key and signature as the whole one."""
    whole = (folder / "whole.sig").read_bytes()
    try:
        found = ssh_signature.read_signature(data)
    except ValueError:
        return False
    signed = ssh_signature.is_signed(bytes(32), *found)
    assert not signed, "a signature of nothing"
    return found == ssh_signature.read_signature(whole)


def check_trust(folder: Path, data: bytes) -> bool:
    """A key, a policy or a list of what is revoked, in a store beside a whole key."""
    path = folder / ("new.pub" if data[:4] == b"ssh-" else "revoked" if len(data) > 9 else "policy")
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        found = find("/nonexistent", str(folder), None)
        assert found is None or found.policy in ("warn", "require")
        return True
    except ModelError as error:
        return _refused(error, str(folder))
    finally:
        path.write_bytes(before)


def _accepted(path: Path, read: Callable, error_type: type[Exception]) -> bool:
    try:
        read(path)
        return True
    except error_type as error:
        return _refused(error, str(path))


def _refused(error: Exception, path: str) -> bool:
    message = str(error)
    assert message.startswith(path), message
    assert "MemoryError" not in message, message
    # What a command prints is one line in any case (`edge.console.messages.printable`).
    assert len(message) < 1000, f"an error of {len(message)} letters"
    return False


def _leaves(document) -> Iterator:
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list | tuple):
        for one in document:
            yield from _leaves(one)
    else:
        yield document


def _is_finite(value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
