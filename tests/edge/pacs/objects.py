"""Objects for the archive, made from a study, and what reads them."""

import subprocess
from pathlib import Path

from edge import Classifier
from edge.pacs.report_studies import report_files
from edge.pacs.send_queue import SendQueue
from tests.edge.pacs.network import tool
from tests.edge.pacs.studies import Study

SR, SC = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.7"


def queued(classifier: Classifier, queue: Path, *studies: Study, said=None) -> list[Path]:
    """What waits after the studies were reported."""
    folder = SendQueue(str(queue), "A@h:104")
    paths = [(str(path), None) for study in studies for path in study.files]
    said = said if said is not None else []
    report_files(classifier, paths, folder, said.append)
    return [Path(path) for path in folder.waiting()]


def of_class(paths: list[Path], sop_class: str) -> list:
    """Those of one class, as Datasets."""
    import pydicom

    found = [pydicom.dcmread(path) for path in paths]
    return [one for one in found if one.SOPClassUID == sop_class]


def complaints(path: Path) -> list[str]:
    """What dciodvfy finds wrong; our own coding scheme is none that it knows."""
    done = subprocess.run([tool("dciodvfy"), path], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if line.startswith(("Error", "Warning")) and "99MRI" not in line]
