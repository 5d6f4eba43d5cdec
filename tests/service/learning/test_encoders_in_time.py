"""Encoders of the team's own that hang: a decision is not held up, and the next ones fail at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from handraise.errors import EncoderError
from handraise.service.learning.encoders.in_time import WAITING, InTime, Patience

PLACE = "encoder 'shop:encode'"
SHORT = Patience(text_s=0.01, many_s=60.0)


class Hanging:
    """An encoder that answers once it may, and remembers what it was asked."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_answer = threading.Event()
        self.asked: list[list[str]] = []
        self.threads: set[str] = set()

    def __call__(self, texts: list[str]) -> Any:
        """Return a row for each text."""
        self.asked.append(texts)
        self.threads.add(threading.current_thread().name)
        self.begun.set()
        assert self.may_answer.wait(60)
        return [[1.0, 2.0] for _ in texts]


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        """Return the seconds that passed."""
        return self.now


@contextmanager
def hung(hanging: Hanging, rows_of: InTime) -> Iterator[None]:
    """Let an encoder hang with two texts for as long, and come back after that."""
    asking = threading.Thread(target=rows_of, args=(["x", "y"],))
    asking.start()
    assert hanging.begun.wait(60)
    yield
    hanging.may_answer.set()
    asking.join(60)


def test_what_hangs_is_given_up_and_the_next_fail_at_once_until_a_rest_is_over() -> None:
    hanging, watch = Hanging(), Watch()
    rows_of = InTime(hanging, PLACE, SHORT, watch)
    with hung(hanging, rows_of):
        with pytest.raises(EncoderError, match=r"did not answer within 0\.01 seconds"):
            rows_of(["a"])
        watch.now += 4.9
        with pytest.raises(EncoderError, match="did not answer just now"):
            rows_of(["b"])
        watch.now += 0.2
        with pytest.raises(EncoderError, match="within"):
            rows_of(["c"])
        assert hanging.asked == [["x", "y"]]
    assert np.shape(rows_of(["d", "e"])) == (2, 2)
    assert hanging.asked == [["x", "y"], ["d", "e"]]
    assert hanging.threads == {"handraise-encoder"}


def test_too_many_that_wait_are_refused() -> None:
    hanging = Hanging()
    rows_of = InTime(hanging, PLACE, Patience(text_s=0.0, many_s=60.0, rest_s=0.0))
    with hung(hanging, rows_of):
        refused = []
        for _ in range(WAITING + 1):
            with pytest.raises(EncoderError) as caught:
                rows_of(["a"])
            refused.append(caught.value.message)
    assert refused[0] == f"{PLACE}: it did not answer within 0 seconds"
    assert refused[-1] == f"{PLACE}: too many wait for it"


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
