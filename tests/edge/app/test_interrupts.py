"""Ctrl-C, SIGTERM and SIGHUP while results are written."""

import signal
import sys
import weakref

import pytest

from edge.app.interrupts import Interrupts


@pytest.fixture
def hangup():
    """As in a terminal: not ignored, which a test runner under `nohup` hands on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def interrupts(hangup):
    made = Interrupts(needed=True)
    yield made
    made.restore()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_a_result_is_whole(interrupts, number):
    written = []

    def write():
        with interrupts.held():
            signal.raise_signal(number)
            written.append("whole")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert written
    assert interrupts.status == 128 + number


def test_one_whose_exception_python_dropped_ends_at_the_next_result(interrupts, monkeypatch):
    """What a handler raises while Python is in a callback, at a fork or here, is forgotten."""
    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: dropped.append(found.exc_type))

    class Thing:
        pass

    thing = Thing()
    told = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
    del thing
    assert (told(), dropped) == (None, [KeyboardInterrupt])
    with pytest.raises(KeyboardInterrupt), interrupts.held():
        pass


def test_once_restored_nothing_is_held_back(interrupts):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.restore()
    with interrupts.held():
        pass


def test_under_nohup_the_terminal_may_go(hangup):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    made = Interrupts(needed=True)
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    made.restore()
