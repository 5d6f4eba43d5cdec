"""An agent's own escalations: reading, waiting, finding, withdrawing; and work under watch."""

import threading
import time
from typing import Any

import pytest

from handraise.clock import ManualClock
from handraise.service.working.worker import POST
from tests.web.support import BIG, Desk

URL = "/api/v1/escalations"


def test_an_open_escalation_is_answered_at_once_without_waiting(desk: Desk) -> None:
    escalation = desk.stop(case="ticket-1", key="k")
    found = desk.client.get(f"{URL}/{escalation.id}", headers=desk.key()).json()
    assert (found["id"], found["state"], found["outcome"]) == (escalation.id, "open", None)
    assert (found["resolution"], found["case"], found["key"]) == (None, "ticket-1", "k")


def test_a_long_poll_wakes_on_the_answer(desk: Desk) -> None:
    escalation = desk.stop()
    headers, session = desk.key(), desk.session("dana")
    found: dict[str, Any] = {}

    def wait() -> None:
        found.update(desk.client.get(f"{URL}/{escalation.id}?wait=30", headers=headers).json())

    waiting = threading.Thread(target=wait)
    started = time.monotonic()
    waiting.start()
    assert desk.answer(escalation, session, "approve").status_code == 303
    waiting.join(20)
    assert time.monotonic() - started < 10
    assert found["state"] == "resolved"
    assert found["resolution"]["outcome"] == "approved"
    assert found["resolution"]["proposal"] == {"refund": 40}
    assert found["resolution"]["by"] == "dana"
    assert found["resolution"]["may_act"] is True


def test_a_key_that_is_revoked_while_it_waits_is_given_nothing(desk: Desk) -> None:
    escalation, door = desk.stop(), desk.operation.door
    key, secret = door.make_key("support-agent", "test")
    headers, session = {"Authorization": f"Bearer {secret}"}, desk.session("dana")
    answers: list[Any] = []

    def wait() -> None:
        answers.append(desk.client.get(f"{URL}/{escalation.id}?wait=30", headers=headers))

    def was_let_in() -> bool:
        found = desk.operation.store.agent_key(key.id)
        return found is not None and found.used_at is not None

    waiting = threading.Thread(target=wait)
    waiting.start()
    give_up_at = time.monotonic() + 20
    while not was_let_in():
        assert time.monotonic() < give_up_at
    door.revoke_key(key.id)
    assert desk.answer(escalation, session, "approve").status_code == 303
    waiting.join(20)
    (answer,) = answers
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
    assert "resolution" not in answer.json()


def test_a_long_poll_ends_with_what_is_known(desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.client.get(f"{URL}/{escalation.id}?wait=0.6", headers=desk.key())
    assert (answer.status_code, answer.json()["state"]) == (200, "open")


@pytest.mark.parametrize(
    "query", ["wait=-1", "wait=61", "wait=nan", "wait=soon", "wiat=3", "wait=inf"]
)
def test_a_wait_that_is_none_is_refused(query: str, desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.client.get(f"{URL}/{escalation.id}?{query}", headers=desk.key())
    assert (answer.status_code, answer.json()["code"]) == (422, "input")


def test_a_rejection_carries_its_reason_and_no_proposal(desk: Desk) -> None:
    escalation = desk.stop()
    desk.answer(escalation, desk.session("dana"), "reject", reason="paid last week")
    resolution = desk.client.get(f"{URL}/{escalation.id}", headers=desk.key()).json()["resolution"]
    assert (resolution["outcome"], resolution["proposal"]) == ("rejected", None)
    assert (resolution["reason"], resolution["may_act"]) == ("paid last week", False)


def test_escalations_are_listed_newest_first_and_page_by_id(desk: Desk, clock: ManualClock) -> None:
    made = []
    for number in range(3):
        clock.advance(seconds=1)
        made.append(desk.stop(case=f"ticket-{number}").id)
    headers = desk.key()

    def ids(query: str = "") -> list[str]:
        found = desk.client.get(f"{URL}{query}", headers=headers).json()["escalations"]
        return [one["id"] for one in found]

    assert ids() == made[::-1]
    assert ids("?limit=1") == [made[2]]
    assert ids(f"?before={made[1]}") == [made[0]]
    assert ids("?state=open") == made[::-1]
    assert ids("?state=resolved") == []
    assert desk.client.get(f"{URL}?state=ended", headers=headers).status_code == 422
    assert desk.client.get(f"{URL}?limit=0", headers=headers).status_code == 422


def test_an_escalation_is_found_by_its_key(desk: Desk) -> None:
    escalation = desk.stop(key="ticket-9/1")
    found = desk.client.get(f"{URL}?key=ticket-9/1", headers=desk.key()).json()
    assert (found["id"], found["resolution"]) == (escalation.id, None)
    assert desk.client.get(f"{URL}?key=none", headers=desk.key()).status_code == 404
    other = desk.client.get(f"{URL}?key=ticket-9/1", headers=desk.key("order-agent"))
    assert other.status_code == 404


def test_a_withdrawal_ends_it_once(desk: Desk) -> None:
    escalation = desk.stop()
    headers = desk.key()
    first = desk.client.post(
        f"{URL}/{escalation.id}/withdraw", headers=headers, json={"reason": "customer gave up"}
    )
    assert (first.status_code, first.json()["outcome"]) == (200, "withdrawn")
    second = desk.client.post(f"{URL}/{escalation.id}/withdraw", headers=headers)
    assert (second.status_code, second.json()["code"]) == (409, "already_answered")


def test_work_is_watched_until_it_is_done(desk: Desk) -> None:
    headers = desk.key()
    begun = desk.client.post(
        "/api/v1/work", headers=headers, json={"case": "t", "silent_after": 60}
    )
    assert begun.status_code == 201
    work = f"/api/v1/work/{begun.json()['id']}"
    assert desk.client.post(f"{work}/beat", headers=headers).json()["open"] is True
    assert desk.client.post(f"{work}/done", headers=headers).json()["open"] is True
    assert desk.client.post(f"{work}/beat", headers=headers).json()["open"] is False
    assert desk.client.post("/api/v1/work/none/beat", headers=headers).status_code == 404


def test_a_crash_becomes_an_escalation(desk: Desk) -> None:
    headers = desk.key()
    work = desk.client.post("/api/v1/work", headers=headers).json()["id"]
    failed = desk.client.post(
        f"/api/v1/work/{work}/failed", headers=headers, json={"error": "boom"}
    ).json()
    assert failed["open"] is True
    assert desk.operation.store.escalation(failed["escalation_id"]) is not None


@pytest.mark.parametrize(
    "body", [{"silent_after": 0}, {"silent_after": "soon"}, {"cse": "t"}, {"case": 3}]
)
def test_work_that_cannot_be_watched_is_refused(body: dict[str, Any], desk: Desk) -> None:
    assert desk.client.post("/api/v1/work", headers=desk.key(), json=body).status_code == 422


def test_an_agent_reads_its_own_table(desk: Desk) -> None:
    table = desk.client.get("/api/v1/table", headers=desk.key()).json()
    assert (table["agent"], table["ready"], table["rehearsal"]) == ("support-agent", True, False)
    assert table["version"] == desk.operation.gates["support-agent"].table.version
    assert table["text"].startswith("handraise: 1")


def test_the_figures_can_be_read(desk: Desk) -> None:
    desk.client.post("/api/v1/decisions", headers=desk.key(), json=BIG)
    figures = desk.client.get("/metrics").text
    assert 'handraise_escalations_open{agent="support-agent"} 1.0' in figures
    assert 'handraise_asks_open{agent="support-agent",route="finance_lead"} 1.0' in figures
    assert "handraise_outbox_oldest_pending_seconds" in figures


def test_ready_waits_for_a_cycle_of_the_worker(desk: Desk, clock: ManualClock) -> None:
    assert desk.client.get("/health/live").json()["status"] == "live"
    before = desk.client.get("/health/ready")
    assert (before.status_code, before.json()["status"]) == (503, "not_ready")
    desk.operation.worker.tick()
    assert desk.client.get("/health/ready").status_code == 200
    clock.advance(minutes=5)
    after = desk.client.get("/health/ready")
    assert (after.status_code, "300 seconds" in after.json()["detail"]) == (503, True)


def test_ready_does_not_trust_a_sign_of_life_from_the_future(
    desk: Desk, clock: ManualClock
) -> None:
    start = clock.now()
    clock.advance(days=1)
    desk.operation.worker.tick()
    clock.set(start)
    before = desk.client.get("/health/ready")
    assert (before.status_code, "in the future" in before.json()["detail"]) == (503, True)
    assert "handraise_worker_last_cycle_seconds +Inf" in desk.client.get("/metrics").text
    desk.operation.worker.tick()
    assert desk.client.get("/health/ready").status_code == 200


def test_ready_looks_at_the_delivery_of_messages(desk: Desk, clock: ManualClock) -> None:
    worker, store = desk.operation.worker, desk.operation.store
    worker.act()
    assert "delivered messages yet" in desk.client.get("/health/ready").json()["detail"]
    worker.deliver()
    assert desk.client.get("/health/ready").status_code == 200
    clock.advance(minutes=2)
    worker.act()
    assert "messages for 120 seconds" in desk.client.get("/health/ready").json()["detail"]
    worker.deliver()
    desk.operation.door.request_link("dana")
    clock.advance(seconds=181)
    worker.act()
    store.heartbeat(POST, clock.now())
    late = desk.client.get("/health/ready")
    assert (late.status_code, "waits for 181 seconds" in late.json()["detail"]) == (503, True)
    worker.deliver()
    assert desk.client.get("/health/ready").status_code == 200
