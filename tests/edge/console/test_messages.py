"""Messages: one line each, whoever else speaks."""

import io

from edge.console import messages


def test_a_message_is_written_at_once(monkeypatch):
    """With the end of its line: another thread may speak between two writes."""
    written = []

    class Stream(io.StringIO):
        def write(self, text):
            written.append(text)
            return len(text)

    monkeypatch.setattr("sys.stderr", Stream())
    messages.say("a scan\nis cut")
    assert [text for text in written if text] == ["edge-classify: a scan\\nis cut\n"]
