"""What was erased is gone from pages and API alike, and nothing may be done on it any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest

from handraise.model import Ask, Escalation, Event
from handraise.service.deciding.remote import RemoteGate
from handraise.web.pages.views.erased import MARKER
from handraise.web.pages.views.history import history
from tests.web.support import UNSURE, Desk
from tests.web.test_movement_pages import reader, text_of

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
        seen = text_of(page.text)
        assert "It was allowed. What it was has been erased since, so it may no longer" in seen
        assert "may now do" not in seen
        history_of = seen.partition("What happened so far")[2]
        who = "You were" if person == "dana" else "Dana Reyes was"
        assert f"{who} asked, for support supervisor." in history_of
        assert "approved it, for support supervisor." in history_of
        assert "It ended." in history_of
        assert "obody was asked" not in seen
        assert "resolved" not in history_of.partition("The whole decision")[0]
        assert "What the agent adds" not in seen
        assert not re.search(r"erased True|erased yes", seen)
    inbox = desk.page("/?all=1", desk.session("dana"))
    assert inbox.status_code == 200
    assert WORDS not in inbox.text


AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
ASK = Ask(
    id="e1.1", route="x_y", state="closed", holder="marc", assigned_at=AT,
    acknowledge_due_at=None, decide_due_at=AT, due_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "who", "said"),
    [
        ("created", "agent:support-agent", "Support-agent stopped and asked."),
        ("assigned", "handraise", "Marc Oyelaran was asked, for x y."),
        ("advanced", "handraise", "It moved on to somebody else."),
        ("advanced", "dana", "Dana Reyes gave it back, and it went to somebody else."),
        ("answered", "dana", "Dana Reyes answered."),
        ("delegated", "priya", "You asked somebody to do the work of it."),
        ("sung_about", "agent:support-agent", "Sung about (support-agent)."),
        ("sung_about", "handraise", "Sung about (Handraise)."),
    ],
)
def test_of_an_erased_event_only_what_is_known_is_said(
    kind: str, who: str, said: str, desk: Desk
) -> None:
    event = Event(
        at=AT, kind=kind, who=who, agent="support-agent", ask_id="e1.1", detail=dict(MARKER)
    )
    (happening,) = history([event], reader(desk, "priya"), [ASK])
    assert (happening.sentence, happening.note, happening.detail) == (said, "", None)


def test_of_an_ask_that_is_not_known_nobody_is_named(desk: Desk) -> None:
    event = Event(at=AT, kind="assigned", who="handraise", agent="a", detail=dict(MARKER))
    (happening,) = history([event], reader(desk, "priya"))
    assert happening.sentence == "Somebody was asked."


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
