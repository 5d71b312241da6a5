"""What a fork of this program leaves alone."""

import gc
import os
import signal

import pytest

from edge import Classifier
from edge.inference.engines import installed
from edge.parallel.side_process import SideProcess
from edge.parallel.worker_process import Worker, fork
from tests.edge.conftest import MODELS
from tests.edge.parallel.test_side_process import until_known


class Engine:
    """One that nobody but the collector can end, as it knows itself."""

    def __init__(self, ended):
        self._itself, self._ended = self, ended

    def __del__(self):
        os.write(self._ended, b".")


@pytest.fixture
def ended():
    """Where a left engine tells that it was ended: nobody must, until the parent collects it."""
    gc.collect()
    gc.disable()
    source, target = os.pipe()
    os.set_blocking(source, False)
    Engine(target)
    yield source
    gc.enable()
    gc.collect()
    assert os.read(source, 9) == b"."
    os.close(source)
    os.close(target)


def untouched(source):
    with pytest.raises(BlockingIOError):
        os.read(source, 9)


def test_a_worker_collects_nothing_of_its_parent(ended):
    worker = Worker(lambda _: gc.collect())
    worker("an item")
    worker.close()
    untouched(ended)


def test_a_side_process_collects_nothing_of_its_parent(ended):
    side = SideProcess(lambda: gc.collect() * 0, (), "a test")
    assert until_known(side) == 0
    side.close()
    untouched(ended)


@pytest.mark.skipif("openvino" not in installed(), reason="openvino: not installed")
def test_a_child_does_not_wait_for_the_threads_of_an_engine_that_its_parent_left():
    gc.collect()
    gc.disable()
    try:
        left = [Classifier(str(MODELS / "tiny.tflite"), engine="openvino", threads=2)]
        left.append(left)
        del left
        pid = fork()
        if pid == 0:
            signal.alarm(20)
            gc.collect()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    finally:
        gc.enable()
