"""Outcomes over HTTP: who may report them, what counts, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from handraise.clock import ManualClock
from handraise.service.deciding.remote import RemoteGate
from tests.web.support import BIG, SURE, Desk

PATH = "/api/v1/outcomes"


def passed_on(desk: Desk, request: httpx.Request) -> httpx.Response:
    """Return what the application answers to a request of a real client."""
    answer = desk.client.request(
        request.method, str(request.url), content=request.content, headers=dict(request.headers)
    )
    kind = {"content-type": "application/json"}
    return httpx.Response(answer.status_code, content=answer.content, headers=kind)


def sure(desk: Desk, key: str) -> str:
    """Return the id of a decision that went ahead."""
    assert desk.operation.gates["support-agent"].decide(**SURE, key=key).outcome == "proceed"
    found = desk.operation.store.decision_by_key("support-agent", key, rehearsal=False)
    assert found is not None
    return found.id


def report(desk: Desk, *outcomes: dict[str, Any], may: Any = "outcomes", **more: Any) -> Any:
    body = {"outcomes": list(outcomes), **more}
    return desk.client.post(PATH, headers=desk.key(may=may), json=body)


def test_a_key_for_outcomes_reports_what_counts(desk: Desk) -> None:
    id = sure(desk, "a")
    sure(desk, "b")

    answer = report(
        desk,
        {"decision": id, "named_by": "id", "is_right": False, "stake": 40, "note": "charged back"},
        {"decision": "b", "named_by": "key", "is_right": True},
    )

    assert answer.status_code == 200
    assert answer.json() == {"kept": 2, "known": 0, "counts": True, "bad": []}
    told = desk.operation.store.outcome_of([id])[id]
    assert (told.is_right, told.stake, told.note) == (False, 40.0, "charged back")
    assert (told.source, told.by) == ("api", "test")


def test_the_agents_own_key_is_heard_and_does_not_count(desk: Desk) -> None:
    id = sure(desk, "a")

    answer = report(desk, {"decision": id, "named_by": "id", "is_right": True}, may="decide")

    assert answer.json()["counts"] is False
    assert desk.operation.store.outcome_of([id]) == {}
    assert [one.source for one in desk.operation.store.outcomes_of(id)] == ["agent"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/decisions"),
        ("GET", "/api/v1/escalations"),
        ("GET", "/api/v1/table"),
        ("POST", "/api/v1/work"),
    ],
)
def test_a_key_for_outcomes_can_do_nothing_else(desk: Desk, method: str, path: str) -> None:
    before = len(desk.operation.store.recent_decisions("support-agent", limit=10))
    answer = desk.client.request(
        method, path, headers=desk.key(may="outcomes"), json=SURE if method == "POST" else None
    )
    assert (answer.status_code, "may only report outcomes" in answer.text) == (403, True)
    assert len(desk.operation.store.recent_decisions("support-agent", limit=10)) == before


def test_of_a_batch_all_are_kept_or_none_unless_bad_ones_are_skipped(desk: Desk) -> None:
    id = sure(desk, "a")
    good, bad = (
        {"decision": "a", "named_by": "key", "is_right": True},
        {"decision": "nobody's", "named_by": "key", "is_right": False},
    )

    refused = report(desk, good, bad)
    assert refused.status_code == 404
    assert "outcomes[1]: the agent has no decision with this key" in refused.json()["detail"]
    assert "nobody's" not in refused.text
    assert desk.operation.store.outcome_of([id]) == {}

    answer = report(desk, good, bad, skip_bad=True).json()
    assert (answer["kept"], [one["place"] for one in answer["bad"]]) == (1, [1])
    assert desk.operation.store.outcome_of([id])[id].is_right


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"decision": "a", "named_by": "key", "is_right": 1}, 422, "expected `bool`"),
        ({"decision": "a", "named_by": "key", "is_right": "yes"}, 422, "expected `bool`"),
        ({"decision": "a"}, 422, "is_right"),
        ({"is_right": True}, 422, "missing required field `decision`"),
        ({"decision": "a", "named_by": "case", "is_right": True}, 422, "invalid enum value"),
        ({"decision": "b", "named_by": "key", "is_right": True}, 404, "no decision with this key"),
        ({"decision": "b", "named_by": "id", "is_right": True}, 404, "no decision of this id"),
        ({"decision": "b", "is_right": True}, 404, "no decision of this id or key"),
        (
            {"decision": "a", "named_by": "key", "is_right": True, "at": "2999-01-01T00:00:00Z"},
            422,
            "in the future",
        ),
        (
            {"decision": "a", "named_by": "key", "is_right": True, "at": "2020-01-01T00:00:00Z"},
            422,
            "before it was decided",
        ),
        (
            {"decision": "a", "named_by": "key", "is_right": True, "at": "2026-11-22T19:50:10"},
            422,
            "timezone",
        ),
        ({"decision": "a", "named_by": "key", "is_right": True, "stake": -1}, 422, ">= 0"),
        ({"decision": "a", "named_by": "key", "is_right": True, "worth": 1}, 422, "unknown field"),
    ],
)
def test_what_cannot_be_so_is_refused(
    desk: Desk, sent: dict[str, Any], status: int, said: str
) -> None:
    sure(desk, "a")
    answer = report(desk, sent)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_two_that_disagree_are_both_refused(desk: Desk) -> None:
    id = sure(desk, "a")
    answer = report(
        desk,
        {"decision": "a", "named_by": "key", "is_right": True},
        {"decision": id, "named_by": "id", "is_right": False},
    )
    assert answer.status_code == 422
    assert "outcomes[1]: says the contrary of outcomes[0]" in answer.json()["detail"]
    assert desk.operation.store.outcome_of([id]) == {}


def test_a_name_that_means_two_decisions_is_refused(desk: Desk) -> None:
    id = sure(desk, "a")
    sure(desk, id)
    answer = report(desk, {"decision": id, "is_right": True})
    assert "id of one decision and the key of another" in answer.json()["detail"]
    assert report(desk, {"decision": id, "named_by": "id", "is_right": False}).json()["kept"] == 1
    assert not desk.operation.store.outcome_of([id])[id].is_right


def test_another_agents_decision_is_not_found(desk: Desk) -> None:
    id = sure(desk, "a")
    headers = desk.key("order-agent", may="outcomes")
    body = {"outcomes": [{"decision": id, "named_by": "id", "is_right": True}]}
    assert desk.client.post(PATH, headers=headers, json=body).status_code == 404


def test_a_remote_gate_reports_with_either_key(desk: Desk, clock: ManualClock) -> None:
    id = sure(desk, "a")
    clock.advance(days=120)
    for may, counts in (("decide", {}), ("outcomes", {id: False})):
        secret = desk.key(may=may)["Authorization"].removeprefix("Bearer ")
        client = httpx.Client(transport=httpx.MockTransport(partial(passed_on, desk)))
        gate = RemoteGate("http://testserver", secret, client=client)
        assert gate.outcome("a", is_right=False, stake=12.5, note="late")
        assert not gate.outcome(id, is_right=False, stake=12.5, note="late")
        told = desk.operation.store.outcome_of([id])
        assert {key: one.is_right for key, one in told.items()} == counts


def test_a_decision_that_stopped_has_outcomes_too(desk: Desk) -> None:
    verdict = desk.operation.gates["support-agent"].decide(**BIG, key="big")
    assert verdict.escalated
    assert (
        report(desk, {"decision": "big", "named_by": "key", "is_right": True}).json()["kept"] == 1
    )
    assert desk.operation.store.outcomes_alone("support-agent").told == 0


def test_the_history_says_how_a_stop_turned_out(desk: Desk) -> None:
    escalation = desk.stop(key="asked")
    report(desk, {"decision": "asked", "named_by": "key", "is_right": False, "stake": 12})
    report(desk, {"decision": "asked", "named_by": "key", "is_right": True}, may="decide")
    shown = desk.page(f"/escalations/{escalation.id}", desk.session("dana")).text
    assert "It turned out wrong, as told by the key “test”" in shown
    assert (
        "It turned out right, as told by support-agent itself, whose word does not count" in shown
    )
