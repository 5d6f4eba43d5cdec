"""What devices show: of every kind of message, and never a word of anybody's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.channels.push import Push
from handraise.core.messages import AWAITED, BUNDLE
from handraise.model import Ask, Message, NoticeKind
from handraise.service.auditing.wording import KIND as AUDITS
from handraise.service.rehearsing.messages import KIND as REHEARSAL
from handraise.service.telling.post import EXACTLY
from handraise.service.telling.wording.owners import OWNER_CHANGED
from handraise.service.telling.wording.pushed import MARKS, NEVER, push_of, trial
from handraise.service.telling.wording.watched import SUMMARY
from tests.store.records import NOW, after

KINDS = (*get_args(NoticeKind), BUNDLE, "alarm", "duty", AUDITS, REHEARSAL, SUMMARY, OWNER_CHANGED)

ASK = Ask(
    id="e1.1",
    route="support_supervisor",
    state="open",
    holder="dana",
    assigned_at=NOW,
    acknowledge_due_at=after(minutes=15),
    decide_due_at=after(minutes=240),
    due_at=after(minutes=15),
)


def message(kind: str, **fields: Any) -> Message:
    about = {"escalation_id": "e1", "ask_id": ASK.id} if kind in get_args(NoticeKind) else {}
    given = {"subject": "", "body": "", **about, **fields}
    return Message(
        id="m1",
        kind=kind,
        agent="support-agent",
        to="dana",
        contacts=(),
        created_at=NOW,
        next_at=NOW,
        **given,
    )


def pushed(message: Message, now: datetime = NOW) -> Push:
    found = push_of(message, ASK, 1, now)
    assert found is not None
    return found


def shown(kind: str, ask: Ask | None = ASK, told: int = 3, **fields: Any) -> dict[str, Any]:
    push = push_of(message(kind, **fields), ask, told, NOW)
    assert push is not None
    found: dict[str, Any] = msgspec.json.decode(push.content)
    return found


@given(st.sampled_from(KINDS), st.text(), st.text(), st.text(), st.text())
@settings(max_examples=60)
def test_no_word_of_a_message_makes_any_difference_to_what_is_pushed(
    kind: str, subject: str, body: str, name: str, contact: str
) -> None:
    plain = message(kind)
    full = replace(plain, subject=f".{subject}", body=body, to=name, contacts=(contact,))
    full = replace(full, bundle=body, error=body, id=name)
    asked = replace(ASK, route=body, holder=name, delegate=name, tried=(name,), also=(name,))
    assert push_of(full, asked, 3, NOW) == push_of(plain, ASK, 3, NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words_and_its_page(kind: str) -> None:
    found = shown(kind)
    assert found["title"]
    assert found["body"].endswith(".")
    assert found["path"].startswith("/")
    assert "{" not in found["title"]


def test_what_is_secret_is_never_pushed_nor_what_is_not_known() -> None:
    assert NEVER == AWAITED == EXACTLY - {OWNER_CHANGED}
    for kind in (*NEVER, "something new"):
        assert push_of(message(kind), None, 1, NOW) is None


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({}, "About 15 minutes to pick it up."),
        ({"acknowledge_due_at": None}, "About 4 hours to decide."),
        ({"acknowledge_due_at": after(minutes=3 * 1440)}, "About 3 days to pick it up."),
        ({"acknowledge_due_at": after(seconds=20)}, "About 1 minute to pick it up."),
        ({"acknowledge_due_at": NOW}, "Its time is over: look at once."),
    ],
)
def test_how_long_there_is_is_said(changed: dict[str, Any], body: str) -> None:
    assert shown("asked", replace(ASK, **changed))["body"] == body


def test_an_ask_that_is_not_known_is_pushed_nevertheless() -> None:
    assert shown("asked", None)["body"] == "See until when."


def test_several_are_counted() -> None:
    found = shown(BUNDLE, None, told=3, only_while="held")
    assert (found["title"], found["path"]) == ("3 questions wait for you", "/")
    assert shown(BUNDLE, None, told=4)["title"] == "4 messages for you"


@pytest.mark.parametrize(("mark", "said"), MARKS.items())
def test_an_exercise_is_called_one(mark: str, said: str) -> None:
    found = shown("asked", subject=f"{mark}Urgent: refund?", urgency="urgent")
    assert found["title"] == f"{said}Urgent: support-agent needs you"


def test_it_is_kept_until_the_deadline_and_as_urgent_as_the_message() -> None:
    asked = pushed(message("asked", only_while="unacknowledged"))
    urgent = pushed(message("asked", only_while="held", urgency="urgent"))
    late = pushed(message("asked", only_while="held"), after(minutes=300))
    settled = pushed(message("resolved"))
    assert (asked.ttl_s, asked.urgency) == (4 * 3600, "normal")
    assert (urgent.ttl_s, urgent.urgency, late.ttl_s) == (4 * 3600, "high", 60)
    assert (settled.ttl_s, settled.urgency) == (timedelta(hours=12).total_seconds(), "low")
    assert asked.topic == urgent.topic
    assert {len(asked.topic), len(trial().topic)} == {32}
