"""The pages of audits: blind first, one's own answer, and nothing of others before it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from handraise.clock import ManualClock
from handraise.model import Audit
from handraise.service.wiring import Operation
from handraise.settings import Settings
from tests.support.audited import alone, audits, looked, table
from tests.support.operation import opened
from tests.web.support import Desk

HOSTILE = '<script>alert("x")</script>\u202egnp.exe'


@pytest.fixture
def operation(
    empty_store: Path, tmp_path: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    shutil.copy(empty_store, tmp_path / "handraise.db")
    text = table(twice="0.5", at_most="50 a day")
    operation = opened(tmp_path, clock=clock, table=text, base_url="http://testserver")
    yield operation
    operation.close()


def words_of(page: Any) -> str:
    """Return what a page says, its markup left out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def asked(desk: Desk, count: int = 1, **fields: Any) -> Audit:
    """Return a first look that waits for somebody."""
    alone(desk.operation, count, **fields)
    desk.operation.asking.tick()
    return next(one for one in audits(desk.operation, state="asked") if one.id.endswith(".1"))


def tabs(desk: Desk, person: str) -> str:
    """Return the tabs of the section that audits are in, as a person has them."""
    page = desk.page("/watch", desk.session(person)).text
    found = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert 'href="/watch' in found
    return found


def pair(desk: Desk) -> tuple[Audit, Audit]:
    """Return the two looks at one decision."""
    asked(desk, 8)
    found = {one.id: one for one in audits(desk.operation, state="asked")}
    second = next(one for id, one in found.items() if id.endswith(".2"))
    return found[f"{second.decision_id}.1"], second


def test_what_waits_is_listed_and_counted_in_the_head(desk: Desk) -> None:
    assert 'href="/audits?agent=support-agent"' in tabs(desk, "dana")
    assert 'href="/audits' not in tabs(desk, "ines")
    audit = asked(desk, case="ticket-7")
    session = desk.session(audit.person or "")
    page = desk.page("/audits", session)
    assert page.status_code == 200
    assert "send reply" not in page.text.lower()
    assert "1 decision waits for your look" in words_of(page)
    assert "Refund request" in words_of(page)
    assert "ticket-7 · support-agent decided it just now" in words_of(page)
    assert f'href="/audits/{audit.id}"' in page.text
    assert "Audits 1 to look at" in words_of(page)
    assert "Watch 1 to look at" in words_of(desk.page("/", session))
    assert desk.client.get("/audits").status_code == 303


def test_nothing_of_what_the_agent_did_is_on_the_page_before_the_choice(desk: Desk) -> None:
    audit = asked(desk, proposal={"refund": 41.5, "note": "a secret of the agent"})
    session = desk.session(audit.person or "")
    path = f"/audits/{audit.id}"
    blind = desk.page(path, session)
    assert "What would you have done?" in blind.text
    assert "please give it back" in blind.text
    for covered in ("41.5", "a secret of the agent", "0.9", "What the agent did</h2>"):
        assert covered not in blind.text

    sent = desk.post(f"{path}/choose", session, chosen="send_reply")
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    shown = words_of(desk.page(path, session))
    assert "What the agent did action refund refund 41.50 USD note a secret of the agent" in shown
    assert "you would have send reply something else" in shown
    assert "Was that right?" in shown


def test_an_answer_is_kept_and_leads_to_the_next(desk: Desk) -> None:
    asked(desk, 6)
    mine = desk.operation.audits.mine("dana")
    first, after = mine[0], mine[1]
    session = desk.session("dana")
    desk.post(f"/audits/{first.id}/choose", session, chosen="refund")
    sent = desk.post(
        f"/audits/{first.id}/answer", session, answer="wrong", stake="1040.50", note="too late"
    )
    assert sent.headers["location"] == f"/audits/{after.id}?done=answered"
    assert "Your answer is kept. This is the next one." in words_of(
        desk.page(f"/audits/{after.id}?done=answered", session)
    )
    kept = desk.operation.store.audit(first.id)
    assert kept is not None
    assert (kept.answer, kept.stake, kept.note) == ("wrong", 1040.5, "too late")
    done = words_of(desk.page(f"/audits/{first.id}", session))
    assert "You: wrong, it cost 1,040.5" in done
    assert "too late" in done
    assert "Keep my answer" not in done


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"answer": ""}, "Right, wrong or cannot_tell"),
        ({"answer": "wrong", "stake": "much"}, "is no number"),
        ({"answer": "wrong", "stake": "-4"}, "is no cost"),
        ({"answer": "right", "note": "n" * 2001}, "Has 2,001 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk: Desk, fields: dict[str, str], words: str
) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    desk.post(f"/audits/{audit.id}/choose", session, chosen="refund")
    sent = desk.post(f"/audits/{audit.id}/answer", session, **{"note": "as I typed it", **fields})
    assert sent.status_code == 422
    assert "This was not taken yet" in sent.text
    assert words in words_of(sent)
    assert fields.get("note", "as I typed it") in sent.text
    assert desk.operation.store.audit(audit.id).answer is None  # type: ignore[union-attr]


def test_a_choice_that_is_none_is_said(desk: Desk) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    sent = desk.post(f"/audits/{audit.id}/choose", session, chosen="dance")
    assert sent.status_code == 422
    assert "is nothing that may be chosen" in words_of(sent)
    assert "What the agent did</h2>" not in sent.text


def test_a_choice_is_not_changed_afterwards(desk: Desk) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    desk.post(f"/audits/{audit.id}/choose", session, chosen="refund")
    assert desk.post(f"/audits/{audit.id}/choose", session, chosen="send_reply").status_code == 409
    assert desk.operation.store.audit(audit.id).chosen == "refund"  # type: ignore[union-attr]


def test_each_step_sent_twice_is_taken_once_and_said_to_be_ones_own(desk: Desk) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    for _ in range(2):
        sent = desk.post(f"/audits/{audit.id}/choose", session, chosen="refund")
    assert "What you would have done is said, and stays" in words_of(sent)
    for _ in range(2):
        sent = desk.post(f"/audits/{audit.id}/answer", session, answer="right")
    assert sent.status_code == 409
    assert "You have answered it already, on " in words_of(sent)
    assert "our first answer stands" in words_of(sent)


def test_without_anything_to_decide_by_the_page_says_why_nobody_is_asked_first(desk: Desk) -> None:
    audit = asked(desk, text=None, context=None)
    said = words_of(desk.page(f"/audits/{audit.id}", desk.session(audit.person or "")))
    assert "What the agent did" in said
    assert "could not be asked first what you would have done" in said


def test_forms_without_the_token_are_refused(desk: Desk) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    for verb in ("choose", "answer", "take-over", "settle"):
        sent = desk.client.post(
            f"/audits/{audit.id}/{verb}",
            headers={"Cookie": session["Cookie"]},
            data={"chosen": "refund", "answer": "right"},
        )
        assert sent.status_code == 403
    assert desk.operation.store.audit(audit.id).chosen is None  # type: ignore[union-attr]


def test_others_do_not_see_it_and_the_owner_may_take_it_over(desk: Desk) -> None:
    audit = asked(desk)
    other = "marc" if audit.person == "dana" else "dana"
    for person in (other, "ines"):
        assert desk.page(f"/audits/{audit.id}", desk.session(person)).status_code == 404
    owner = desk.session("priya")
    page = desk.page(f"/audits/{audit.id}", owner)
    assert "It waits for" in words_of(page)
    assert "Look at it myself" in page.text
    assert "0.9" not in page.text
    assert desk.post(f"/audits/{audit.id}/answer", owner, answer="right").status_code == 403
    assert desk.post(f"/audits/{audit.id}/take-over", owner).status_code == 303
    assert "What would you have done?" in desk.page(f"/audits/{audit.id}", owner).text


def test_the_owner_settles_and_names_stand_for_the_owner_alone(desk: Desk) -> None:
    first, second = pair(desk)
    looked(desk.operation, first, "wrong", note="it was paid twice")
    looked(desk.operation, second, "right")
    names = {"dana": "Dana Reyes", "marc": "Marc Oyelaran"}
    theirs = desk.page(f"/audits/{first.id}", desk.session(first.person or ""))
    assert "Another person: right" in words_of(theirs)
    assert names[second.person or ""] not in theirs.text.replace("Sign out", "")

    owner = desk.session("priya")
    listed = desk.page("/audits", owner)
    assert f'href="/audits/{first.id}"' in listed.text
    assert "One says wrong, the other right" in words_of(listed)
    page = desk.page(f"/audits/{first.id}", owner)
    assert all(name in page.text for name in names.values())
    sent = desk.post(f"/audits/{first.id}/settle", owner, answer="", note="hm")
    assert sent.status_code == 422
    assert "hm" in sent.text
    assert "Found wrong" not in listed.text
    sent = desk.post(f"/audits/{first.id}/settle", owner, answer="wrong", stake="40")
    assert sent.headers["location"] == "/audits?done=settled"
    assert "What you said counts from now on." in words_of(desk.page("/audits?done=settled", owner))
    assert "You: wrong, it cost 40" in words_of(desk.page(f"/audits/{first.id}", owner))
    assert "Found wrong" in desk.page("/audits", owner).text
    assert "Found wrong" not in desk.page("/audits", desk.session("dana")).text


def test_the_figures_are_shown_to_all_on_the_table_and_nobodys_own(
    desk: Desk, clock: ManualClock
) -> None:
    asked(desk, 6)
    for one in audits(desk.operation, state="asked"):
        looked(desk.operation, one, "right")
    clock.advance(days=3, hours=1)
    said = words_of(desk.page("/audits", desk.session("ines")))
    assert "0 % of what support-agent decides alone is wrong, as far as people looked;" in said
    assert "At most 5.0 % is promised by the table's audit line: too few were looked at" in said
    assert "It speaks of decisions until" in said
    assert "Since this version is in force 6 6 of 6 0 0 %" in said
    assert "Dana" not in said
    assert "waiting for others" not in said


def test_what_was_erased_says_so(desk: Desk) -> None:
    audit = asked(desk, case="ticket-7")
    found = desk.operation.record.redact(case="ticket-7", by="priya", reason="asked for")
    assert found
    said = words_of(desk.page(f"/audits/{audit.id}", desk.session(audit.person or "")))
    assert "The personal data of this decision were erased" in said
    assert "please give it back" not in said
    assert "What it was about is erased, so you could not be asked first" in said


def test_what_customers_and_agents_write_stays_text(desk: Desk) -> None:
    audit = asked(desk, text=HOSTILE, context={HOSTILE: HOSTILE}, case=HOSTILE)
    session = desk.session(audit.person or "")
    for page in (desk.page(f"/audits/{audit.id}", session), desk.page("/audits", session)):
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text


def test_a_cost_with_a_comma_is_refused_and_never_guessed(desk: Desk) -> None:
    audit = asked(desk)
    session = desk.session(audit.person or "")
    path = f"/audits/{audit.id}"
    desk.post(f"{path}/choose", session, chosen="refund")
    for typed in ("120,50", "1,234", "1.234,50", "1 200", "nan", "1e9"):
        sent = desk.post(f"{path}/answer", session, answer="wrong", stake=typed)
        assert sent.status_code == 422
        assert "is no number" in words_of(sent)
        assert "commas" in words_of(sent)
    desk.post(f"{path}/answer", session, answer="wrong", stake=" 120.50 ")
    assert desk.operation.store.audit(audit.id).stake == 120.5  # type: ignore[union-attr]


def test_an_owner_who_is_one_of_two_who_differ_reads_why_they_cannot_settle(desk: Desk) -> None:
    first, second = pair(desk)
    desk.operation.audits.take_over(second.id, "priya")
    looked(desk.operation, first, "wrong")
    looked(desk.operation, second, "right", "priya")
    page = desk.page(f"/audits/{first.id}", desk.session("priya"))
    assert "One of them is you, so you cannot settle it" in words_of(page)
    assert f"/audits/{first.id}/settle" not in page.text
