"""People's endpoints and forms: who may answer, how often, and what is said to those who come second."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.support import BIG, Desk


def _ask(desk: Desk, **fields: Any) -> tuple[str, str]:
    escalation = desk.stop(**fields)
    return escalation.asks[0].id, escalation.proposal_digest


def test_a_person_acknowledges_and_answers(desk: Desk) -> None:
    ask, digest = _ask(desk)
    session = desk.session("dana")
    taken = desk.client.post(f"/api/v1/asks/{ask}/acknowledge", headers=session)
    assert taken.status_code == 200
    assert taken.json()["asks"][0]["acknowledged_at"] is not None
    answer = desk.client.post(
        f"/api/v1/asks/{ask}/answer", headers=session, json={"kind": "approve", "digest": digest}
    )
    assert (answer.status_code, answer.json()["outcome"]) == (200, "approved")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "approve", "digest": "old"}, 409, "proposal_moved"),
        ({"kind": "maybe", "digest": "old"}, 422, "input"),
        ({"kind": True, "digest": "old"}, 422, "input"),
        ({"kind": "approve"}, 422, "input"),
        ({"kind": "approve", "digest": "old", "by": "priya"}, 422, "input"),
        ({"kind": "reject"}, 422, "answer"),
        ({"kind": "reject", "reason": "  "}, 422, "answer"),
        ({"kind": "instruct"}, 422, "answer"),
        ({"kind": "take_over"}, 422, "answer"),
        ({"kind": "change", "reason": "less", "proposal": {"refund": "20"}}, 422, "answer"),
        ({"kind": "change", "reason": "less", "proposal": {"refund": 40}}, 422, "answer"),
        ({"kind": "change", "proposal": {"refund": 20}}, 422, "answer"),
        ({"kind": "approve", "proposal": {"refund": 999999}}, 422, "answer"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    body: dict[str, Any], status: int, code: str, desk: Desk
) -> None:
    ask, digest = _ask(desk)
    if code == "answer":
        body = body | {"digest": digest}
    answer = desk.client.post(f"/api/v1/asks/{ask}/answer", headers=desk.session("dana"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    escalation = desk.operation.store.escalation(ask.rpartition(".")[0])
    assert escalation is not None
    assert escalation.state == "open"


def test_an_ask_that_is_none_is_not_found(desk: Desk) -> None:
    session = desk.session("dana")
    for ask in ("none", "none.1", ".", "x" * 300):
        answer = desk.client.post(f"/api/v1/asks/{ask}/acknowledge", headers=session)
        assert answer.status_code == 404


@pytest.mark.parametrize("through", ["api", "pages"])
def test_of_twenty_at_once_one_answers_and_nineteen_are_told(through: str, desk: Desk) -> None:
    escalation = desk.stop()
    ask, digest = escalation.asks[0].id, escalation.proposal_digest
    sessions = [desk.session("dana" if number % 2 else "marc") for number in range(20)]

    def answer(session: dict[str, str]) -> Any:
        if through == "pages":
            return desk.answer(escalation, session, "approve")
        body = {"kind": "approve", "digest": digest}
        return desk.client.post(f"/api/v1/asks/{ask}/answer", headers=session, json=body)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(answer, sessions))
    done = 303 if through == "pages" else 200
    assert Counter(one.status_code for one in answers) == {done: 1, 409: 19}
    told = ("Somebody was faster", "You have already answered this", "already_answered")
    for refused in (one for one in answers if one.status_code == 409):
        assert any(words in refused.text for words in told)


def test_a_change_that_reaches_another_row_asks_there_too(desk: Desk) -> None:
    ask, digest = _ask(desk)
    body = {"kind": "change", "digest": digest, "reason": "all of it", "proposal": {"refund": 9000}}
    answer = desk.client.post(f"/api/v1/asks/{ask}/answer", headers=desk.session("dana"), json=body)
    assert answer.status_code == 200
    assert answer.json()["state"] == "open"
    assert [one["route"] for one in answer.json()["asks"]] == ["support_supervisor", "finance_lead"]


def test_the_owner_may_answer_for_everybody(desk: Desk) -> None:
    ask, digest = _ask(desk, **BIG)
    answer = desk.client.post(
        f"/api/v1/asks/{ask}/answer",
        headers=desk.session("priya"),
        json={"kind": "reject", "digest": digest, "reason": "no"},
    )
    assert answer.status_code == 200
