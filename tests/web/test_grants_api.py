"""Grants over HTTP: given, used once, and checked with keys that anybody may read."""

import pytest

from handraise.clock import ManualClock
from handraise.service.granting.verifying import once, verify_grant
from tests.web.support import BIG, SURE, Desk

GIVE, USE, KEYS = "/api/v1/grants", "/api/v1/grants/use", "/api/v1/keys.json"
LIST = "/api/v1/escalations"


def _approved(desk: Desk) -> tuple[str, str]:
    """Return an approved escalation's id and its grant, as its agent reads it."""
    escalation = desk.stop(key="k")
    desk.answer(escalation, desk.session("dana"), "approve")
    found = desk.client.get(f"{LIST}/{escalation.id}", headers=desk.key()).json()
    return escalation.id, found["resolution"]["grant"]


def test_the_agent_reads_the_grant_wherever_it_reads_the_resolution(desk: Desk) -> None:
    id, grant = _approved(desk)
    headers = desk.key()
    assert grant.count(".") == 2
    for url in (f"{LIST}/{id}?wait=1", f"{LIST}?key=k"):
        assert desk.client.get(url, headers=headers).json()["resolution"]["grant"] == grant
    (listed,) = desk.client.get(LIST, headers=headers).json()["escalations"]
    assert listed["resolution"]["grant"] == grant


def test_a_person_gets_no_grant(desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.client.post(
        f"/api/v1/asks/{escalation.asks[0].id}/answer",
        headers=desk.session("dana"),
        json={"kind": "approve", "digest": escalation.proposal_digest},
    )
    assert answer.json()["resolution"]["may_act"] is True
    assert answer.json()["resolution"]["grant"] is None


def test_the_keys_are_there_for_anybody_and_may_be_kept(desk: Desk, clock: ManualClock) -> None:
    _, grant = _approved(desk)
    answer = desk.client.get(KEYS)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "Ed25519")
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    found = verify_grant(
        grant,
        action="refund",
        proposal={"refund": 40},
        keys=answer.json(),
        agent="support-agent",
        at=clock.now(),
        use=once(),
    )
    assert [(one.route, one.by) for one in found.approved_by] == [("support_supervisor", "dana")]
    assert (
        desk.client.get("/api/v1/table", headers=desk.key()).headers["Cache-Control"] == "no-store"
    )
    assert desk.client.post(KEYS).headers["Cache-Control"] == "no-store"


def test_a_grant_is_used_up(desk: Desk) -> None:
    id, grant = _approved(desk)
    headers = desk.key()
    body = {"grant": grant, "action": "refund", "proposal": {"refund": 40.0}, "by": "payments"}
    other = desk.client.post(USE, headers=headers, json={**body, "proposal": {"refund": 90_000}})
    assert (other.status_code, other.json()["code"]) == (409, "grant")
    assert "90" not in other.text
    used = desk.client.post(USE, headers=headers, json=body)
    assert used.status_code == 200
    assert (used.json()["id"], used.json()["outcome"]) == (id, "approved")
    again = desk.client.post(USE, headers=headers, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "grant")
    assert "used already at 2026-11-22 19:50:10 UTC by payments" in again.json()["detail"]


def test_another_agents_key_uses_nothing(desk: Desk) -> None:
    _, grant = _approved(desk)
    body = {"grant": grant, "action": "refund", "proposal": {"refund": 40}}
    answer = desk.client.post(USE, headers=desk.key("order-agent"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "grant")
    assert desk.client.post(USE, json=body).status_code == 401
    assert desk.client.post(USE, headers=desk.session("dana"), json=body).status_code == 401


@pytest.mark.parametrize("missing", ["grant", "action", "proposal"])
def test_what_is_about_to_be_done_is_said_in_full(missing: str, desk: Desk) -> None:
    body = {"grant": "a.b.c", "action": "refund", "proposal": {"refund": 40}}
    del body[missing]
    answer = desk.client.post(USE, headers=desk.key(), json=body)
    assert (answer.status_code, missing in answer.json()["detail"]) == (422, True)


def test_what_goes_ahead_is_granted_and_what_stops_says_why(desk: Desk) -> None:
    headers = desk.key()
    first = desk.client.post(GIVE, headers=headers, json={"decision": {**SURE, "key": "k"}})
    assert first.status_code == 200
    again = desk.client.post(GIVE, headers=headers, json={"decision": {**SURE, "key": "k"}})
    assert again.json() == first.json()
    stopped = desk.client.post(GIVE, headers=headers, json={"decision": {**BIG, "key": "k2"}})
    assert (stopped.status_code, stopped.json()["code"]) == (409, "grant")
    assert "the table stops where" in stopped.json()["detail"]
    (waiting,) = desk.operation.store.escalations(state="open")
    assert waiting.id in stopped.json()["hint"]
    for decision in (SURE, {**SURE, "key": "k", "confidence": 1}, {**SURE, "key": 7}, {}):
        answer = desk.client.post(GIVE, headers=headers, json={"decision": decision})
        assert (answer.status_code, answer.json()["code"]) == (409, "grant")
