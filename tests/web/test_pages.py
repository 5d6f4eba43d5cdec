"""What people see: the inbox, an escalation, the table; and what comes of their answers."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.model import Event
from handraise.service.telling.wording.figures import figures, units_of
from handraise.service.wiring import assemble
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.pages.views.cells import words
from handraise.web.pages.views.question import question
from tests.web.support import BIG, TABLE, UNSURE, Desk


def test_an_empty_inbox_is_kind(desk: Desk) -> None:
    page = desk.page("/", desk.session("ines")).text
    assert "Nothing is waiting" in page
    assert "No agent needs you right now" in page


def test_the_inbox_shows_what_waits_and_how_long(desk: Desk, clock: ManualClock) -> None:
    desk.stop(type="court_order")
    clock.advance(minutes=3)
    page = unescape(desk.page("/", desk.session("dana")).text)
    assert "<title>(1) Inbox" in page
    assert "1 question waits for you" in page
    assert "12 minutes left to pick it up" in page
    assert "Refund 40\xa0USD<" in page
    assert ">court order<" in page
    assert "Not sure enough" in page
    assert "new situation" in page
    assert "support supervisor: with you<" in page
    clock.advance(hours=1)
    assert "Overdue by 48 minutes, not picked up yet" in desk.page("/", desk.session("dana")).text


def test_cards_tell_two_refunds_apart(desk: Desk) -> None:
    words = "the <b>third</b> time I ask, " + "and it is still wrong " * 10
    desk.stop(case="ticket-1", proposal={"refund": 1240, "note": "late"}, text=words)
    desk.stop(case="ticket-2", proposal={"refund": 35}, text={"said": "hi"})
    desk.stop(case="ticket-3", action=None, type="court_order", text="")
    html = desk.page("/", desk.session("dana")).text
    page = unescape(html)
    assert "Refund 1,240\xa0USD (note late)<" in page
    assert "Refund 35\xa0USD<" in page
    assert "ticket-1 · refund request<" in page
    assert "<b>Court order</b>" in page
    assert ">ticket-3<" in page
    assert "the &lt;b&gt;third&lt;/b&gt; time I ask, and" in html
    said = re.findall("<q>(.*?)</q>", page)
    assert sorted(map(len, said)) == [16, 90]


def test_the_card_of_something_ended_says_who_answered(desk: Desk) -> None:
    both = desk.stop(**BIG | {"confidence": 0.4})
    desk.answer(both, desk.session("marc"), "reject", reason="paid last week")
    withdrawn = desk.stop(case="other")
    desk.operation.gates["support-agent"].withdraw(withdrawn.id, "the customer gave up")
    page = unescape(desk.page("/?scope=all&state=ended", desk.session("marc")).text)
    assert "support supervisor: you rejected it just now" in page
    assert "finance lead: not needed any more, you rejected it" in page
    assert "support supervisor: not needed any more, the agent withdrew it" in page
    assert "with Dana" not in page
    page = unescape(desk.page(f"/escalations/{both.id}", desk.session("ines")).text)
    assert "Not needed any more: Marc Oyelaran rejected it." in page


def test_each_card_gives_the_reason_of_its_own_route(desk: Desk) -> None:
    desk.stop(**BIG | {"confidence": 0.4})
    page = unescape(desk.page("/", desk.session("ines")).text)
    assert "evenue is 6,200" in page
    assert "0.72" not in page


def test_a_full_inbox_is_a_small_page(desk: Desk) -> None:
    for number in range(60):
        fields = {"case": f"ticket-{number}", "text": "I want my money back, please. " * 20}
        desk.stop(**fields, proposal={"refund": 1000 + number, "note": "duplicate invoice"})
    page = desk.page("/", desk.session("dana")).text
    assert page.count('<a href="/escalations/') == 50
    assert len(page.encode()) < 100_000
    more = re.search(r'<a class="more" href="([^"]+)"', page)
    assert more
    rest = desk.page(unescape(more[1]), desk.session("dana")).text
    assert rest.count('<a href="/escalations/') == 10
    assert 'class="more"' not in rest


def test_every_page_names_the_zone_of_its_times(desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("ines")
    for path in ("/?scope=all", f"/escalations/{escalation.id}", "/table"):
        page = desk.page(path, session).text
        assert page.count("Times are in Europe/Lisbon.") == 1
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert re.search(r":\d\d Europe/Lisbon\"", page)


@pytest.mark.parametrize(
    ("action", "proposal", "said"),
    [
        ("refund", {"refund": 6200}, " 6,200\xa0USD"),
        ("refund", {"note": "late", "refund": 6200}, " 6,200\xa0USD (note late)"),
        ("refund_guest", {"fee": 2000, "nights": 2}, " (fee 2000, nights 2)"),
        ("refund_guest", {"a": 1, "b": 2, "c": 3, "d": 4}, " (a 1, b 2, c 3, 1 more)"),
        ("refund", {"refund": 1, "b": 2, "c": 3, "d": 4}, " 1\xa0USD (b 2, c 3, 1 more)"),
        ("refund", {"refund": "all of it"}, " (refund all of it)"),
        ("send_reply", {"reply": "x" * 25, "sure": True, "to": None, "cc": [1]},
         " (reply xxxxxxxxxxxxxxxxxxxxxxx…, sure yes, 2 more)"),
        ("order_medicine", {"medicine": "ketamine " * 20, "schedule": 8, "packs": 1, "cents": 90000},
         " (medicine ketamine ketamine ketam…, schedule 8, packs 1, 1 more)"),
        ("send_reply", {"x" * 80: 1, "y" * 80: "z" * 80, "a" * 80: "b" * 80},
         f" ({'x' * 23}… 1, {'y' * 23}… {'z' * 23}…, 1 more)"),
        ("send_reply", {"to": None}, " (1 field)"),
        ("send_reply", {"to": None, "cc": []}, " (2 fields)"),
        ("refund", {"refund": 1, "to": {}}, " 1\xa0USD (1 more)"),
        ("send_reply", {"order_id": 88123}, " (order id 88123)"),
        ("send_reply", [{"do": 1}], ""),
        ("send_reply", None, ""),
    ],
)  # fmt: skip
def test_the_main_values_stand_beside_the_action(
    action: str, proposal: object, said: str, desk: Desk
) -> None:
    table = desk.operation.shelf.newest("support-agent")
    assert figures(action, proposal, units_of(table, action)) == said


def test_the_inbox_is_sorted_by_what_is_due_first(desk: Desk, clock: ManualClock) -> None:
    first = desk.stop(case="a")
    desk.operation.desk.acknowledge(first.asks[0].id, "dana")
    clock.advance(minutes=1)
    second = desk.stop(case="b")
    page = desk.page("/", desk.session("dana")).text
    assert page.index(second.id) < page.index(first.id)


def test_what_does_not_fit_its_form_has_no_button_to_approve_it(desk: Desk) -> None:
    dana = desk.session("dana")
    escalation = desk.stop(proposal={"refund": "12"})
    page = desk.page(f"/escalations/{escalation.id}", dana).text
    assert "It cannot be approved as it is: refund must be a number" in page
    assert 'class="approve"' not in page
    assert "Approve with other values" in page
    assert desk.answer(escalation, dana, "approve").status_code == 422
    fitting = desk.page(f"/escalations/{desk.stop(case='fits').id}", dana).text
    assert 'class="approve"' in fitting


def test_the_inbox_can_be_filtered(desk: Desk) -> None:
    escalation = desk.stop()
    marc = desk.session("marc")
    assert escalation.id not in desk.page("/", marc).text
    assert escalation.id in desk.page("/?scope=routes", marc).text
    assert escalation.id in desk.page("/?scope=all", desk.session("ines")).text
    desk.answer(escalation, desk.session("dana"), "approve")
    assert escalation.id not in desk.page("/?scope=routes", marc).text
    ended = desk.page("/?scope=routes&state=ended", marc).text
    assert escalation.id in ended
    assert "Approved" in ended
    assert desk.page("/?scope=<x>&state=<y>", marc).status_code == 200


def test_the_question_stands_at_the_top(desk: Desk) -> None:
    escalation = desk.stop(**BIG, case="ticket-991")
    page = unescape(desk.page(f"/escalations/{escalation.id}", desk.session("ines")).text)
    assert "support-agent wants to refund 6,200\xa0USD for ticket-991. May it?" in page
    assert "Approve: refund 6,200\xa0USD" in page
    assert "High stakes" in page


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"type": "court_order", "action": None}, "support-agent stopped at a court order. What"),
        ({"type": None, "action": None}, "support-agent stopped. What should it do?"),
        ({"action": "send_reply", "proposal": {}}, "support-agent wants to send reply. May it?"),
        ({"proposal": {"refund": True}}, "support-agent wants to refund (refund yes). May it?"),
    ],
)
def test_the_question_fits_what_is_known(fields: dict[str, object], asked: str, desk: Desk) -> None:
    assert question(desk.stop(**fields), {}).startswith(asked)


def test_silence_is_asked_about_as_silence(desk: Desk, clock: ManualClock) -> None:
    desk.operation.gates["support-agent"].start_work("ticket-7", 60.0)
    clock.advance(minutes=5)
    desk.operation.worker.tick()
    stalled = desk.operation.store.escalations()[0]
    session = desk.session("priya")
    page = unescape(desk.page(f"/escalations/{stalled.id}", session).text)
    assert "support-agent went silent on ticket-7. What should happen now?" in page
    assert "Approve" not in page
    assert desk.answer(stalled, session, "take_over", reason="I look").status_code == 303


def test_an_approval_says_what_happens_next(desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("dana")
    answer = desk.answer(escalation, session, "approve")
    assert answer.headers["Location"] == f"/escalations/{escalation.id}#standing"
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert "The agent may now do exactly what stands below" in page
    assert "by you" in page
    assert 'action="/asks' not in page


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("reject", {"reason": "already paid"}, "The agent will not do it"),
        ("instruct", {"instruction": "ask for a receipt"}, "It goes on with the words"),
        ("take_over", {"reason": "I know her"}, "The agent leaves this alone"),
    ],
)
def test_every_answer_says_what_happens_next(
    kind: str, words: dict[str, str], said: str, desk: Desk
) -> None:
    escalation = desk.stop()
    desk.answer(escalation, desk.session("dana"), kind, **words)
    page = desk.page(f"/escalations/{escalation.id}", desk.session("marc")).text
    assert said in page
    assert "by Dana Reyes" in page
    assert next(iter(words.values())) in page
    assert ">agreed<" not in page


def test_an_approval_of_one_of_two_says_who_is_still_asked(desk: Desk) -> None:
    escalation = desk.stop(**BIG | {"confidence": 0.4})
    session = desk.session("dana")
    desk.answer(escalation, session, "approve")
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert "You approved it" in page
    assert "until this is agreed to by finance lead (Ines Duarte" in page


def test_a_change_shows_both_sides(desk: Desk) -> None:
    escalation = desk.stop(**UNSURE | {"proposal": {"refund": 1240}})
    session = desk.session("dana")
    fields = {"proposal.refund": "620.50", "proposal.note": "half", "reason": "half is ours"}
    assert desk.answer(escalation, session, "change", **fields).status_code == 303
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.proposal == {"refund": 620.5, "note": "half"}
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert "Approved with changes" in page
    assert "1,240 USD" in page
    assert "620.50 USD" in page


def test_a_wrong_field_keeps_everything_that_was_typed(desk: Desk) -> None:
    escalation = desk.stop()
    typed = {"proposal.refund": "12,3,4x", "proposal.note": "my <note>", "reason": "because"}
    answer = desk.answer(escalation, desk.session("dana"), "change", **typed)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "Your answer was not taken yet" in page
    assert "must be a number" in page
    for value in typed.values():
        assert value in page
    assert '<details class="choice change" name="answer-' in page
    assert "open>" in page


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("change", {"proposal.refund": "20"}, "Say why"),
        ("change", {"proposal.refund": "40", "reason": "x"}, "Nothing was changed"),
        ("change", {"proposal.refund": "", "reason": "x"}, "is missing"),
        ("reject", {"reason": " "}, "Say why"),
        ("instruct", {}, "Say what the agent should do"),
        ("take_over", {}, "Say why"),
        ("", {}, "Choose one of the answers"),
        ("maybe", {}, "Choose one of the answers"),
    ],
)
def test_a_missing_word_is_asked_for_where_it_belongs(
    kind: str, typed: dict[str, str], said: str, desk: Desk
) -> None:
    escalation = desk.stop()
    answer = desk.answer(escalation, desk.session("dana"), kind, **typed)
    assert answer.status_code == 422
    assert said in unescape(answer.text)


def test_a_proposal_without_a_form_is_changed_by_its_own_fields(desk: Desk) -> None:
    proposal = {"reply": "We will look.", "times": 2, "urgent": False}
    escalation = desk.stop(action="send_reply", proposal=proposal)
    session = desk.session("dana")
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert 'name="proposal.reply"' in page
    typed = {"proposal.reply": "We look.", "proposal.times": "1", "proposal.urgent": "true"}
    answer = desk.answer(escalation, session, "change", **typed, reason="shorter")
    assert answer.status_code == 303
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.proposal == {"reply": "We look.", "times": 1, "urgent": True}


def test_a_nested_proposal_is_changed_as_json(desk: Desk) -> None:
    escalation = desk.stop(action="send_reply", proposal={"steps": [{"do": "close"}]})
    session = desk.session("dana")
    wrong = desk.answer(escalation, session, "change", proposal_json='{"steps": [', reason="x")
    assert wrong.status_code == 422
    assert "not JSON" in wrong.text
    assert "{&#34;steps&#34;: [" in wrong.text
    done = desk.answer(escalation, session, "change", proposal_json='{"steps": []}', reason="x")
    assert done.status_code == 303


def test_stated_facts_can_be_changed_too(desk: Desk) -> None:
    escalation = desk.stop(facts={"years": 2})
    session = desk.session("dana")
    fields = {"proposal.refund": "30", "fact.years": "12", "reason": "a customer since 2014"}
    assert desk.answer(escalation, session, "change", **fields).status_code == 303
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.facts == {"years": 12}


def test_who_comes_second_is_told_who_and_when_and_keeps_their_words(
    desk: Desk, clock: ManualClock
) -> None:
    escalation = desk.stop()
    desk.answer(escalation, desk.session("marc"), "approve")
    clock.advance(minutes=2)
    answer = desk.answer(escalation, desk.session("dana"), "reject", reason="paid last week")
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "Somebody was faster" in page
    assert "Marc Oyelaran approved it 2 minutes ago (today 14:50)" in page
    assert "paid last week" in page


def test_a_proposal_that_moved_is_shown_again_with_what_was_typed(desk: Desk) -> None:
    escalation = desk.stop(**BIG | {"confidence": 0.4})
    change = {"proposal.refund": "9000", "reason": "all of it"}
    desk.answer(escalation, desk.session("dana"), "change", **change)
    fields = {"kind": "reject", "digest": escalation.proposal_digest, "reason": "too much"}
    answer = desk.post(f"/asks/{escalation.asks[1].id}/answer", desk.session("ines"), **fields)
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "The proposal changed while you were reading" in page
    assert "After a change by a person: may support-agent refund 9,000\xa0USD" in page
    assert "too much" in page


def test_having_it_is_said_and_can_be_taken_over_from_a_colleague(desk: Desk) -> None:
    escalation = desk.stop()
    path = f"/asks/{escalation.asks[0].id}/acknowledge"
    dana, marc = desk.session("dana"), desk.session("marc")
    assert "I have it" in desk.page(f"/escalations/{escalation.id}", dana).text
    assert desk.post(path, dana).status_code == 303
    page = unescape(desk.page(f"/escalations/{escalation.id}", dana).text)
    assert "You said: I have it" in page
    assert "I take it" in desk.page(f"/escalations/{escalation.id}", marc).text
    assert desk.post(path, marc).status_code == 303
    page = desk.page(f"/escalations/{escalation.id}", dana).text
    assert "Marc Oyelaran took it from you" in page
    desk.answer(escalation, marc, "approve")
    late = desk.post(path, dana)
    assert (late.status_code, "Somebody was faster" in late.text) == (409, True)


def test_long_texts_are_folded_and_nothing_is_dropped(desk: Desk) -> None:
    text = "\n".join(f"line {number} of a long complaint" for number in range(200))
    escalation = desk.stop(text=text, context={"notes": "n" * 3000, "list": list(range(100))})
    page = desk.page(f"/escalations/{escalation.id}", desk.session("dana")).text
    for whole in (text, "n" * 3000):
        folded = words(whole)
        assert f'dir="auto">{folded.start}<' in page
        assert f"Show the other {folded.size}</summary>" in page
        assert f'dir="auto">{folded.rest}</div>' in page
    assert "Show 100 items" in page


def test_the_table_is_shown_as_it_is_in_force(desk: Desk) -> None:
    page = desk.page("/table", desk.session("priya")).text
    assert "Routing table of order-agent" in page
    assert 'href="/table?agent=support-agent"' in page
    assert ">Live<" in page
    assert "Signed by you" in page or "Signed by Priya Raman" in page
    assert desk.page("/table/none", desk.session("priya")).status_code == 404


def test_an_escalation_that_is_none_is_not_found(desk: Desk) -> None:
    answer = desk.page("/escalations/none", desk.session("dana"))
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)


def test_practice_is_marked_everywhere(
    tmp_path: Path, settings: Settings, clock: ManualClock
) -> None:
    (tmp_path / "support.yaml").write_text(TABLE)
    practice = assemble([tmp_path / "support.yaml"], settings, clock=clock, rehearsal=True)
    with TestClient(create_app(practice), follow_redirects=False) as client:
        desk = Desk(practice, client)
        escalation = desk.stop()
        session = desk.session("dana")
        assert ">Rehearsal<" in desk.page("/", session).text
        page = f"/escalations/{escalation.id}"
        assert "Rehearsal: this is practice" in desk.page(page, session).text
        desk.answer(escalation, session, "approve")
        assert "This was a rehearsal: nothing is done" in desk.page(page, session).text
    practice.close()


def test_the_history_says_who_had_it_and_why_it_moved(desk: Desk, clock: ManualClock) -> None:
    escalation = desk.stop()
    clock.advance(minutes=16)
    desk.operation.worker.tick()
    clock.advance(minutes=16)
    desk.operation.worker.tick()
    clock.advance(hours=3)
    desk.operation.worker.tick()
    page = unescape(desk.page(f"/escalations/{escalation.id}", desk.session("marc")).text)
    assert "Support-agent stopped and asked." in page
    assert "It moved on from Dana Reyes to you." in page
    assert "It moved on from you to Priya Raman, as the last resort." in page
    assert "Priya Raman got a reminder" in page
    asked = page.partition("Who is asked")[2].partition("What happened so far")[0]
    assert "Dana Reyes did not acknowledge within 15m." in asked
    assert "Marc Oyelaran did not acknowledge within 15m." in asked


def test_the_history_says_what_came_back_and_what_is_late(desk: Desk, clock: ManualClock) -> None:
    gate = desk.operation.gates["support-agent"]
    work = gate.start_work("c")
    clock.advance(hours=1)
    desk.operation.worker.tick()
    (stall,) = desk.operation.store.escalations()
    gate.beat(work.id)
    gate.done(work.id)
    gate.failed(work.id, "late")
    late = {"to": "priya", "kind": "with_owner", "error": "it refused the connection"}
    desk.operation.store.add_event(
        Event(
            at=clock.now(),
            kind="delayed",
            who="handraise",
            agent="support-agent",
            escalation_id=stall.id,
            detail=late,
        )
    )
    page = unescape(desk.page(f"/escalations/{stall.id}", desk.session("priya")).text)
    assert "The agent gave a sign of life again." in page
    assert "The agent finished this work after all." in page
    assert "The agent crashed in this work later." in page
    assert "A message to you did not go out; it is tried again." in page
    assert "it refused the connection" in page
    assert "You were asked, for the owner." in page


def test_a_withdrawn_question_says_so(desk: Desk) -> None:
    escalation = desk.stop()
    desk.operation.gates["support-agent"].withdraw(escalation.id, "the customer gave up")
    session = desk.session("dana")
    page = desk.page(f"/escalations/{escalation.id}", session).text
    assert "The agent took its question back" in page
    assert "the customer gave up" in page
    late = desk.answer(escalation, session, "approve")
    assert late.status_code == 409
    assert "It has ended: withdrawn by the agent just now" in late.text


def test_confidence_is_written_as_the_table_writes_it(desk: Desk) -> None:
    escalation = desk.stop(confidence=0.6)
    page = unescape(desk.page(f"/escalations/{escalation.id}", desk.session("dana")).text)
    assert "onfidence 0.6 is below 0.72" in page
    assert "<dt>confidence</dt><dd>0.6</dd>" in page
    assert "60 %" not in page


def test_mail_and_page_say_the_same_figures(desk: Desk) -> None:
    proposal = {"medicine": "ketamine", "schedule": 8, "packs": 1, "cents": 90000}
    escalation = desk.stop(action="send_reply", proposal=proposal)
    said = "send reply (medicine ketamine, schedule 8, packs 1, 1 more)"
    page = unescape(desk.page(f"/escalations/{escalation.id}", desk.session("dana")).text)
    assert f"support-agent wants to {said}. May it?" in page
    assert f"Approve: {said}" in page
    (message,) = desk.operation.store.messages(to="dana")
    assert f"May support-agent {said}?" in message.subject
