"""An ask in other hands: given back, given on, its work only; and who has and has not yet agreed."""

import re
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.model import Ask, Decision, Escalation, Event, Reason
from handraise.web.pages.views.asks import agreement
from handraise.web.pages.views.escalation import Seen, escalation_page
from handraise.web.pages.views.forms import Draft
from handraise.web.pages.views.frame import frame_of
from handraise.web.pages.views.history import history
from handraise.web.pages.views.words import Reader, zone_of
from handraise.web.render import page
from tests.web.support import BIG, Desk

BOTH = BIG | {"confidence": 0.4}


def path(escalation: Escalation, what: str = "", number: int = 0) -> str:
    """Return the address of an escalation, or of what is done with one of its asks."""
    if not what:
        return f"/escalations/{escalation.id}"
    return f"/asks/{escalation.asks[number].id}/{what}"


def main_of(desk: Desk, escalation: Escalation, person: str) -> str:
    """Return what a person sees of an escalation."""
    return text_of(desk.page(path(escalation), desk.session(person)).text)


def text_of(html: str) -> str:
    """Return the words of a page, on one line."""
    words = re.sub("<[^>]*>", " ", html.partition("<main")[2].partition(">")[2])
    return re.sub(r" ([,.:;)])", r"\1", unescape(" ".join(words.split()))).replace("( ", "(")


def kept(desk: Desk, escalation: Escalation) -> Escalation:
    found = desk.operation.store.escalation(escalation.id)
    assert found is not None
    return found


def test_giving_it_back_moves_it_to_the_next_person_at_once(desk: Desk) -> None:
    escalation = desk.stop()
    dana = desk.session("dana")
    assert "Somebody else should have this" in main_of(desk, escalation, "dana")
    note = {"note": "I know the <b>customer</b>"}
    answer = desk.post(path(escalation, "release"), dana, **note)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/escalations/{escalation.id}#asked"
    assert kept(desk, escalation).asks[0].holder == "marc"
    html = desk.page(path(escalation), desk.session("marc")).text
    assert "I know the &lt;b&gt;customer&lt;/b&gt;" in html
    said = "Dana Reyes gave it back, and it went to you. today 14:50 I know the <b>customer</b>"
    assert said in text_of(html).partition("Why it stopped")[0]


def test_who_does_not_have_it_cannot_give_it_back(desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.post(path(escalation, "release"), desk.session("marc"))
    assert answer.status_code == 403
    assert "Marc Oyelaran does not have this. Dana Reyes has it now." in text_of(answer.text)
    assert "Nothing was moved." in text_of(answer.text)
    assert kept(desk, escalation).asks[0].holder == "dana"


def test_the_owner_gives_it_to_somebody_by_name_with_a_word(desk: Desk) -> None:
    escalation = desk.stop()
    priya = desk.session("priya")
    html = desk.page(path(escalation), priya).text
    assert '<option value="marc">Marc Oyelaran</option>' in html
    assert '<option value="ines">Ines Duarte (not on support supervisor)</option>' in html
    assert '<option value="dana"' not in html
    fields = {"to": "ines", "note": "you know the invoice"}
    assert desk.post(path(escalation, "reassign"), priya, **fields).status_code == 303
    seen = main_of(desk, escalation, "ines")
    assert "Priya Raman gave it to you, from Dana Reyes." in seen
    assert "you know the invoice" in seen
    assert "Approve: refund 40" in seen


@pytest.mark.parametrize("what", ["reassign", "delegate"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose somebody."),
        ({"to": " "}, "Choose somebody."),
        ({"to": "nobody"}, 'There is no "nobody" on the table'),
        ({"to": "marc", "note": "n" * 2001}, "Longer than 2,000 characters"),
    ],
)
def test_what_is_wrong_is_said_where_it_belongs_and_nothing_typed_is_lost(
    what: str, fields: dict[str, str], said: str, desk: Desk
) -> None:
    escalation = desk.stop()
    typed = {"note": "a word <i>", **fields}
    answer = desk.post(path(escalation, what), desk.session("priya"), **typed)
    if what == "delegate":  # only who has it lets another do the work
        answer = desk.post(path(escalation, what), desk.session("dana"), **typed)
    assert answer.status_code in {403, 422}
    page = unescape(answer.text)
    if answer.status_code == 422:
        assert said in page
        assert "Nothing was moved yet" in page
        assert typed["note"] in page
        assert re.search(r'<details class="choice move" open>', page)
    assert kept(desk, escalation).asks[0].holder == "dana"


def test_who_comes_too_late_to_move_it_is_told_who_answered(desk: Desk) -> None:
    escalation = desk.stop()
    desk.answer(escalation, desk.session("marc"), "approve")
    late = desk.post(path(escalation, "release"), desk.session("dana"), note="I am <out>")
    assert late.status_code == 409
    seen = text_of(late.text)
    assert "Somebody was faster Marc Oyelaran approved it just now" in seen
    assert "Nothing was moved." in seen
    assert "What you had written I am <out>" in seen


def test_the_work_goes_to_another_and_the_responsibility_stays(desk: Desk) -> None:
    escalation = desk.stop()
    dana = desk.session("dana")
    fields = {"to": "ines", "note": "please check the invoice"}
    assert desk.post(path(escalation, "delegate"), dana, **fields).status_code == 303
    seen = main_of(desk, escalation, "dana")
    assert (
        "With you, picked up. Ines Duarte does the work of it for you. please check the invoice"
        in seen
    )
    assert "I do it myself again" in seen
    seen = main_of(desk, escalation, "ines")
    assert "You do the work of it for Dana Reyes, who stays responsible." in seen
    top = seen.partition("Why it stopped")[0]
    assert "Dana Reyes asked you to do the work of it." in top
    assert "please check the invoice" in top
    assert "With Dana Reyes, picked up. You do the work of it for Dana Reyes." in seen
    assert "I take it" not in seen
    done = desk.answer(kept(desk, escalation), desk.session("ines"), "approve")
    assert done.status_code == 303
    assert "You approved it on behalf of Dana Reyes." in main_of(desk, escalation, "ines")


def test_the_work_is_taken_back(desk: Desk) -> None:
    escalation = desk.stop()
    dana = desk.session("dana")
    desk.post(path(escalation, "delegate"), dana, to="marc")
    assert "; Marc Oyelaran for them" in desk.page("/?scope=all", desk.session("priya")).text
    assert desk.post(path(escalation, "take-back"), dana).status_code == 303
    assert kept(desk, escalation).asks[0].delegate is None
    assert "Marc Oyelaran no longer does the work of it." in main_of(desk, escalation, "dana")
    again = desk.post(path(escalation, "take-back"), dana)
    assert (again.status_code, "You have already done this" in again.text) == (409, True)


@pytest.mark.parametrize("what", ["release", "reassign", "delegate", "take-back"])
def test_moving_takes_the_pages_token_and_a_person(what: str, desk: Desk) -> None:
    escalation = desk.stop()
    forged = {**desk.session("dana"), "X-CSRF-Token": "forged"}
    assert desk.post(path(escalation, what), forged, to="marc").status_code == 403
    stranger = desk.client.post(path(escalation, what), data={"to": "marc"})
    assert stranger.headers["Location"].startswith("/sign-in")
    assert desk.page(path(escalation, what), desk.session("dana")).status_code == 405
    assert kept(desk, escalation) == escalation


def test_who_asked_for_it_may_end_it_and_not_agree_to_it(desk: Desk) -> None:
    escalation = desk.stop(asked_by="priya")
    seen = main_of(desk, escalation, "priya")
    assert "You asked the agent for this, so somebody else must agree to it." in seen
    assert "Approve:" not in seen
    assert "Change it" not in seen
    assert "Reject" in seen
    refused = desk.answer(escalation, desk.session("priya"), "approve")
    assert refused.status_code == 403
    assert "This is not yours to do" in refused.text
    assert "Approve:" in main_of(desk, escalation, "dana")


def test_who_may_not_answer_is_told_why(desk: Desk) -> None:
    escalation = desk.stop(asked_by="dana")
    seen = main_of(desk, escalation, "dana")
    assert "You asked the agent for this, so somebody else must decide." in seen
    assert "Your answer" not in seen
    assert "You can read this, but it is not yours to answer." in main_of(desk, escalation, "ines")


@pytest.mark.parametrize(("delegate", "may"), [("ines", False), ("marc", True)])
def test_who_works_for_somebody_that_asked_for_it_agrees_only_in_their_own_name(
    delegate: str, may: bool, desk: Desk
) -> None:
    escalation = desk.stop(asked_by="priya")
    for person in ("dana", "marc"):
        desk.operation.desk.release(escalation.asks[0].id, person)
    desk.operation.desk.delegate(escalation.asks[0].id, "priya", delegate)
    seen = main_of(desk, escalation, delegate)
    assert ("Approve:" in seen) is may
    barred = "Priya Raman asked the agent for this, so somebody else must agree to it."
    assert (barred in seen) is not may
    done = desk.answer(kept(desk, escalation), desk.session(delegate), "approve")
    assert done.status_code == (303 if may else 403)


def test_the_last_resort_is_told_why_and_is_no_last_resort_of_its_own_route(
    desk: Desk, clock: ManualClock
) -> None:
    escalation = desk.stop()
    desk.post(path(escalation, "release"), desk.session("dana"))
    desk.post(path(escalation, "release"), desk.session("marc"), note="no time")
    seen = main_of(desk, escalation, "priya")
    came = "Marc Oyelaran gave it back, and it went to you, as the last resort. today 19:50 no time"
    assert came in seen.partition("Why it stopped")[0]
    assert "With you, as the last resort, not picked up yet." in seen
    assert "Give it back" not in seen
    desk.operation.gates["support-agent"].start_work("ticket-7", 60.0)
    clock.advance(minutes=5)
    desk.operation.worker.tick()
    (stalled,) = [one for one in desk.operation.store.escalations() if one.id != escalation.id]
    assert "as the last resort" not in main_of(desk, stalled, "priya")


def test_an_acknowledgement_says_until_when_it_holds(desk: Desk, clock: ManualClock) -> None:
    escalation = desk.stop()
    desk.operation.desk.acknowledge(escalation.asks[0].id, "dana")
    seen = main_of(desk, escalation, "dana")
    assert "To be picked up again in 2 hours (today 16:50), unless it is decided" in seen
    clock.advance(hours=2, minutes=1)
    desk.operation.worker.tick()
    seen = main_of(desk, escalation, "dana")
    assert "You said: I have it, and have not decided; it must be said again" in seen
    assert "Dana Reyes said they had it, and have not decided" in main_of(desk, escalation, "marc")


def test_everybody_sees_who_has_and_has_not_yet_agreed(desk: Desk) -> None:
    escalation = desk.stop(**BOTH)
    desk.answer(escalation, desk.session("marc"), "approve")
    for person, name in (("dana", "Ines Duarte"), ("ines", "you")):
        seen = main_of(desk, escalation, person)
        assert f"1 of 2 agreements given, by Marc Oyelaran. Still missing: {name}." in seen


def four_eyes(desk: Desk) -> Escalation:
    """Return an escalation whose route needs two of its people."""
    escalation = desk.stop()
    first = escalation.asks[0]
    second = replace(first, id=f"{escalation.id}.2", holder="marc", tried=("marc",))
    return replace(escalation, asks=(first, second))


def reader(desk: Desk, person: str) -> Reader:
    people = desk.operation.shelf.people()
    now = desk.operation.clock.now()
    return Reader(id=person, zone=zone_of(people[person]), now=now, people=people)


def answered(ask: Ask, by: str, desk: Desk) -> Ask:
    escalation = desk.stop(case=f"by {by}")
    desk.answer(escalation, desk.session(by), "approve")
    return replace(ask, state="answered", answer=kept(desk, escalation).asks[0].answer)


def test_several_of_one_route_are_counted(desk: Desk) -> None:
    escalation = four_eyes(desk)
    first, second = escalation.asks
    assert agreement(escalation, reader(desk, "dana")) == (
        "0 of 2 of support supervisor have agreed. Still missing: you and Marc Oyelaran.",
    )
    half = replace(escalation, asks=(answered(first, "dana", desk), second))
    assert agreement(half, reader(desk, "priya")) == (
        "1 of 2 of support supervisor have agreed, by Dana Reyes. Still missing: Marc Oyelaran.",
    )
    more = replace(half, asks=(*half.asks, replace(first, id="x.3", route="finance_lead")))
    assert agreement(more, reader(desk, "marc"))[0] == (
        "1 of 3 agreements given, by Dana Reyes. Still missing: you and Dana Reyes."
    )


def test_an_edit_stands_beside_the_original_whatever_its_form(desk: Desk) -> None:
    nested = {"steps": [{"do": "close", "fee": 900}], "sure": True}
    escalation = desk.stop(action="send_reply", proposal=nested)
    dana = desk.session("dana")
    text = '{"steps": [{"do": "close", "fee": 90000}], "sure": 1}'
    assert (
        desk.answer(escalation, dana, "change", proposal_json=text, reason="x").status_code == 303
    )
    html = desk.page(path(escalation), dana).text
    assert html.count('class="changed"') == 2  # true is not 1
    assert "900" in html
    assert "90000" in html
    lists = desk.stop(action="send_reply", proposal=[1, 2], case="lists")
    desk.answer(lists, dana, "change", proposal_json='{"a": 3}', reason="x")
    seen = main_of(desk, lists, "dana")
    assert "The agent asked 1 2 Now a 3" in seen


def test_a_change_that_was_undone_is_said_to_be(desk: Desk) -> None:
    escalation = desk.stop(**BOTH)
    change = {"proposal.refund": "9000", "reason": "all of it"}
    desk.answer(escalation, desk.session("dana"), "change", **change)
    assert "changed" in main_of(desk, escalation, "ines")
    now = kept(desk, escalation)
    back = {"kind": "change", "digest": now.proposal_digest, "proposal.refund": "6200"}
    answer = desk.post(path(now, "answer", 1), desk.session("ines"), **back, reason="no")
    assert answer.status_code == 303
    seen = main_of(desk, escalation, "ines")
    assert "it was changed back: it stands as the agent asked for it" in seen


def test_a_changed_statement_stands_beside_what_was_stated(desk: Desk) -> None:
    escalation = desk.stop(facts={"years": 2})
    fields = {"proposal.refund": "30", "fact.years": "12", "reason": "since 2014"}
    desk.answer(escalation, desk.session("dana"), "change", **fields)
    assert "12 changed the agent stated 2" in main_of(desk, escalation, "dana")


def event(desk: Desk, kind: str, who: str, **detail: Any) -> Event:
    now = desk.operation.clock.now()
    return Event(at=now, kind=kind, who=who, agent="support-agent", detail=detail)


@pytest.mark.parametrize(
    ("kind", "who", "detail", "said", "note"),
    [
        ("delegation_ended", "handraise", {"from": "dana", "why": "dana is away, so it is yours"},
         "Dana Reyes no longer does the work of it.", "Dana Reyes is away, so it is yours."),
        ("delegation_ended", "marc", {"from": "priya"},
         "You no longer do the work of it.", ""),
        ("asked_again", "handraise", {"to": "dana", "why": "marc changed the proposal"},
         "Dana Reyes was asked again.", "Marc Oyelaran changed the proposal."),
        ("advanced", "handraise", {"from": "dana", "to": "marc", "why": "the hours of dana have ended"},
         "It moved on from Dana Reyes to Marc Oyelaran.", "The hours of Dana Reyes have ended."),
        ("advanced", "handraise", {"from": "dana", "to": "marc", "why": "no message reaches dana: dana said <no>"},
         "It moved on from Dana Reyes to Marc Oyelaran.", "No message reaches Dana Reyes: dana said <no>."),
        ("reminded", "handraise", {"to": "dana", "count": 2},
         "Dana Reyes got a reminder (2 reminders so far).", ""),
        ("reminded", "handraise", {"to": "dana", "count": "two"},
         "Dana Reyes got a reminder (1 reminder so far).", ""),
        ("grant_used", "agent:support-agent", {"used_by": "billing"},
         "The grant was used by billing: it cannot be used again.", ""),
        ("grant_used", "agent:support-agent", {},
         "The grant was used by support-agent: it cannot be used again.", ""),
        ("redacted", "priya", {"reason": "asked to"},
         "You had the personal data in this erased.", "asked to"),
        ("sung_about", "dana", {"loudly": True}, "Sung about (Dana Reyes).", ""),
    ],
)  # fmt: skip
def test_every_kind_of_event_is_worded(
    kind: str, who: str, detail: dict[str, Any], said: str, note: str, desk: Desk
) -> None:
    (happening,) = history([event(desk, kind, who, **detail)], reader(desk, "priya"))
    assert (happening.sentence, happening.note) == (said, note)


def test_who_was_passed_over_is_named_with_the_reason(desk: Desk) -> None:
    skipped = [{"person": "dana", "why": "is away until Mon 30 Nov, 09:00 (Europe/Lisbon)"}]
    given = event(desk, "assigned", "handraise", to="marc", route="x_y", skipped=skipped)
    (happening,) = history([given], reader(desk, "marc"))
    assert happening.sentence == "You were asked, for x y."
    assert happening.passed_over == ("Dana Reyes is away until Mon 30 Nov, 09:00 (Europe/Lisbon).",)


def rendered(desk: Desk, escalation: Escalation, events: list[Event], person: str) -> str:
    """Return what a person would see of an escalation as it is given."""
    seen = Seen(escalation=escalation, events=events, mine=(), form=None, table=None)
    found = escalation_page(seen, reader(desk, person), Draft())
    frame = frame_of(desk.operation, person, "cookie")
    values = {"frame": frame, "page": found, "draft": Draft(), "notice": (), "lost": ""}
    return text_of(bytes(page("escalation.html", **values).body).decode())


def test_a_drill_is_marked_as_one(desk: Desk) -> None:
    escalation = desk.stop()
    drill = Reason(
        row="drill", condition="drill", route="support_supervisor",
        observed="", limit="", sentence="this is a drill",
    )  # fmt: skip
    practice = replace(escalation, rehearsal=True, reasons=(drill,))
    seen = rendered(desk, practice, [], "dana")
    assert "Drill: this came to you as a real question would." in seen
    assert "Rehearsal" not in seen
    earnest = rendered(desk, replace(practice, rehearsal=False), [], "dana")
    assert "Nothing is done, whatever you answer" not in earnest
    desk.answer(escalation, desk.session("dana"), "approve")
    ended = replace(kept(desk, escalation), rehearsal=True, reasons=(drill,))
    assert "This was a drill: nothing is done" in rendered(desk, ended, [], "dana")


def test_what_was_erased_is_said_to_be_and_breaks_nothing(desk: Desk) -> None:
    escalation = desk.stop(text="my secret", facts={"years": 1})
    desk.answer(escalation, desk.session("dana"), "approve")
    ended = kept(desk, escalation)
    blank = replace(
        ended,
        decision=Decision(),
        proposal=None,
        facts={},
        reason=None,
        reasons=tuple(replace(one, observed="", sentence="") for one in ended.reasons),
    )
    events = [event(desk, "answered", "dana"), event(desk, "redacted", "priya", reason="asked to")]
    seen = rendered(desk, blank, events, "dana")
    assert "The personal data in this were erased today 14:50, by Priya Raman." in seen
    assert "my secret" not in seen
    assert "erased" in seen.partition("What exactly")[2].partition("Who is asked")[0]
