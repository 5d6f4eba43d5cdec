"""Decisions over HTTP: whatever comes is judged, nothing is a crash, nothing broken goes ahead."""

from typing import Any

import pytest

from tests.web.support import BIG, SURE, UNSURE, Desk

URL = "/api/v1/decisions"


def test_a_sure_small_refund_proceeds(desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), json=SURE)
    assert answer.status_code == 200
    assert answer.json() | {"version": ""} == {
        "verdict": "proceed",
        "may_act": True,
        "routes": [],
        "tags": [],
        "reasons": [],
        "escalation_id": None,
        "version": "",
        "rehearsal": False,
        "familiarity": None,
        "waived": [],
    }


def test_a_big_refund_stops_with_every_reason(desk: Desk) -> None:
    verdict = desk.client.post(URL, headers=desk.key(), json=BIG | {"confidence": 0.3}).json()
    assert verdict["verdict"] == "escalate"
    assert verdict["routes"] == ["support_supervisor", "finance_lead"]
    assert [reason["condition"] for reason in verdict["reasons"]] == ["confidence", "consequence"]
    assert set(verdict["reasons"][0]) == {
        "row", "condition", "route", "observed", "limit", "sentence", "tag",
    }  # fmt: skip
    assert desk.operation.store.escalation(verdict["escalation_id"]) is not None


@pytest.mark.parametrize(
    "odd", ["0.99", "high", 7.0, -1, None, True, [], {}, "I am not 100% sure", 10**30]
)
def test_a_confidence_that_is_none_stops(odd: Any, desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), json=SURE | {"confidence": odd})
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "escalate"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": []},
        SURE | {"action": 3},
        SURE | {"facts": "none"},
        SURE | {"proposal": "40"},
        SURE | {"proposal": {"refund": "40"}},
        SURE | {"proposal": {"refund": 40, "bonus": 1}},
        SURE | {"proposal": {"refund": 10**40}},
        SURE | {"hurry": True},
        SURE | {"self": 1},
        SURE | {"decision": SURE},
    ],
)
def test_whatever_cannot_be_judged_stops(odd: dict[str, Any], desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), json=odd)
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "escalate"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"NaN", b'{"confidence": NaN}', b'{"confidence": Infinity}', b"\xff\xfe",
        b'{"a": 1,}', b"[" * 100_000, b'{"proposal": ' * 5_000, b'{"confidence": 1e999}',
        b'{"text": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(body: bytes, desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), content=body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "not JSON" in answer.json()["detail"]


def test_the_place_of_the_mistake_is_named(desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), content=b'{"confidence": NaN}')
    assert "byte 15" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"confidence": 0.1, "confidence": 0.99}', '"confidence"'),
        ('{"proposal": {"refund": 90000, "refund": 40}}', '"refund"'),
        ('{"proposal": {"refund": 90000, "\\u0072efund": 40}}', '"refund"'),
        ('{"decisions": [{"type": "a", "type": "b"}]}', '"type"'),
        ('{"": 1, "": 2}', '""'),
        (f'{{"{"x" * 500}": 1, "{"x" * 500}": 2}}', f'"{"x" * 100}…"'),
    ],
)
def test_a_name_that_stands_twice_is_refused(body: str, name: str, desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), content=body)
    assert answer.status_code == 400
    assert f"the body has the name {name} twice in one object" in answer.json()["detail"]
    assert desk.operation.store.escalations() == []


@pytest.mark.parametrize(
    "context",
    [
        *("[" * depth + "]" * depth for depth in range(700, 1000, 7)),
        *('{"a":' * depth + "1" + "}" * depth for depth in range(700, 1000, 7)),
        "9" * 5_000,
        "[{}, {}]",
        '[{"a": 1}, {"a": 1}]',
        '"\x7f\u2028\\u0000"',
    ],
    ids=lambda context: f"{context[:2]}{len(context)}",
)
def test_what_is_json_is_judged_or_refused(context: str, desk: Desk) -> None:
    body = f'{{"type": "riddle", "context": {context}}}'
    answer = desk.client.post(URL, headers=desk.key(), content=body.encode())
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert "too deeply" in answer.json()["detail"] or "out of range" in answer.json()["detail"]


@pytest.mark.parametrize("body", ["3", "null", '"refund"', "[]"])
def test_what_is_no_object_is_refused(body: str, desk: Desk) -> None:
    assert desk.client.post(URL, headers=desk.key(), content=body).status_code == 422


def test_the_same_key_and_decision_get_the_same_escalation(desk: Desk) -> None:
    headers = desk.key()
    first, second = (
        desk.client.post(URL, headers=headers, json=UNSURE | {"key": "k"}).json() for _ in range(2)
    )
    assert first["escalation_id"] == second["escalation_id"]


def test_the_same_key_with_another_amount_is_a_conflict(desk: Desk) -> None:
    headers = desk.key()
    desk.client.post(URL, headers=headers, json=UNSURE | {"key": "k"})
    answer = desk.client.post(URL, headers=headers, json=BIG | {"key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (409, "key_conflict")


def test_a_batch_is_judged_in_order_with_conflicts_in_their_place(desk: Desk) -> None:
    batch = [UNSURE | {"key": "k"}, BIG | {"key": "k"}, SURE]
    answer = desk.client.post(URL, headers=desk.key(), json={"decisions": batch})
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (first["verdict"], third["verdict"]) == ("escalate", "proceed")
    assert (second["status"], second["code"]) == (409, "key_conflict")


@pytest.mark.parametrize("batch", [3, None, {}, [3], [SURE, None], [{}] * 1001])
def test_a_batch_that_is_none_judges_nothing(batch: Any, desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), json={"decisions": batch})
    assert answer.status_code == 422
    assert desk.operation.store.escalations() == []


def test_a_batch_holds_nothing_beside_its_decisions(desk: Desk) -> None:
    answer = desk.client.post(URL, headers=desk.key(), json={"decisions": [SURE], "type": "x"})
    assert answer.status_code == 422
