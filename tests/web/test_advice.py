"""Advice, on the page of thresholds: seen by the people of the table, settled by its owner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handraise.clock import ManualClock
from handraise.core.table.patch import difference
from handraise.model import Advice
from handraise.service.wiring import Operation
from tests.store.records import new_id
from tests.web.support import TABLE, Desk

LOWER = difference(TABLE, TABLE.replace("below: 0.72", "below: 0.64"), "support.yaml")


def advised(
    operation: Operation, *, change: str = LOWER, subject: str = "", words: str = ""
) -> Advice:
    """Return advice on the support agent's table, kept a day ago."""
    agent = "support-agent"
    one = Advice(
        id=new_id(),
        agent=agent,
        version=operation.shelf.current(agent).version,
        kind="threshold" if change else "silent_row",
        subject=subject or ("confidence.1" if change else "consequence.1"),
        sentence="The threshold of confidence.1 could be 0.64 <b>instead</b> of 0.72."
        if change
        else "The row consequence.1 never fired.",
        lines=("Looked at: the first 500 decisions that this row alone stopped.", words),
        change=change,
        evidence=500,
        made_at=operation.clock.now() - timedelta(days=1),
    )
    operation.store.keep_advice(agent, set(), [one], operation.clock.now())
    return one


def state(desk: Desk, one: Advice) -> tuple[str, str | None, str]:
    found = desk.operation.advising.one(one.id)
    return found.state, found.settled_by, found.reason


def test_the_owner_sees_the_evidence_the_change_and_the_command(desk: Desk) -> None:
    one = advised(desk.operation)
    shown = desk.page("/thresholds", desk.session("priya")).text
    shown += desk.page("/thresholds?agent=support-agent", desk.session("priya")).text
    assert "Looked at: the first 500 decisions" in shown
    assert '<span class="removed">-    - {below: 0.72, to: support_supervisor}</span>' in shown
    assert '<span class="added">+    - {below: 0.64, to: support_supervisor}</span>' in shown
    assert f"handraise advice take {one.id} --as priya" in shown
    assert "&lt;b&gt;instead" in shown
    assert "you take it up or decline it" in shown


def test_others_see_it_and_cannot_settle_it(desk: Desk) -> None:
    one = advised(desk.operation)
    dana = desk.session("dana")
    shown = desk.page("/thresholds", dana).text
    assert "Looked at: the first 500 decisions" in shown
    assert "Priya Raman takes it up or declines it" in shown
    assert "Decline it" not in shown
    answer = desk.post(f"/advice/{one.id}", dana, reason="no")
    assert (answer.status_code, state(desk, one)[0]) == (403, "open")
    assert desk.page("/thresholds?agent=order-agent", dana).status_code == 403


def test_it_is_declined_with_a_reason(desk: Desk, clock: ManualClock) -> None:
    one = advised(desk.operation)
    priya = desk.session("priya")
    for reason in ("", "  "):
        answer = desk.post(f"/advice/{one.id}", priya, reason=reason)
        assert (answer.status_code, "Expected 1 to 2,000 characters" in answer.text) == (422, True)
    answer = desk.post(f"/advice/{one.id}", priya, reason="a quiet <i>season</i>")
    assert answer.headers["location"] == "/thresholds?agent=support-agent&done=declined#advice"
    assert state(desk, one) == ("declined", "priya", "a quiet <i>season</i>")
    shown = desk.page(answer.headers["location"], priya).text
    assert "It does not come back for 90 days" in shown
    assert "declined by you" in shown
    assert "a quiet &lt;i&gt;season" in shown
    assert "Nothing is advised" in shown
    assert "How far it is" in shown
    assert "New situations: none has been given a name yet; a name is proposed" in shown
    again = desk.post(f"/advice/{one.id}", priya, reason="again")
    assert (again.status_code, "was declined by priya" in again.text) == (409, True)


def test_what_proposes_no_change_is_seen_to(desk: Desk) -> None:
    one = advised(desk.operation, change="")
    priya = desk.session("priya")
    assert "handraise advice take" not in desk.page("/thresholds?agent=support-agent", priya).text
    answer = desk.post(f"/advice/{one.id}", priya, seen="yes")
    assert answer.headers["location"] == "/thresholds?agent=support-agent&done=taken#advice"
    assert state(desk, one) == ("taken", "priya", "")


def test_a_change_is_not_taken_up_on_the_page(desk: Desk) -> None:
    one = advised(desk.operation)
    answer = desk.post(f"/advice/{one.id}", desk.session("priya"), seen="yes")
    assert (answer.status_code, "writes it into the file" in answer.text) == (422, True)
    assert state(desk, one)[0] == "open"


@pytest.mark.parametrize("path", ["/advice/unknown", "/advice/" + "x" * 80])
def test_unknown_advice_is_not_found(desk: Desk, path: str) -> None:
    assert desk.post(path, desk.session("priya"), reason="no").status_code == 404


def test_it_says_what_is_missing_for_more(desk: Desk) -> None:
    shown = desk.page("/thresholds", desk.session("dana")).text
    assert "Nothing is advised" in shown
    assert "nobody said how much may go wrong alone" in shown


def test_strangers_are_sent_to_the_door(desk: Desk) -> None:
    assert desk.client.get("/advice").headers["location"] == "/sign-in?next=%2Fadvice"


def test_the_address_of_before_leads_to_where_advice_stands(desk: Desk) -> None:
    priya = desk.session("priya")
    for path in ("/advice", "/advice?agent=support-agent"):
        led = desk.page(path, priya)
        assert led.status_code == 303
        assert led.headers["location"].endswith("-agent#advice")
    page = desk.page("/thresholds?agent=support-agent", priya).text
    assert '<h2 id="advice"' in page
    assert 'href="/advice' not in page
