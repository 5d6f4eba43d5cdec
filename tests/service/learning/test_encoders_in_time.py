"""Encoders of the team's own that hang: a decision is not held up, and the next ones fail at once."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest

from handraise.errors import EncoderError
from handraise.service.learning.encoders.in_time import WAITING, InTime, Patience

PLACE = "encoder 'shop:encode'"
SHORT = Patience(text_s=0.05, many_s=0.05)


class Hanging:
    """An encoder that answers once it may, and remembers what it was asked."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked: list[list[str]] = []
        self.threads: set[str] = set()

    def __call__(self, texts: list[str]) -> Any:
        """Return a row for each text."""
        self.asked.append(texts)
        self.threads.add(threading.current_thread().name)
        assert self.may_answer.wait(60)
        return [[1.0, 2.0] for _ in texts]


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        """Return the seconds that passed."""
        return self.now


def test_what_hangs_is_given_up_and_the_next_fail_at_once_until_a_rest_is_over() -> None:
    hanging, watch = Hanging(), Watch()
    rows_of = InTime(hanging, PLACE, SHORT, watch)
    with pytest.raises(EncoderError, match=r"did not answer within 0\.05 seconds"):
        rows_of(["a"])
    watch.now += 4.9
    with pytest.raises(EncoderError, match="did not answer just now"):
        rows_of(["b"])
    watch.now += 0.2
    with pytest.raises(EncoderError, match="within"):
        rows_of(["c"])
    assert hanging.asked == [["a"]]
    hanging.may_answer.set()
    watch.now += 6
    patient = ["d"] * 200  # long enough for the one that hung to come back
    assert np.shape(rows_of(patient)) == (200, 2)
    assert hanging.asked == [["a"], patient]
    assert np.shape(rows_of(["e"])) == (1, 2)
    assert hanging.threads == {"handraise-encoder"}


def test_several_texts_have_more_time_and_are_tried_in_a_rest() -> None:
    hanging = Hanging()
    rows_of = InTime(hanging, PLACE, SHORT)
    with pytest.raises(EncoderError, match=r"within 0\.15 seconds"):
        rows_of(["a", "b"])
    with pytest.raises(EncoderError, match=r"within 0\.15 seconds"):
        rows_of(["a", "b"])
    hanging.may_answer.set()


def test_too_many_that_wait_are_refused() -> None:
    hanging = Hanging()
    rows_of = InTime(hanging, PLACE, Patience(text_s=0.0, many_s=0.0, rest_s=0.0))
    refused = []
    for _ in range(WAITING + 2):
        with pytest.raises(EncoderError) as caught:
            rows_of(["a"])
        refused.append(caught.value.message)
    assert refused[-1] == f"{PLACE}: too many wait for it"
    hanging.may_answer.set()


def test_the_thread_of_an_encoder_that_nobody_has_ends() -> None:
    threads: list[threading.Thread] = []

    def encode(texts: list[str]) -> Any:
        threads.append(threading.current_thread())
        return [[1.0] for _ in texts]

    rows_of = InTime(encode, PLACE)
    assert rows_of(["a"]).tolist() == [[1.0]]
    (thread,) = threads
    assert thread.is_alive()
    del rows_of
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()
