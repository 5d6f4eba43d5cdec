"""What people are told: plain words, one line of subject, nobody's injected text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from handraise.channels.senders import _one_line
from handraise.core.messages import Waiting, may_wait
from handraise.core.table.types import Person
from handraise.model import Answer, Ask, Decision, Escalation, Message, Move, Notice, NoticeKind
from handraise.service.slack.blocks import header
from handraise.service.telling.wording import (
    MAX_SUBJECT,
    alarm,
    local,
    messages_for,
    one_line,
    question,
)
from handraise.service.telling.wording.bundles import bundle
from handraise.service.telling.wording.figures import short
from handraise.service.telling.wording.texts import isolated, lately, visible
from tests.support.story import MONDAY, UNSURE, Story, begun

story = pytest.fixture(begun)

URL = "https://handraise.example.com"
MILD = {"action": "send_reply"}
"""What is not the worst that can happen, so that nothing about it is urgent."""


def escalation_of(story: Story, **fields: Any) -> Escalation:
    decision = Decision(**{**UNSURE, **fields})
    verdict = story.gate._judge(decision)
    return story.operation.stops.prepare(story.gate.table, verdict, decision).escalation


def told(story: Story, kind: NoticeKind, escalation: Escalation, to: str = "dana") -> Message:
    notice = Notice(kind=kind, to=to, ask_id=escalation.asks[0].id, why="so it is")
    move = Move(escalation=escalation, notices=(notice,))
    (message,) = messages_for(move, story.operation.shelf, URL, MONDAY)
    return message


@pytest.mark.parametrize(
    ("kind", "subject", "body"),
    [
        ("asked", "May support-agent send reply", "asks you to decide (so it is)"),
        ("delegated", "For Dana Reyes: May", "Please do the work of this decision for Dana Reyes"),
        ("asked_again", "Changed, please look again: May", "it needs you once more (so it is)"),
        ("with_owner", "Nobody else can decide: May", "nobody else can take it (so it is)"),
        ("reminder", "Still waiting for you: May", "waits for you (so it is)"),
        ("moved_on", "No longer yours: May", "no longer with you: so it is."),
        ("resolved", "Decided: May", "This has been decided (so it is). You need not do anything"),
    ],
)
def test_every_kind_of_notice_has_its_words(story: Story, kind: Any, subject: str, body: str):
    message = told(story, kind, escalation_of(story, **MILD))

    assert message.subject.startswith(subject)
    assert body in message.body
    assert message.body.startswith("Hello Dana Reyes,\n")
    assert message.body.endswith("Handraise, for support-agent")
    assert (message.kind, message.to, message.contacts) == (
        kind,
        "dana",
        ("mailto:dana@example.com",),
    )
    assert (URL in message.body) is (kind != "resolved")


def test_no_kind_of_notice_is_without_words(story: Story):
    escalation = escalation_of(story)

    assert all(told(story, kind, escalation).subject for kind in get_args(NoticeKind))


@pytest.mark.parametrize(
    ("outcome", "subject", "body"),
    [
        ("withdrawn", "Withdrawn: ", "This is no longer needed"),
        ("expired", "Ended unanswered: ", "will not be done"),
        ("rejected", "Decided: ", "This has been decided"),
    ],
)
def test_an_end_is_called_what_it_is(story: Story, outcome: Any, subject: str, body: str):
    message = told(story, "resolved", replace(escalation_of(story), outcome=outcome))

    assert message.subject.startswith(subject)
    assert body in message.body


def test_who_is_on_no_table_any_more_is_told_nothing(story: Story):
    escalation = escalation_of(story)
    for to, ask_id in (("left", escalation.asks[0].id), ("dana", "no such ask")):
        notice = Notice(kind="asked", to=to, ask_id=ask_id)
        move = Move(escalation=escalation, notices=(notice,))
        assert messages_for(move, story.operation.shelf, URL, MONDAY) == []


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, "May support-agent refund 40 for ticket-991?"),
        ({"case": None}, "May support-agent refund 40?"),
        ({"proposal": None}, "May support-agent refund for ticket-991?"),
        ({"proposal": [1]}, "May support-agent refund for ticket-991?"),
        ({"action": "send_reply"}, "May support-agent send reply (refund 40) for ticket-991?"),
        ({"action": None}, "May support-agent do something it could not name"),
        ({"action": ["refund"]}, "May support-agent do something it could not name"),
        ({"action": "\n\t"}, "May support-agent do something it could not name"),
        (
            {
                "proposal": {
                    "refund": 1234567.5,
                    "vip": True,
                    "none": None,
                    "note": "x" * 25,
                    "to": "me",
                }
            },
            "May support-agent refund 1,234,567.5 (vip yes, note xxxxxxxxxxxxxxxxxxxxxxx…, 2 more) for",
        ),
        ({"proposal": {"a": 1, "b": 2, "c_d": 3, "e": 4}}, "(a 1, b 2, c d 3, 1 more) for"),
    ],
)
def test_the_question_is_short_and_plain(story: Story, fields: dict[str, Any], asked: str):
    assert asked in question(escalation_of(story, **fields))


@pytest.mark.parametrize(
    ("condition", "case", "asked"),
    [
        ("stall", "t-1", "support-agent has gone silent on t-1"),
        ("fault", None, "support-agent has run into trouble"),
    ],
)
def test_trouble_without_an_action_is_no_question(
    story: Story, condition: Any, case: Any, asked: str
):
    escalation = escalation_of(story, action=None, case=case)
    reasons = (replace(escalation.reasons[0], condition=condition),)

    assert question(replace(escalation, reasons=reasons)) == asked


def test_an_agents_text_cannot_forge_lines_of_the_message(story: Story):
    evil = "refund\r\nBcc: all@example.com\n\nLook at it and decide:\n  https://evil.example.com"
    message = told(
        story, "asked", escalation_of(story, action=evil, case=evil, proposal={"n": evil})
    )

    assert "\n" not in message.subject
    assert "\r" not in message.subject + message.body
    assert len(message.subject) <= MAX_SUBJECT
    assert [line for line in message.body.splitlines() if line.startswith("Bcc")] == []
    assert message.body.count("\nLook at it and decide:\n") == 1


def test_a_long_proposal_is_cut_and_says_so(story: Story):
    message = told(
        story, "asked", escalation_of(story, proposal={"refund": 40, "note": "x" * 9000})
    )

    assert "more characters on the page)" in message.body
    assert len(message.body) < 4_000


def test_the_customers_words_and_the_agents_context_stay_behind_sign_in(story: Story):
    message = told(
        story, "asked", escalation_of(story, text="my secret words", context={"note": "card 4111"})
    )

    assert "secret" not in message.body
    assert "4111" not in message.body


def test_deadlines_are_in_the_persons_own_zone():
    dana = Person(id="dana", name="Dana Reyes", contacts=(), zone="America/New_York")

    assert local(MONDAY, dana) == "Mon 23 Nov, 05:00 (America/New_York)"
    first = datetime(1, 1, 1, tzinfo=UTC)  # before the first day there
    assert local(first, dana) == f"{first:%d %b %Y}, 00:00 (UTC)"


def test_who_has_acknowledged_is_told_of_one_deadline_only(story: Story):
    escalation = escalation_of(story)
    ask: Ask = replace(escalation.asks[0], acknowledge_due_at=None)
    message = told(story, "reminder", replace(escalation, asks=(ask,)))

    assert (
        "Please decide by Mon 23 Nov, 14:00 (UTC); after that it goes to the next" in message.body
    )


def test_the_last_resort_is_told_that_nobody_comes_after(story: Story):
    escalation = escalation_of(story)
    ask: Ask = replace(escalation.asks[0], with_owner=True, holder="priya")
    message = told(story, "with_owner", replace(escalation, asks=(ask,)), "priya")

    assert "you will be reminded until somebody decides" in message.body


def test_the_last_of_a_route_is_told_to_whom_it_goes_then(story: Story):
    escalation = escalation_of(story)
    first = told(story, "asked", escalation)
    ask: Ask = replace(escalation.asks[0], holder="marc", tried=("dana", "marc"))
    last = told(story, "asked", replace(escalation, asks=(ask,)), "marc")

    assert "after that it goes to the next person." in first.body
    assert "after that it goes to Priya Raman, the owner." in last.body


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("it went to marc: dana is away", "it went to Marc Oyelaran: Dana Reyes is away"),
        ("dana asks you to do the work of it: ask ines", "Dana Reyes asks you to do the work of it: ask ines"),
        ("no message reaches dana: dana said no", "no message reaches Dana Reyes: dana said no"),
        ("dana: approved", "Dana Reyes: approved"),
        ("gone is away until Mon 30 Nov, 09:00 (UTC)", "gone is away until Mon 30 Nov, 09:00 (UTC)"),
    ],
)  # fmt: skip
def test_people_are_called_by_their_names(story: Story, why: str, said: str):
    escalation = escalation_of(story)
    notice = Notice(kind="moved_on", to="dana", ask_id=escalation.asks[0].id, why=why)
    move = Move(escalation=escalation, notices=(notice,))
    (message,) = messages_for(move, story.operation.shelf, URL, MONDAY)

    assert f"This is no longer with you: {said}." in message.body


@pytest.mark.parametrize("kind", ["moved_on", "resolved"])
def test_nothing_about_a_case_goes_to_who_has_left(story: Story, kind: NoticeKind):
    escalation = escalation_of(story)
    notice = Notice(kind=kind, to="dana", ask_id=escalation.asks[0].id, why="")
    move = Move(escalation=escalation, notices=(notice,))
    assert len(messages_for(move, story.operation.shelf, URL, MONDAY)) == 1
    story.operation.roster.deactivate("dana", "priya", "left")

    assert messages_for(move, story.operation.shelf, URL, MONDAY) == []


def test_a_line_is_one_line():
    assert one_line(" a\r\n b\x00c\u2028d\te ") == "a b c d e"


def test_an_alarm_is_addressed_to_the_owner():
    priya = Person(id="priya", name="Priya Raman", contacts=("mailto:priya@example.com",))
    message = alarm("support-agent", priya, "Look\nhere", ["One.", "Two."], MONDAY, "e1")

    assert (message.kind, message.to, message.subject) == ("alarm", "priya", "Look here")
    assert message.body == "Hello Priya Raman,\n\nOne.\nTwo.\n\nHandraise, for support-agent"
    assert (message.escalation_id, message.next_at) == ("e1", MONDAY)
    assert message.created_at + timedelta(0) == MONDAY


def owners(story: Story, **fields: Any) -> Message:
    escalation = escalation_of(story, **MILD)
    ask: Ask = replace(escalation.asks[0], route="owner", with_owner=True, holder="priya")
    return told(story, "with_owner", replace(escalation, asks=(ask,), **fields), "priya")


def test_what_leads_to_the_owner_is_not_told_as_if_nobody_were_left(story: Story):
    message = owners(story)

    assert message.subject.startswith("For the owner: May support-agent send reply")
    assert "because you are the owner of support-agent's table (so it is)." in message.body
    assert "obody else" not in message.subject + message.body
    assert "last resort" not in message.body
    assert "you will be reminded until somebody decides" in message.body
    assert "handraise ready" not in message.body


def test_the_owner_of_a_table_that_is_not_ready_is_told_how_to_sign(story: Story):
    escalation = escalation_of(story)
    not_ready = replace(escalation.reasons[0], row="not_ready", condition="not_ready")
    message = owners(story, reasons=(not_ready,))

    assert "  handraise ready --as priya\n" in message.body
    other = told(story, "asked", replace(escalation, reasons=(not_ready,)))
    assert "handraise ready" not in other.body


@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_what_tells_of_something_urgent_waits_for_nothing_and_says_so_where_it_asks(
    story: Story, kind: Any
):
    message = told(story, kind, escalation_of(story))
    asks = kind not in {"moved_on", "resolved"}

    assert (message.urgency, message.bundle) == ("urgent", None)
    assert message.subject.startswith("Urgent: ") is asks
    assert (message.only_while is None) is not asks


def test_messages_of_one_kind_have_one_key(story: Story):
    asked = escalation_of(story, **MILD)
    other = replace(asked, reasons=(replace(asked.reasons[0], row="novelty.1"),))

    assert told(story, "asked", asked).bundle == "asked support-agent confidence.1"
    assert told(story, "asked", other).bundle == "asked support-agent novelty.1"
    assert told(story, "asked", replace(asked, reasons=())).bundle == "asked support-agent"
    elsewhere = replace(asked, reasons=(replace(asked.reasons[0], route="finance_lead"),))
    assert told(story, "asked", elsewhere).bundle == "asked support-agent confidence.1"
    assert told(story, "moved_on", asked).bundle == "moved_on support-agent"


def agreeing(story: Story, kind: Any = "approve") -> Message:
    escalation = escalation_of(story, **MILD, case=None)
    (first,) = escalation.asks
    answer = Answer(kind=kind, by="ines", at=MONDAY - timedelta(minutes=3), digest="")
    asks = (
        first,
        replace(first, id="2", route="finance_lead", state="answered", answer=answer, due_at=None),
        replace(first, id="3", holder="marc"),
        replace(first, id="4", holder="gone", acknowledged_at=MONDAY),
    )
    return told(story, "asked", replace(escalation, asks=asks))


def test_everybody_who_is_asked_is_told_who_has_agreed(story: Story):
    assert (
        "\nAlso asked: finance_lead (Ines Duarte): agreed at 09:57; "
        "support_supervisor (Marc Oyelaran): not answered yet; "
        "support_supervisor (gone): has taken it; 1 of 4 approvals given.\n"
    ) in agreeing(story).body
    assert "agreed at 09:57, with a change;" in agreeing(story, "change").body
    assert "Also asked" not in told(story, "asked", escalation_of(story)).body


def test_an_agreement_of_another_day_is_told_with_its_day():
    dana = Person(id="dana", name="Dana Reyes", contacts=())

    assert lately(MONDAY - timedelta(days=1), dana, MONDAY) == "Sun 22 Nov, 10:00"


def test_two_deadlines_that_the_clock_shows_alike_are_told_apart():
    lena = Person(id="lena", name="Lena Falk", contacts=(), zone="Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 35, tzinfo=UTC)
    second = first + timedelta(hours=1)

    assert local(first, lena) == "Sun 25 Oct, 02:35 UTC+2 (Europe/Berlin)"
    assert local(second, lena) == "Sun 25 Oct, 02:35 UTC+1 (Europe/Berlin)"
    assert (lately(first, lena, second), lately(second, lena, MONDAY)) == (
        "02:35 UTC+2", "Sun 25 Oct, 02:35 UTC+1",
    )  # fmt: skip


def test_who_does_the_work_for_another_is_told_who_stays_responsible(story: Story):
    escalation = escalation_of(story, **MILD)
    ask: Ask = replace(escalation.asks[0], with_owner=True, delegate="marc")
    message = told(story, "delegated", replace(escalation, asks=(ask,)), "marc")

    assert "Please decide by Mon 23 Nov, 14:00 (UTC); Dana Reyes stays responsible." in message.body
    assert "last resort" not in message.body


def test_whoever_goes_home_soon_is_told_until_when_they_are_waited_for(story: Story):
    escalation = escalation_of(story, **MILD)
    ask: Ask = replace(escalation.asks[0], due_at=MONDAY + timedelta(minutes=5))
    message = told(story, "asked", replace(escalation, asks=(ask,)))

    expected = "acknowledge by Mon 23 Nov, 10:05 (UTC), when your hours end, and decide by"
    assert expected in message.body


def test_the_last_resort_is_told_that_being_away_changes_nothing(story: Story):
    escalation = escalation_of(story)
    ask: Ask = replace(escalation.asks[0], with_owner=True, holder="priya")
    message = told(story, "with_owner", replace(escalation, asks=(ask,)), "priya")

    assert "You are the last resort, also while you are away or off duty: you" in message.body


def test_where_the_table_rejects_what_is_not_answered_the_owner_is_told(story: Story):
    story.rewrite(("known: [refund_request]", "unanswered: reject\nknown: [refund_request]"))
    escalation = escalation_of(story)
    ask: Ask = replace(escalation.asks[0], with_owner=True, holder="priya")
    message = told(story, "with_owner", replace(escalation, asks=(ask,)), "priya")

    assert "after that it is rejected unanswered" in message.body


def test_a_drill_is_marked_and_never_held_back(story: Story):
    escalation = escalation_of(story, action="drill", proposal={"route": "x"})
    drill = replace(
        escalation,
        rehearsal=True,
        reasons=(replace(escalation.reasons[0], row="drill", condition="drill"),),
    )
    message = told(story, "asked", drill)

    assert message.subject == "[DRILL] Can you take a question of support-agent?"
    assert "This is a drill, an exercise" in message.body
    assert "acknowledge by Mon 23 Nov, 10:15" in message.body
    assert not may_wait(message)


def test_nothing_in_a_message_is_turned_round_or_hidden(story: Story):
    evil = "\u202e0026\u2066 dnufer\x1b[2J\u200b"
    escalation = escalation_of(story, proposal={"note": evil}, action=evil, case=evil)
    reasons = (replace(escalation.reasons[0], sentence=f"because {evil}"),)
    message = told(story, "moved_on", replace(escalation, reasons=reasons))
    asked = told(story, "asked", replace(escalation, reasons=reasons))

    for text in (message.subject, message.body, asked.subject, asked.body):
        assert set(text) - {"\n"} == {char for char in text if char.isprintable()}
    assert "because [U+202E]0026[U+2066] dnufer[U+001B][2J[U+200B]" in asked.body


def test_what_nobody_sees_is_shown_in_messages_but_where_it_chooses_a_form(story: Story):
    hides, heart = "6200\u034f", "\u2764\ufe0f"
    proposal = {"note": hides, "am\ufe0fount": 1}
    escalation = escalation_of(story, proposal=proposal, action="refund", case=hides)
    asked = told(story, "asked", escalation)
    slack = header(asked.subject)["text"]["text"]

    for text in (asked.subject, asked.body, slack):
        assert "6200[U+034F]" in text
        assert "am[U+FE0F]ount" in text
        assert "\u034f" not in text
    assert one_line(f"a {heart} x\ufe0f") == visible(f"a {heart} x\ufe0f") == f"a {heart} x[U+FE0F]"
    assert isolated("\u05e9\u034f") != one_line(isolated("\u05e9\u034f"))


def test_a_value_written_from_the_right_turns_nothing_but_itself(story: Story):
    more, case = "\u062e\u0635\u0645", "\u05e9\u05dc 7"
    proposal = {"refund": 19.9, "note": more, "left": 1}
    escalation = escalation_of(story, proposal=proposal, action="refund", case=case)
    asked = told(story, "asked", escalation)
    bundled = bundle_of(asked, asked)
    slack = header(asked.subject)["text"]["text"]

    for text in (asked.subject, bundled.subject, bundled.body, slack, _one_line(asked.subject)):
        assert f"note \u2068{more}\u2069, left 1) for \u2068{case}\u2069?" in text
        assert "U+20" not in text
    assert isolated("plain") == "plain"
    assert isolated(isolated(more)) == isolated(more)
    assert visible("\u2068plain\u2069") == "[U+2068]plain[U+2069]"
    assert one_line("\u2068plain\u2069") == "plain"
    assert short(f"{isolated(more * 9)} is long", 12) == f"\u2068{(more * 9)[:10]}…\u2069"


def bundle_of(*messages: Message) -> Message:
    dana = Person(id="dana", name="Dana Reyes", contacts=("mailto:dana@example.com",))
    return bundle([Waiting(one) for one in messages], dana, URL, MONDAY)


def test_a_bundle_of_several_kinds_says_only_how_many(story: Story):
    escalation = escalation_of(story, **MILD)
    message = bundle_of(told(story, "asked", escalation), told(story, "moved_on", escalation))

    assert message.subject.startswith("2 messages: May support-agent send reply")
    assert message.only_while is None
    assert message.bundle == "asked support-agent confidence.1\nmoved_on support-agent"


def test_a_bundle_is_needed_as_long_as_any_in_it(story: Story):
    escalation = escalation_of(story, **MILD)
    asked, reminder = (told(story, kind, escalation) for kind in ("asked", "reminder"))

    assert bundle_of(asked, asked).only_while == "unacknowledged"
    assert bundle_of(asked, reminder).only_while == "held"


def test_what_has_no_page_is_told_in_the_bundle_itself():
    dana = Person(id="dana", name="Dana Reyes", contacts=("mailto:dana@example.com",))
    one = alarm("support-agent", dana, "Look", ["The disk is full.", "Make room."], MONDAY)
    message = bundle_of(one, one)

    assert message.subject == "2 alarms: Look"
    assert "  - Look\n    The disk is full.\n    Make room.\n" in message.body
