"""A node that is killed at any moment loses no slice that it acknowledged, and doubles none."""

import random
import threading
import time
from collections import Counter

import pytest

pytest.importorskip("pydicom")
from tests.edge.pacs.network import MR, until, write_slices

pytestmark = pytest.mark.slow
SLICES, KILLS = 1000, 20


class Sender:
    """Sends files until each is acknowledged, by pynetdicom, an implementation not our own."""

    def __init__(self, files, port):
        self.left = list(files)
        self.port = port
        self.sent = 0
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        from pydicom import dcmread
        from pynetdicom import AE

        entity = AE("SCANNER")
        entity.add_requested_context(MR, "1.2.840.10008.1.2.1")
        while self.left:
            association = entity.associate("127.0.0.1", self.port)
            while self.left and association.is_established:
                try:
                    self.sent += 1
                    status = association.send_c_store(dcmread(self.left[0]))
                except (RuntimeError, ValueError):
                    break
                if status.get("Status") != 0:
                    break
                self.left.pop(0)
            if association.is_established:
                association.release()
            elif self.left:
                time.sleep(0.05)


def test_kill_at_random_moments(node, tmp_path):
    pytest.importorskip("pynetdicom")
    files = write_slices(tmp_path / "slices", SLICES)
    one = node("--settle", "1")
    moments = random.Random(23)
    sender = Sender(files, one.port)
    kills = 0
    while kills < KILLS:
        # Spread over the sending: at the k-th when so many are acknowledged, and a bit more.
        goal = SLICES - (kills + 1) * SLICES // (KILLS + 1)
        until(lambda goal=goal: len(sender.left) <= goal, 120)
        time.sleep(moments.random() * 0.1)
        one.kill()
        kills += 1
        one.start()
    sender.thread.join(120)
    assert not sender.left
    until(lambda: len(one.results()) >= SLICES, 120)
    until(lambda: one.studies() and one.studies()[-1]["slices"] == SLICES)
    time.sleep(1)
    one.stop()
    counted = Counter(line["path"].rpartition("/")[2] for line in one.results())
    assert sorted(counted) == sorted(f"1.2.3.1.{n}.dcm" for n in range(1, SLICES + 1))
    assert set(counted.values()) == {1}
    assert all(line["verdict"] for line in one.results())
    contents = [line["content"] for line in one.studies()]
    assert len(contents) == len(set(contents))
    print(f"{kills} kills, {sender.sent} sent, {len(one.results())} verdicts")
