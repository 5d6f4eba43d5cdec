"""An embeddings address: its vectors in order, each failure an error in time, nothing told on."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from handraise.errors import EncoderError, SettingsError
from handraise.service.learning.encoders import (
    PROBES,
    Encoder,
    EncoderChoice,
    check_fingerprint,
    fingerprint,
    open_encoder,
    parse_encoder,
)
from handraise.service.learning.encoders.cached import CachedEncoder
from handraise.service.learning.encoders.endpoint import Limits, open_endpoint
from handraise.service.learning.encoders.vectors import CheckedEncoder
from tests.support.embeddings_server import EmbeddingsServer, good, rows, vector

KEY = "sk-s3cret-key"
PATIENT = Limits(pause_s=0.0)
QUICK = Limits(within_s=0.4, rest_s=0.0, late=1)
WORDS = "my private matter"


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    server = EmbeddingsServer()
    yield server
    server.close()


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def opened(server: EmbeddingsServer, limits: Limits = PATIENT, watch: Any = None) -> Encoder:
    choice = parse_encoder(f"{server.url}#small")
    return open_endpoint(choice, {}, limits=limits, monotonic=watch or Watch())


def unit(text: str) -> Any:
    row = np.array(vector(text))
    return row / np.linalg.norm(row)


def test_the_rows_have_length_one_and_stand_in_the_order_of_the_texts(
    server: EmbeddingsServer,
) -> None:
    server.answers = [lambda texts: (200, json.dumps({"data": rows(texts)[::-1]}).encode())]
    found = opened(server).encode(["a", "b", "c"])
    assert (found.dtype, found.shape) == (np.float32, (3, 8))
    assert np.allclose(found, [unit("a"), unit("b"), unit("c")], atol=1e-6)
    assert server.requests == [{"input": ["a", "b", "c"], "model": "small"}]


def test_many_texts_go_in_requests_of_at_most_64_and_never_one_alone(
    server: EmbeddingsServer,
) -> None:
    texts = [f"text {i}" for i in range(129)]
    found = opened(server).encode(texts)
    assert [len(one) for one in server.texts()] == [43, 43, 43]
    assert np.allclose(found, [unit(text) for text in texts], atol=1e-6)


def test_a_text_met_lately_is_not_asked_again(server: EmbeddingsServer) -> None:
    encoder = opened(server)
    first = encoder.encode(["a", "b", "a"])
    again = encoder.encode(["b", "c", "a"])
    assert server.texts() == [["a", "b"], ["c"]]
    assert np.array_equal(again[[2, 0]], first[:2])


def test_nothing_and_blank_texts_have_vectors_without_being_sent(server: EmbeddingsServer) -> None:
    encoder = opened(server)
    assert encoder.encode([]).shape == (0, 8)
    found = encoder.encode(["", " \n", "a"])
    assert not found[:2].any()
    assert np.allclose(found[2], unit("a"), atol=1e-6)
    assert server.texts() == [[PROBES[0]], ["a"]]


def test_a_text_is_cut_and_what_is_no_unicode_is_replaced(server: EmbeddingsServer) -> None:
    opened(server).encode(["x" * 2_001, "\ud800 y"])
    assert server.texts() == [["x" * 1_499 + " " + "x" * 500, "? y"]]


def test_the_key_goes_along_and_neither_it_nor_a_text_is_ever_logged_or_told(
    server: EmbeddingsServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [good, lambda texts: (400, json.dumps(texts).encode())]
    encoder = open_encoder(parse_encoder(server.url), {"HANDRAISE_EMBEDDINGS_KEY": KEY})
    encoder.encode(["a"])
    with pytest.raises(EncoderError, match="it answered 400") as caught:
        encoder.encode([WORDS])
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert "model" not in server.requests[0]
    told = caplog.text + str(caught.value)
    assert KEY not in told
    assert WORDS not in told
    assert caught.value.__cause__ is None


def test_without_a_key_none_is_sent(server: EmbeddingsServer) -> None:
    opened(server).encode(["a"])
    assert "Authorization" not in server.headers[0]


BAD = [
    (b"", "made no sense"),
    (b"\xff\xfe", "made no sense"),
    (b"[" * 100_000, "made no sense"),
    (b'{"error": "x"}', "made no sense"),
    (b'{"data": [{"index": 0, "embedding": [1.0, NaN]}]}', "made no sense"),
    (b'{"data": [{"index": 0, "embedding": [1.0, 1e999]}]}', "made no sense"),
    (b'{"data": [{"index": 0, "embedding": "AAAA"}]}', "made no sense"),
    (b'{"data": []}', "expected rows for 1 texts, got 0"),
    (b'{"data": [{"index": 1, "embedding": [1.0]}]}', "expected rows for 1 texts, got 1"),
    (b'{"data": [{"index": 0, "embedding": []}]}', "expected 1 rows of numbers, got 1 x 0"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_an_answer_that_cannot_be_relied_on_is_an_error(
    content: bytes, message: str, server: EmbeddingsServer
) -> None:
    server.answers = [lambda _: (200, content)]
    encoder = opened(server)
    with pytest.raises(EncoderError, match=message):
        encoder.encode([WORDS])
    assert np.allclose(encoder.encode([WORDS]), unit(WORDS), atol=1e-6)  # nothing is remembered


def test_rows_of_unequal_or_changed_width_are_an_error(server: EmbeddingsServer) -> None:
    uneven = json.dumps({"data": [rows(["a"])[0], {"index": 1, "embedding": [1.0]}]}).encode()
    wide = json.dumps({"data": rows(["c"], 9)}).encode()
    server.answers = [lambda _: (200, uneven), good, lambda _: (200, wide)]
    encoder = opened(server)
    with pytest.raises(EncoderError, match="failed"):
        encoder.encode(["a", "b"])
    encoder.encode(["a"])
    with pytest.raises(EncoderError, match="its rows had 8 numbers, now 9"):
        encoder.encode(["c"])


def test_an_answer_without_an_end_is_not_read_to_its_end(server: EmbeddingsServer) -> None:
    server.answers = [lambda _: (200, b" " * 3_000_000)]
    with pytest.raises(EncoderError, match="too long"):
        opened(server, Limits(answer_bytes=1_000_000)).encode(["a"])


@pytest.mark.parametrize("status", [301, 302, 307, 401, 404, 413])
def test_what_it_does_not_take_is_not_tried_again_nor_elsewhere(
    status: int, server: EmbeddingsServer
) -> None:
    server.answers = [lambda _: (status, b"")]
    with pytest.raises(EncoderError, match=f"it answered {status}.*HANDRAISE_EMBEDDINGS_KEY"):
        opened(server).encode(["a", "b"])
    assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", ["hangs", "trickles"])
def test_a_decision_waits_no_longer_than_it_may(trouble: str, server: EmbeddingsServer) -> None:
    server.answers = [trouble]
    with pytest.raises(EncoderError, match=r"did not answer within 0\.4 seconds"):
        opened(server, QUICK).encode(["a"])


def test_where_too_many_requests_hang_no_further_one_is_sent(server: EmbeddingsServer) -> None:
    server.answers = ["trickles"]
    encoder = opened(server, QUICK)
    for message in ("did not answer within", "earlier requests still hang there"):
        with pytest.raises(EncoderError, match=message):
            encoder.encode(["a"])
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_several_texts_are_worth_a_second_try_and_a_decision_is_not(
    status: int, server: EmbeddingsServer
) -> None:
    server.answers = [lambda _: (status, b"")]
    encoder = opened(server)
    assert encoder.encode(["a", "b"]).shape == (2, 8)
    server.answers = [lambda _: (status, b"")]
    with pytest.raises(EncoderError, match=f"it answered {status}; try again"):
        encoder.encode(["c"])
    server.answers = [lambda _: (status, b"")] * 2
    with pytest.raises(EncoderError, match=f"it answered {status}"):
        encoder.encode(["c", "d"])
    assert len(server.requests) == 5


def test_after_a_failure_decisions_fail_at_once_for_five_seconds(server: EmbeddingsServer) -> None:
    server.answers = [lambda _: (500, b""), lambda _: (503, b"")]
    watch = Watch()
    encoder = opened(server, watch=watch)
    with pytest.raises(EncoderError, match="500"):
        encoder.encode(["a"])
    watch.seconds += 4.9
    with pytest.raises(EncoderError, match="did not answer just now"):
        encoder.encode(["a"])
    assert len(server.requests) == 1
    watch.seconds += 0.2
    with pytest.raises(EncoderError, match="503"):  # one tries, and the rest begins anew
        encoder.encode(["a"])
    with pytest.raises(EncoderError, match="just now"):
        encoder.encode(["a"])
    watch.seconds += 5.1
    assert encoder.encode(["a"]).shape == (1, 8)
    assert encoder.encode(["b"]).shape == (1, 8)


def test_when_the_rest_is_over_one_decision_tries_and_the_others_do_not_wait(
    server: EmbeddingsServer,
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def held(texts: list[str]) -> tuple[int, bytes]:
        reached.set()
        assert go_on.wait(20)
        return good(texts)

    server.answers = [lambda _: (500, b""), held]
    watch = Watch()
    encoder = opened(server, Limits(within_s=20), watch)
    with pytest.raises(EncoderError):
        encoder.encode(["a"])
    watch.seconds += 6
    with ThreadPoolExecutor(1) as pool:
        trying = pool.submit(encoder.encode, ["a"])
        assert reached.wait(20)
        with pytest.raises(EncoderError, match="just now"):
            encoder.encode(["b"])
        go_on.set()
        assert trying.result().shape == (1, 8)


def test_a_text_it_does_not_like_keeps_no_other_decision_from_it(server: EmbeddingsServer) -> None:
    server.answers = [lambda _: (500, b""), lambda _: (400, b"")]
    watch = Watch()
    encoder = opened(server, watch=watch)
    for message in ("500", "400"):
        with pytest.raises(EncoderError, match=message):
            encoder.encode(["a"])
        watch.seconds += 6
    watch.seconds -= 6
    assert encoder.encode(["b"]).shape == (1, 8)


def test_nobody_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    encoder = open_endpoint(parse_encoder(f"http://127.0.0.1:{port}/v1"), {}, limits=PATIENT)
    with pytest.raises(EncoderError, match=r"cannot be reached \(ConnectError\)"):
        encoder.encode(["a"])


def test_an_address_that_cannot_be_asked_is_an_error() -> None:
    encoder = open_endpoint(parse_encoder("http://xn--a.example.com:1/"), {}, limits=PATIENT)
    with pytest.raises(EncoderError, match=r"encoder at http://xn--a\.example\.com:1: it"):
        encoder.encode(["a"])


@pytest.mark.parametrize("name", ["", "words", "ftp://x.example.com", "http://a:b@x.example.com"])
def test_a_choice_that_names_no_address_is_not_opened(name: str) -> None:
    with pytest.raises(SettingsError, match="encoder of kind http"):
        open_encoder(EncoderChoice(kind="http", name=name), {})


def test_another_model_behind_the_address_is_noticed(server: EmbeddingsServer) -> None:
    kept = fingerprint(opened(server))
    check_fingerprint(opened(server), kept)
    other = open_endpoint(parse_encoder(server.url), {}, limits=PATIENT)
    changed = rows([f"other {text}" for text in PROBES])
    server.answers = [lambda _: (200, json.dumps({"data": changed}).encode())]
    with pytest.raises(EncoderError, match=r"is not the one it was learned with.*learn again"):
        check_fingerprint(other, kept)


def test_from_many_threads_each_gets_the_vector_of_its_own_text(server: EmbeddingsServer) -> None:
    encoder = opened(server, Limits())
    texts = [f"text {i % 40}" for i in range(200)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda text: encoder.encode([text])[0], texts))
    assert np.allclose(found, [unit(text) for text in texts], atol=1e-6)


def test_of_what_was_met_only_the_latest_is_remembered() -> None:
    asked: list[str] = []

    def lengths(texts: list[str]) -> list[list[float]]:
        asked.extend(texts)
        return [[len(text), 1.0] for text in texts]

    choice = EncoderChoice(kind="python", name="shop:lengths")
    encoder = CachedEncoder(CheckedEncoder(choice, lengths, "shop"), most=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        assert np.allclose(encoder.encode([text]), np.array([[1, 1]]) / np.sqrt(2))
    assert asked == ["a", "b", "c", "b"]
    assert encoder.choice == choice
