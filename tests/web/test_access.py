"""The auth matrix: every endpoint of the table, called by nobody, an agent, another agent, a person."""

import pytest

from handraise.web.api.endpoint import Endpoint
from handraise.web.api.table import ENDPOINTS
from tests.web.support import SURE, Desk

NAMES = [endpoint.name for endpoint in ENDPOINTS]
WHO = ("nobody", "agent", "other agent", "reporter", "person")
BODIES = {
    "decide": SURE,
    "give_grant": {"decision": {**SURE, "key": "k"}},
    "answer_ask": {"kind": "approve", "digest": ""},
    "reassign_ask": {"to": "priya"},
    "delegate_ask": {"to": "priya"},
    "give_sign_of_life": {"every": "5m"},
    "report_outcomes": {"outcomes": [{"decision": "told", "is_right": True}]},
}


def _call(desk: Desk, endpoint: Endpoint, who: str) -> int:
    escalation = desk.stop()
    work = desk.operation.gates["support-agent"].start_work("case", 60.0)
    id = escalation.id if "escalations" in endpoint.path else work.id
    id = escalation.asks[0].id if "asks" in endpoint.path else id
    headers = {
        "nobody": dict,
        "agent": desk.key,
        "other agent": lambda: desk.key("order-agent"),
        "reporter": lambda: desk.key(may="outcomes"),
        "person": lambda: desk.session("dana"),
    }[who]()
    path = endpoint.path.format(id=id)
    body = BODIES.get(endpoint.name)
    if endpoint.name == "answer_ask":
        body = {"kind": "approve", "digest": escalation.proposal_digest}
    if endpoint.name == "report_outcomes":
        desk.operation.gates["support-agent"].decide(**SURE, key="told")
    if endpoint.name == "use_grant":
        gate = desk.operation.gates["support-agent"]
        grant = gate.grant(gate.decide(**SURE, key="k"))
        body = {"grant": grant, "action": "refund", "proposal": SURE["proposal"]}
    return desk.client.request(endpoint.method, path, headers=headers, json=body).status_code


def _expected(endpoint: Endpoint, who: str) -> set[int]:
    done = {endpoint.status}
    if endpoint.caller == "anyone":
        return {200, 503} if endpoint.name == "get_ready" else done
    if endpoint.caller == "person":
        return done if who == "person" else {401} if who == "nobody" else {403}
    if who == "reporter":
        return done if endpoint.caller == "reporter" else {403}
    is_named = "{id}" in endpoint.path or endpoint.name == "report_outcomes"
    foreign = {404} if is_named else {409} if "grant" in endpoint.name else done
    return {"nobody": {401}, "agent": done, "other agent": foreign, "person": {401}}[who]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=NAMES)
def test_every_endpoint_opens_to_those_it_is_for(endpoint: Endpoint, who: str, desk: Desk) -> None:
    assert _call(desk, endpoint, who) in _expected(endpoint, who)


def test_names_and_paths_of_endpoints_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert len({(one.method, one.path) for one in ENDPOINTS}) == len(ENDPOINTS)


def test_an_agents_key_cannot_answer_even_beside_a_persons_session(desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.client.post(
        f"/api/v1/asks/{escalation.asks[0].id}/answer",
        headers=desk.key() | desk.session("dana"),
        json={"kind": "approve", "digest": escalation.proposal_digest},
    )
    assert answer.status_code == 403
    assert "only a person" in answer.json()["detail"]


def test_a_persons_cookie_is_no_agents_key(desk: Desk) -> None:
    cookie = desk.session("dana")["Cookie"].partition("=")[2]
    answer = desk.client.get("/api/v1/table", headers={"Authorization": f"Bearer {cookie}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_agents_key_is_no_session(desk: Desk) -> None:
    secret = desk.key()["Authorization"].removeprefix("Bearer ")
    answer = desk.client.get("/", headers={"Cookie": f"handraise={secret}"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


def test_a_revoked_key_opens_nothing(desk: Desk) -> None:
    key, secret = desk.operation.door.make_key("support-agent", "old")
    desk.operation.door.revoke_key(key.id)
    answer = desk.client.get("/api/v1/table", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_a_person_of_another_agents_table_sees_nothing(desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("olga")
    assert desk.page(f"/escalations/{escalation.id}", session).status_code == 404
    assert desk.answer(escalation, session, "approve").status_code == 404
    assert desk.page("/table/support-agent", session).status_code == 404
    assert desk.page("/table/order-agent", session).status_code == 200


def test_a_person_who_is_not_asked_may_read_and_not_answer(desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("ines")
    page = desk.page(f"/escalations/{escalation.id}", session)
    assert page.status_code == 200
    assert "not yours to answer" in page.text
    assert "/answer" not in page.text
    assert desk.answer(escalation, session, "approve").status_code == 403
