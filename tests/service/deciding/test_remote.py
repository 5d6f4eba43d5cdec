"""The remote gate against servers that are away, broken, strangers, or lie: it never goes ahead."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from handraise.errors import (
    AccessError,
    Error,
    InputError,
    NotFoundError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.service.deciding.remote import RemoteGate
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, answered
from tests.support.server import Server

REASON = {"row": "r", "condition": "fault", "route": "owner", "observed": "", "limit": "", "sentence": "s"}  # fmt: skip
PROCEED = {"verdict": "proceed", "routes": [], "reasons": [], "version": "v", "rehearsal": False}
STOP = {**PROCEED, "verdict": "escalate", "routes": ["owner"], "reasons": [REASON]}
RESOLUTION = {"escalation_id": "e1", "outcome": "approved", "at": "2026-11-22T19:50:00Z"}


class _Liar:
    """A server that answers everything with the same status and body, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b"{}"
        self.requests: list[tuple[str, str, Any]] = []

    def says(self, body: Any, status: int = 200) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        path = scope["raw_path"].decode()
        self.requests.append((scope["method"], path, json.loads(body) if body else None))
        headers = [(b"content-type", b"application/json"), (b"location", b"/api/v1/decisions")]
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


@pytest.fixture
def liar() -> _Liar:
    return _Liar()


@pytest.fixture
def lied_to(liar: _Liar) -> Iterator[RemoteGate]:
    server = Server(liar)
    with RemoteGate(server.url, "hrk_x.y") as gate:
        yield gate
    server.close()


SENSELESS: dict[str, tuple[int, Any]] = {
    "nothing": (200, b""),
    "no JSON": (200, b"<html>Welcome to the hotel's network</html>"),
    "no text": (200, b"\xff\xfe"),
    "a list": (200, [PROCEED]),
    "true": (200, b"true"),
    "proceed alone": (200, b'"proceed"'),
    "an empty object": (200, {}),
    "proceed and no more": (200, {"verdict": "proceed"}),
    "proceed with reasons": (200, {**PROCEED, "reasons": [REASON]}),
    "proceed with routes": (200, {**PROCEED, "routes": ["owner"]}),
    "proceed with an escalation": (200, {**PROCEED, "escalation_id": "e1"}),
    "proceed with reasons of no form": (200, {**PROCEED, "reasons": [{}]}),
    "proceed in another type": (200, {**PROCEED, "rehearsal": "no"}),
    "another word": (200, {**PROCEED, "verdict": "PROCEED"}),
    "a stop without reasons": (200, {**STOP, "reasons": [], "routes": []}),
    "proceed with status 500": (500, PROCEED),
    "proceed with status 404": (404, PROCEED),
    "proceed with status 302": (302, PROCEED),
    "proceed with status 409": (409, PROCEED),
    "deep": (200, b"[" * 90_000),
    "a batch": (200, {"decisions": [PROCEED]}),
}


@pytest.mark.parametrize("answer", SENSELESS.values(), ids=SENSELESS)
def test_what_is_not_clearly_said_stops_with_a_fault(
    answer: tuple[int, Any], liar: _Liar, lied_to: RemoteGate
) -> None:
    status, body = answer
    liar.says(body, status)
    verdict = lied_to.decide(**SURE)
    assert verdict.escalated
    assert "fault" in [reason.condition for reason in verdict.reasons]
    assert "owner" in verdict.routes


def test_what_is_clearly_said_is_taken(liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says(PROCEED)
    assert lied_to.decide(**SURE).outcome == "proceed"
    liar.says({**STOP, "escalation_id": "e1"})
    assert lied_to.decide(**SURE).escalation_id == "e1"


def test_an_older_server_says_nothing_of_how_usual_it_was(liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says(PROCEED)
    assert lied_to.decide(**SURE).familiarity is None
    liar.says({**PROCEED, "familiarity": 0.4})
    assert lied_to.decide(**SURE).familiarity == 0.4
    liar.says({**PROCEED, "familiarity": "very"})
    assert lied_to.decide(**SURE).escalated


@pytest.mark.parametrize(("status", "kind"), [(401, "sign_in"), (403, "access"), (422, "input")])
def test_a_refusal_stops(status: int, kind: str, liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says({"code": kind, "detail": "not you"}, status)
    verdict = lied_to.decide(**SURE)
    assert "not you" in verdict.reasons[0].sentence
    with pytest.raises(Error, match="not you"):
        lied_to.wait("e1", 5)


def test_a_repeated_request_has_the_same_key(liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says({}, 503)
    lied_to.decide(**SURE)
    keys = [body["key"] for _, _, body in liar.requests]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    lied_to.decide(**SURE)
    assert len({body["key"] for _, _, body in liar.requests}) == 2


def test_work_is_never_begun_twice(liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says({}, 503)
    with pytest.raises(StoreUnavailableError):
        lied_to.start_work()
    assert len(liar.requests) == 1


ASKING: dict[str, Callable[[RemoteGate], Any]] = {
    "resolution": lambda gate: gate.resolution("e1"),
    "resolution by key": lambda gate: gate.resolution(key="k"),
    "withdraw": lambda gate: gate.withdraw("e1"),
    "start_work": lambda gate: gate.start_work(),
    "beat": lambda gate: gate.beat("w"),
    "done": lambda gate: gate.done("w"),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize(
    "body",
    [
        {},
        b"",
        {"resolution": {"outcome": "approved"}},
        {"id": "e1", "state": "open", "resolution": RESOLUTION},
        {"id": "e1", "state": "resolved", "resolution": None},
        {"id": "e1", "state": "resolved", "resolution": {**RESOLUTION, "outcome": "yes"}},
        {"id": "e1", "state": "resolved", "resolution": {**RESOLUTION, "escalation_id": "e2"}},
        {"open": "yes", "id": "w"},
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error(
    ask: Callable[[RemoteGate], Any], body: Any, liar: _Liar, lied_to: RemoteGate
) -> None:
    liar.says(body)
    with pytest.raises(StoreUnavailableError):
        ask(lied_to)


def test_nonsense_ends_no_waiting(liar: _Liar, lied_to: RemoteGate) -> None:
    liar.says({"id": "e1", "state": "resolved", "resolution": {}})
    with pytest.raises(StillOpenError):
        lied_to.wait("e1", 0.3)
    liar.says({"id": "e1", "state": "resolved", "resolution": RESOLUTION})
    assert lied_to.wait("e1", 5).outcome == "approved"


def test_no_name_leads_to_another_place(liar: _Liar, lied_to: RemoteGate) -> None:
    with pytest.raises(StoreUnavailableError):
        lied_to.resolution("../../x?y#z/ä")
    assert liar.requests[0][1] == "/api/v1/escalations/..%2F..%2Fx%3Fy%23z%2F%C3%A4"


def test_a_server_that_is_not_there_stops(liar: _Liar) -> None:
    server = Server(liar)
    server.close()
    with RemoteGate(server.url, "hrk_x.y") as gate:
        verdict = gate.decide(**SURE)
        assert "cannot be reached" in verdict.reasons[0].sentence
        with pytest.raises(StoreUnavailableError):
            verdict.wait(1)
        with pytest.raises(StillOpenError):
            gate.wait("e1", 0.1)


def test_a_closed_gate_stops() -> None:
    gate = RemoteGate("http://127.0.0.1:1", "hrk_x.y")
    gate.close()
    assert gate.decide(**SURE).escalated


def test_a_client_of_ones_own_stays_open() -> None:
    with httpx.Client() as client:
        RemoteGate("http://127.0.0.1:1", "hrk_x.y", client=client).close()
        assert not client.is_closed


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", "k"),
        ("handraise.example.com", "k"),
        ("ftp://handraise.example.com", "k"),
        ("http://", "k"),
        ("http://[::1", "k"),
        (None, "k"),
        ("http://127.0.0.1", ""),
        ("http://127.0.0.1", "  "),
        ("http://127.0.0.1", "k\r\nX: y"),
        ("http://127.0.0.1", "ключ"),
        ("http://127.0.0.1", None),
    ],
)
def test_an_address_or_key_that_is_none_is_refused(url: Any, key: Any) -> None:
    with pytest.raises(InputError) as caught:
        RemoteGate(url, key)
    assert "ключ" not in str(caught.value)


def test_a_key_that_is_none_of_the_servers_stops(operation: Operation) -> None:
    server = Server.of(operation)
    with RemoteGate(server.url, "hrk_nobody.x") as gate:
        verdict = gate.decide(**SURE)
        assert verdict.escalated
        with pytest.raises(AccessError):
            gate.wait("e1", 5)
    server.close()


def test_waiting_survives_a_restart_of_the_server(operation: Operation) -> None:
    _, key = operation.door.make_key(AGENT, "test")
    server = Server.of(operation)
    found: list[Any] = []
    with RemoteGate(server.url, key) as gate:
        verdict = gate.decide(**BIG)
        waiting = threading.Thread(target=lambda: found.append(verdict.wait("1m")))
        waiting.start()
        server.close()
        with pytest.raises(StillOpenError):
            gate.wait(verdict.escalation_id or "", 0.1)
        answered(operation, verdict.escalation_id or "", "approve")
        again = Server.of(operation, server.port)
        waiting.join()
        with pytest.raises(NotFoundError):
            gate.wait("never", 1)
        again.close()
    assert found[0].outcome == "approved"


def test_an_agent_that_waits_in_work_gives_signs_of_life(operation: Operation) -> None:
    """Every request of a long wait is shorter than what would be taken for silence."""
    _, key = operation.door.make_key(AGENT, "test")
    server = Server.of(operation)
    clock: Any = operation.clock
    with RemoteGate(server.url, key) as gate, gate.work(silent_after=1) as work:
        verdict = work.decide(**BIG)
        clock.advance(seconds=30)
        with pytest.raises(StillOpenError):
            verdict.wait(0.8)
        seen = operation.store.work(work.id)
        assert seen is not None
        assert seen.beat_at == clock.now()
    server.close()


def test_a_proceed_that_may_not_be_acted_on_is_a_stop(liar: _Liar, lied_to: RemoteGate) -> None:
    said = {"verdict": "proceed", "routes": [], "reasons": [], "version": "v", "rehearsal": False}
    liar.says({**said, "may_act": True})
    assert lied_to.decide(**SURE).may_act
    liar.says({**said, "may_act": False})
    assert lied_to.decide(**SURE).escalated
    liar.says({**said, "rehearsal": True, "may_act": False})
    practice = lied_to.decide(**SURE)
    assert (practice.outcome, practice.may_act) == ("proceed", False)
