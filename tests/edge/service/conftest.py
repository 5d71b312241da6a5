"""A folder to watch, and a watch in this process."""

import signal

import pytest

from edge import Classifier
from edge.app.arguments import parser
from edge.parallel.pipeline import classify_one
from edge.service.watch import RESULTS, run_watch
from tests.edge.conftest import results


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


class Looks:
    """`time.sleep` that ends the watch after some looks at the folder."""

    def __init__(self, number: int):
        self.left = number

    def __call__(self, seconds: float) -> None:
        assert seconds > 0
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.fixture
def watch_in_process(any_model, inbox, monkeypatch, capsys):
    """Watch the folder for some looks; its results, and what was said."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    class InProcess:
        """Classifies in this process, which a test can look into."""

        def __init__(self, classifier, extra, foreign):
            self.classifier = classifier

        def __call__(self, path):
            return classify_one(self.classifier, path)

        def close(self):
            pass

    def run_for(looks: int) -> tuple[list[dict], str]:
        monkeypatch.setattr("edge.service.watch.time.sleep", Looks(looks))
        monkeypatch.setattr("edge.service.examine.ScanProcess", InProcess)
        monkeypatch.setattr("edge.service.changes.why_polled", lambda path: "a test")
        args = parser().parse_args(["--watch", str(inbox), "--settle", "1e-9"])
        run_watch(Classifier(any_model), args)
        return results(inbox / RESULTS), capsys.readouterr().err

    yield run_for
    for number, handler in before.items():
        signal.signal(number, handler)
