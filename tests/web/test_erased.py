"""What was erased is gone from pages and API alike, and nothing may be done on it any more."""

from __future__ import annotations

import httpx
import pytest

from handraise.model import Escalation
from handraise.service.deciding.remote import RemoteGate
from tests.web.support import UNSURE, Desk

WORDS = "Jane Customer of 12 Quiet Lane"


@pytest.fixture
def erased(desk: Desk) -> Escalation:
    escalation = desk.stop(
        text=f"{WORDS} writes",
        context={"customer": WORDS},
        proposal={"refund": 40, "note": WORDS},
        case="ticket-7",
        key="ticket-7/1",
    )
    desk.answer(escalation, desk.session("dana"), "approve")
    desk.operation.worker.tick()
    desk.operation.record.redact(case="ticket-7", by="priya", reason="asked for by its customer")
    return escalation


def test_the_page_says_that_it_was_erased(desk: Desk, erased: Escalation) -> None:
    for person in ("dana", "priya"):
        page = desk.page(f"/escalations/{erased.id}", desk.session(person))
        assert page.status_code == 200
        assert "had the personal data in this erased" in page.text
        assert "asked for by its customer" in page.text
        assert WORDS not in page.text
    inbox = desk.page("/?all=1", desk.session("dana"))
    assert inbox.status_code == 200
    assert WORDS not in inbox.text


def test_the_api_gives_no_leave_to_act_on_it(desk: Desk, erased: Escalation) -> None:
    found = desk.client.get(f"/api/v1/escalations/{erased.id}", headers=desk.key())
    assert found.status_code == 200
    assert WORDS not in found.text
    resolution = found.json()["resolution"]
    assert (resolution["outcome"], resolution["by"]) == ("approved", "dana")
    assert (resolution["may_act"], resolution["erased"], resolution["grant"]) == (False, True, None)


def test_an_agent_that_asks_again_is_not_let_go_ahead(desk: Desk, erased: Escalation) -> None:
    gate = desk.operation.gates["support-agent"]
    same = {**UNSURE, "text": f"{WORDS} writes", "context": {"customer": WORDS}}
    again = gate.decide(
        **{
            **same,
            "proposal": {"refund": 40, "note": WORDS},
            "case": "ticket-7",
            "key": "ticket-7/1",
        }
    )
    assert again.escalation_id == erased.id
    resolution = again.wait(1)
    assert (resolution.erased, resolution.may_act, resolution.proposal) == (True, False, None)


def test_an_agent_at_a_distance_is_not_let_go_ahead_either(desk: Desk, erased: Escalation) -> None:
    key = desk.key()["Authorization"].removeprefix("Bearer ")

    def passed_on(request: httpx.Request) -> httpx.Response:
        answer = desk.client.request(
            request.method, str(request.url), content=request.content, headers=dict(request.headers)
        )
        return httpx.Response(
            answer.status_code, content=answer.content, headers={"content-type": "application/json"}
        )

    client = httpx.Client(transport=httpx.MockTransport(passed_on))
    gate = RemoteGate("http://testserver", key, client=client)
    resolution = gate.resolution(erased.id)
    assert resolution is not None
    assert (resolution.outcome, resolution.erased, resolution.may_act) == ("approved", True, False)


def test_the_record_still_holds(desk: Desk, erased: Escalation) -> None:
    desk.operation.worker.tick()
    report = desk.operation.record.verify()
    assert report.flaws == ()
    assert report.erased > 2
