"""The outside address hears of Handraise while all is well, and of nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat

import pytest

from handraise.clock import ManualClock
from handraise.core.monitor.signals import Signal
from handraise.errors import FailedError
from handraise.service.outside import Outside, ask, log
from handraise.service.watch.watch import WATCH
from handraise.service.wiring import Operation
from handraise.service.working.worker import LEASE, POST
from tests.support.operation import AGENT


class Address:
    """An outside address on this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(outer.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/check?key=s3cret"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def address() -> Iterator[Address]:
    made = Address()
    yield made
    made.close()


@pytest.fixture
def outside(operation: Operation, address: Address) -> Outside:
    return Outside(operation.store, operation.shelf, operation.clock, address.url)


def well(operation: Operation) -> None:
    """Let every part give its sign of life now."""
    for name in (LEASE, POST, WATCH):
        operation.store.heartbeat(name, operation.clock.now())


def ticked(outside: Outside) -> int:
    begun = outside.tick()
    outside.wait(10)
    return begun


def test_it_is_asked_once_a_minute_while_all_is_well(
    operation: Operation, outside: Outside, address: Address, clock: ManualClock
) -> None:
    for _ in range(4):
        well(operation)
        ticked(outside)
        clock.advance(seconds=30)
    assert address.asked == ["/check?key=s3cret"] * 2


@pytest.mark.parametrize("silent", [LEASE, POST, WATCH])
def test_it_hears_nothing_while_a_part_gives_no_sign(
    silent: str, operation: Operation, outside: Outside, address: Address, clock: ManualClock
) -> None:
    well(operation)
    clock.advance(minutes=6)
    for name in {LEASE, POST, WATCH} - {silent}:
        operation.store.heartbeat(name, clock.now())
    assert ticked(outside) == 0
    operation.store.heartbeat(silent, clock.now())
    assert ticked(outside) == 0
    clock.advance(seconds=5)
    assert ticked(outside) == 1
    assert len(address.asked) == 1


def test_it_hears_nothing_before_everything_ran_once(outside: Outside, address: Address) -> None:
    assert ticked(outside) == 0
    assert address.asked == []


def test_it_hears_nothing_while_nobody_has_taken_an_alarm_that_may_not_arrive(
    operation: Operation, outside: Outside, clock: ManualClock
) -> None:
    swallowed = Signal(
        agent=AGENT,
        kind="channel_silent",
        subject="channel mail",
        sentence="It swallows.",
        means="",
    )
    operation.alarms.settle(AGENT, {"channel_silent"}, [swallowed], clock.now())
    well(operation)
    assert "channel mail" in outside.held_back(clock.now())
    assert ticked(outside) == 0
    (alarm,) = operation.store.alarms(unresolved=True)
    operation.alarms.acknowledge(alarm.id, "priya")
    clock.advance(seconds=5)
    assert ticked(outside) == 1


@pytest.mark.parametrize("status", [301, 404, 500])
def test_what_it_does_not_take_is_an_alarm_after_five_minutes_and_withholds_nothing(
    status: int, operation: Operation, outside: Outside, address: Address, clock: ManualClock
) -> None:
    address.status = status
    well(operation)
    assert ticked(outside) == 1
    assert list(outside.signals(AGENT, clock.now())) == []
    clock.advance(minutes=5)
    well(operation)
    ticked(outside)
    (found,) = outside.signals(AGENT, clock.now())
    assert (found.kind, found.subject) == ("channel_silent", "outside heartbeat")
    assert "s3cret" not in str(found)
    operation.alarms.settle(AGENT, {"channel_silent"}, [found], clock.now())

    address.status = 200
    clock.advance(minutes=1)
    well(operation)
    assert ticked(outside) == 1
    assert list(outside.signals(AGENT, clock.now())) == []
    assert "/elsewhere" not in address.asked


def test_an_address_that_nobody_answers_at_is_a_failure_without_its_secret() -> None:
    for url in ("http://127.0.0.1:1/s3cret", "http://[/s3cret"):
        with pytest.raises(FailedError) as caught:
            ask(url)
        assert "s3cret" not in caught.value.message


def test_a_fault_in_asking_holds_up_no_worker(operation: Operation, clock: ManualClock) -> None:
    def break_off(_url: str) -> int:
        raise RuntimeError("a fault")

    outside = Outside(operation.store, operation.shelf, clock, "http://127.0.0.1:1/", break_off)
    well(operation)
    assert ticked(outside) == 1
    assert outside.failing_since(clock.now()) == clock.now()


def test_an_address_that_hangs_is_not_asked_again_meanwhile(
    operation: Operation, clock: ManualClock
) -> None:
    asked, may_answer = [], threading.Event()

    def hang(url: str) -> int:
        asked.append(url)
        may_answer.wait(10)
        return 200

    outside = Outside(operation.store, operation.shelf, clock, "http://127.0.0.1:1/", hang)
    well(operation)
    assert outside.tick() == 1
    began_at = clock.now()
    for _ in range(6):
        clock.advance(minutes=1)
        well(operation)
        assert outside.tick() == 0
    (found,) = outside.signals(AGENT, clock.now())
    assert found.since == began_at
    may_answer.set()
    outside.wait(10)
    assert len(asked) == 1
    assert list(outside.signals(AGENT, clock.now())) == []


def test_whoever_watches_tells_of_an_address_that_another_worker_finds_failing(
    operation: Operation, clock: ManualClock
) -> None:
    gives = Outside(operation.store, operation.shelf, clock, "http://127.0.0.1:1/", lambda _: 503)
    watches = Outside(operation.store, operation.shelf, clock, None)
    for _ in range(6):
        well(operation)
        ticked(gives)
        clock.advance(minutes=1)
    assert [one.subject for one in watches.signals(AGENT, clock.now())] == ["outside heartbeat"]
    clock.advance(minutes=5)  # nobody has an address any more
    assert list(watches.signals(AGENT, clock.now())) == []


def test_a_failure_noted_by_a_clock_that_was_ahead_hides_none(
    operation: Operation, outside: Outside, address: Address, clock: ManualClock
) -> None:
    for name in ("outside failing", "outside taken"):
        operation.store.heartbeat(name, clock.now() + timedelta(days=1))
    assert outside.failing_since(clock.now()) is None
    address.status = 500
    well(operation)
    ticked(outside)
    assert outside.failing_since(clock.now()) == clock.now()


@contextmanager
def answering(*said: bytes) -> Iterator[str]:
    """Give the address of a server that says something and goes on with the last of it for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(4096)
                for words in chain(said, repeat(said[-1])):
                    connection.sendall(words)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)


def test_an_address_that_never_ends_its_head_is_left_when_the_time_is_over() -> None:
    with answering(b"HTTP/1.1 103 Early Hints\r\n\r\n") as url:
        with pytest.raises(FailedError) as caught:
            ask(url, timeout_s=0.2)
        assert caught.value.message == "it took too long"


def test_no_body_is_read() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536) as url:
        assert ask(url) == 200


def test_of_two_workers_one_gives_the_signs(
    operation: Operation, outside: Outside, address: Address, clock: ManualClock
) -> None:
    other = Outside(operation.store, operation.shelf, clock, address.url)
    well(operation)
    assert (ticked(outside), ticked(other)) == (1, 0)
    clock.set(clock.now() + timedelta(minutes=3))
    well(operation)
    assert ticked(other) == 1


def test_what_withholds_it_when_a_process_begins_is_no_warning(
    operation: Operation,
    outside: Outside,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(log, "warning", lambda _what, **fields: warned.append(fields["withheld"]))
    assert ticked(outside) == 0  # nothing has given a sign yet
    clock.advance(seconds=10)
    well(operation)
    assert ticked(outside) == 1
    assert warned == []
    clock.advance(minutes=10)
    assert ticked(outside) == 0
    assert len(warned) == 1


def test_without_an_address_nothing_is_asked(operation: Operation, clock: ManualClock) -> None:
    well(operation)
    assert Outside(operation.store, operation.shelf, clock, None).tick() == 0
