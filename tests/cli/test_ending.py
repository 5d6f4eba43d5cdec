"""Tests of waiting for a signal to end."""

import os
import signal

import pytest

from handraise.cli.ending import told_to_end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_came_early_ends_the_wait(number: signal.Signals) -> None:
    with told_to_end() as wait:
        os.kill(os.getpid(), number)
        wait()


def test_another_signal_does_not_end_it() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: heard.append(number))
    try:
        with told_to_end() as wait:
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGTERM)
            wait()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    with told_to_end():
        assert signal.getsignal(signal.SIGTERM) is not before[0]
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before
    assert signal.set_wakeup_fd(-1) == -1
