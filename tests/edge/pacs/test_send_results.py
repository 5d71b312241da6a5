"""`--send-results` and `--stow`, from files to the archive."""

import json
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from edge.cli import main
from edge.pacs import deliver, send_queue, send_results
from edge.pacs.report.derived_object import Made, derived_uid
from edge.pacs.send_queue import SendQueue
from tests.edge.pacs.network import free_port
from tests.edge.pacs.objects import SC, SR
from tests.edge.pacs.studies import gradients, write_study

pytest.importorskip("pynetdicom")


@pytest.fixture
def run(any_model, tmp_path, monkeypatch, capsys):
    """Run the command on paths; returns its status, its results and its messages."""
    monkeypatch.setattr(send_results, "PATIENCE", 0)

    def run(*paths, **options):
        options = {"queue": tmp_path / "queue", **options}
        words = [
            word
            for name, value in options.items()
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        if paths:
            words += ["--series", "--format", "ndjson", "--model", str(any_model)]
        status = main([*map(str, paths), *words])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err.splitlines()

    return run


def waiting(folder: Path) -> list[Path]:
    return sorted((folder / "queue" / "waiting").iterdir())


@pytest.mark.parametrize("how", ["send_results", "stow"])
def test_from_files_to_the_archive(run, orthanc, study, tmp_path, how):
    for file in study.files:
        orthanc.store(file)
    where = {how: orthanc.peer if how == "send_results" else orthanc.url}
    status, lines, said = run(study.folder, **where)
    assert status == 0
    assert lines[-1]["verdict"] == "tumor"
    assert said[-1].endswith(f"3 objects sent to {where[how]}")
    assert waiting(tmp_path) == []
    (one,) = orthanc.json("studies?expand")
    assert one["MainDicomTags"]["StudyInstanceUID"] == study.uid
    modalities = {series["MainDicomTags"]["Modality"] for series in orthanc.json("series?expand")}
    assert modalities == {"MR", "SR", "OT"}
    before = orthanc.instances()
    assert len(before) == 6
    assert run(study.folder, **where)[0] == 0
    assert orthanc.instances() == before
    # As a viewer asks for them.
    found = orthanc.json(f"dicom-web/studies/{study.uid}/instances?includefield=all")
    assert len(found) == 6
    for page in ("app/explorer.html", f"dicom-web/studies/{study.uid}/metadata"):
        assert orthanc.get(page)
    for series in orthanc.json("series?expand"):
        if series["MainDicomTags"]["Modality"] == "OT":
            for instance in series["Instances"]:
                with Image.open(BytesIO(orthanc.get(f"instances/{instance}/preview"))) as picture:
                    assert picture.mode == "RGB"


def test_the_results_are_those_without_sending(run, orthanc, study, any_model, capsys):
    main([str(study.folder), "--series", "--format", "ndjson", "--model", str(any_model)])
    plain = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    _, lines, _ = run(study.folder, send_results=orthanc.peer)
    for one in (*plain, *lines):
        one.pop("timings_ms", None)
    assert lines == plain


def test_a_wrong_title_costs_nothing(run, orthanc, study, tmp_path):
    wrong = orthanc.peer.replace("ARCHIVE", "WRONG")
    status, lines, said = run(study.folder, send_results=wrong)
    assert status == 1
    assert len(lines) == 4
    assert "Called AE title not recognised" in said[0]
    assert len(waiting(tmp_path)) == 3
    # A queue never goes to another archive by a slip.
    status, lines, said = run(study.folder, send_results=orthanc.peer)
    assert status == 2
    assert f"is the queue of {wrong}" in said[0]
    assert orthanc.instances() == {}


def test_down_then_back(run, scp, study, tmp_path):
    port = free_port()
    peer = f"ARCHIVE@127.0.0.1:{port}"
    status, _, said = run(study.folder, send_results=peer)
    assert status == 1
    assert "3 objects for" in said[-1]
    _, stored = scp(port=port)
    status, lines, said = run(send_results=peer)
    assert (status, lines) == (0, [])
    assert len(stored) == 3
    assert waiting(tmp_path) == []


def test_a_queue_that_is_none_is_not_made(run, scp, tmp_path):
    """What waits lies in another one, whose name was mistyped."""
    port, _ = scp()
    (tmp_path / "empty").mkdir()
    for name in ("typo", "empty"):
        where = {"send_results": f"ARCHIVE@127.0.0.1:{port}", "queue": tmp_path / name}
        status, _, said = run(**where)
        assert status == 2
        assert said == [
            f"edge-classify: {tmp_path / name}: is no queue; nothing was put there to be sent"
        ]
    assert not (tmp_path / "typo").exists()
    assert not [*(tmp_path / "empty").iterdir()]


def test_refused_for_good(run, scp, study, tmp_path, monkeypatch):
    monkeypatch.setattr(send_results, "PATIENCE", 30)
    monkeypatch.setattr(deliver, "_FIRST_PAUSE", 0.01)
    port, _ = scp(lambda data, count: 0xC000 if data.SOPClassUID == SR else 0)
    status, _, said = run(study.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert any("refuses an object for good (status 0xC000)" in line for line in said)
    (kept,) = (tmp_path / "queue" / "refused").iterdir()
    assert pydicom.dcmread(kept).SOPClassUID == SR


def test_pictures_of_no_study(run, scp, tmp_path):
    for at, pixels in enumerate(gradients(180, 190)):
        (tmp_path / "pictures").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{at}.png")
    port, stored = scp()
    peer = f"ARCHIVE@127.0.0.1:{port}"
    status, lines, said = run(tmp_path / "pictures", send_results=peer)
    assert status == 1
    assert lines[-1]["verdict"] == "tumor"
    assert "1 series is of no DICOM study; nothing is sent for it" in said[0]
    assert stored == []


def test_files_without_a_study(run, scp, tmp_path):
    study = write_study(tmp_path / "in", gradients(180, 190), StudyInstanceUID=None)
    port, stored = scp()
    status, lines, said = run(study.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert lines[-1]["verdict"] == "tumor"
    assert "of no DICOM study" in said[0]
    assert stored == []


def test_two_patients_under_one_study(run, scp, tmp_path):
    one = write_study(tmp_path / "in", gradients(180, 190), number=1)
    write_study(tmp_path / "in", gradients(180), number=2, patient_id="Other-1", name="Else^Who")
    write_study(tmp_path / "in", gradients(170), study=2)
    port, stored = scp()
    status, lines, said = run(one.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert len(lines) == 7
    assert "1 study names more than one patient; nothing is sent for it" in said[0]
    assert not any(text in "\n".join(said) for text in ("Other-1", "Else", "Quill", "PID"))
    assert {data.StudyInstanceUID[-2:] for data in stored} == {".2"}
    assert {data.SOPClassUID for data in stored} == {SR, SC}


def test_the_same_again_beside_what_was_made_is_the_same(run, scp, study, tmp_path):
    """As of a study that is fetched from the archive: our own objects are not reported on."""
    port, stored = scp()
    peer = f"ARCHIVE@127.0.0.1:{port}"
    run(study.folder, send_results=peer)
    for at, data in enumerate(list(stored)):
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
        data.save_as(study.folder / f"own{at}.dcm", enforce_file_format=True)
    status, _, said = run(study.folder, send_results=peer)
    assert status == 1  # these are no scans
    assert said[0].endswith("2 series not of MR are in no report")
    assert [data.SOPInstanceUID for data in stored[3:]] == [
        data.SOPInstanceUID for data in stored[:3]
    ]


def test_another_modality_is_not_reported(run, scp, tmp_path):
    one = write_study(tmp_path / "in", gradients(180, 190), Modality="CT")
    port, stored = scp()
    status, lines, said = run(one.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert lines[-1]["verdict"] == "rejected"
    assert "1 series not of MR is in no report" in said[-1]
    assert stored == []


def test_one_patient_spelt_with_other_spaces(run, scp, tmp_path):
    one = write_study(tmp_path / "in", gradients(180), number=1, name="Doe^Jane")
    write_study(tmp_path / "in", gradients(180), number=2, name="DOE^Jane^^")
    port, stored = scp()
    assert run(one.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")[0] == 0
    assert len(stored) == 3


def test_one_series_in_two_studies(run, scp, tmp_path):
    one = write_study(tmp_path / "in", gradients(180), SeriesInstanceUID="1.2.3.4")
    write_study(tmp_path / "in", gradients(180), study=2, first=2, SeriesInstanceUID="1.2.3.4")
    port, stored = scp()
    status, lines, said = run(one.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert len(lines) == 3
    assert "its slices name several studies" in said[0]
    assert stored == []


def test_an_unread_slice_is_counted_and_clears_nothing(run, scp, tmp_path):
    study = write_study(tmp_path / "in", gradients(40, 50, 45))
    file = study.files[1]
    file.write_bytes(file.read_bytes()[:-2000])
    port, stored = scp()
    status, lines, _ = run(study.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert lines[-1]["verdict"] == "uncertain"
    (report,) = stored
    text = report.to_json()
    assert "Slices that could not be read" in text
    assert "1 slice could not be read, so it is not cleared" in text


def test_a_full_queue_is_said_and_the_results_stand(run, scp, study, monkeypatch):
    monkeypatch.setattr(send_queue, "MOST_OBJECTS", 1)
    port, stored = scp()
    status, lines, said = run(study.folder, send_results=f"ARCHIVE@127.0.0.1:{port}")
    assert status == 1
    assert len(lines) == 4
    assert len([line for line in said if "is full" in line]) == 1
    assert len(stored) == 1


@pytest.mark.parametrize(("how", "package"), [("send_results", "pynetdicom"), ("stow", "pydicom")])
def test_what_is_not_installed_is_said_before_anything_is_done(
    run, study, tmp_path, monkeypatch, how, package
):
    monkeypatch.setattr(send_results, "find_spec", lambda name: None)
    where = {"send_results": "A@h:104", "stow": "http://h/d"}[how]
    status, lines, said = run(study.folder, **{how: where})
    assert (status, lines) == (2, [])
    assert f"needs {package}; run: pip install 'mri-edge[pacs]'" in said[0]
    assert not (tmp_path / "queue").exists()


def test_without_a_destination_nothing_is_made(study, any_model, tmp_path, capsys):
    assert main([str(study.folder), "--series", "--model", str(any_model)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"in", Path(any_model).name}


def test_killed_while_it_sends_all_arrive(scp, tmp_path):
    """And the archive has each once, by its UID."""
    folder = tmp_path / "queue"
    port, stored = scp(lambda data, count: time.sleep(0.02) or 0)
    peer = f"ARCHIVE@127.0.0.1:{port}"
    queue = SendQueue(str(folder), peer)
    uids = {derived_uid("killed", str(number)) for number in range(40)}
    for uid in uids:
        queue.add(Made(uid, SC, _tiny(uid)))
    command = [sys.executable, "-m", "edge", "--send-results", peer, "--queue", str(folder)]
    for _ in range(3):
        before = len(stored)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while len(stored) < before + 4 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert queue.waiting()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert queue.waiting() == []
    assert {data.SOPInstanceUID for data in stored} == uids


def _tiny(uid: str) -> bytes:
    from edge.pacs.report.derived_object import as_file

    data = pydicom.Dataset()
    data.SOPClassUID, data.SOPInstanceUID, data.PatientID = SC, uid, "x"
    return as_file(data).data


def test_killed_at_any_moment_the_archive_has_the_same_in_the_end(
    any_model, scp, study, tmp_path, capsys
):
    port, stored = scp()
    what = [str(study.folder), "--series", "--model", str(any_model)]
    where = ["--send-results", f"ARCHIVE@127.0.0.1:{port}", "--queue"]
    assert main([*what, *where, str(tmp_path / "other")]) == 0
    expected = {data.SOPInstanceUID for data in stored}
    stored.clear()
    command = [sys.executable, "-m", "edge", *what, *where, tmp_path / "queue"]
    for wait in (0.35, 0.5, 0.6, 0.7, 0.8, 1.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {data.SOPInstanceUID for data in stored} == expected
    reports = [data for data in stored if data.SOPClassUID == SR]
    assert all(report == reports[0] for report in reports)
    assert waiting(tmp_path) == []
