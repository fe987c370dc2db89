"""Tests of the handling of SIGUSR1, and that former handlers are restored."""

import signal

import pytest

from genlab.training.interruption import Interrupted, interruptible, stop_request

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no SIGUSR1")


def test_sigusr1_asks_for_a_checkpoint_and_does_not_count_as_a_request_to_stop():
    with stop_request() as request:
        signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
        assert request.keep and request.signal is None
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGUSR1)
        assert request.signal == signal.SIGTERM
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)


def test_sigusr1_outside_a_training_is_logged_and_ends_nothing(caplog):
    before = signal.getsignal(signal.SIGUSR1)
    caplog.set_level("INFO")
    with interruptible():
        signal.raise_signal(signal.SIGUSR1)
    assert "SIGUSR1: there is no training" in caplog.text and signal.getsignal(signal.SIGUSR1) == before
