"""Whoever goes, loses what they have; whoever forgets, is reminded and then loses it too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handraise.errors import AccessError
from handraise.model import PersonState
from tests.support.lives import START, TABLE, Life

SUPPORT, FINANCE = "support_supervisor", "finance_lead"
DANA = 'contact: "mailto:dana@example.com"'
OFFICE = TABLE.replace(DANA, f'{DANA}, hours: "Mon-Fri 09:00-18:00", zone: Europe/Lisbon')
EVENING = datetime(2026, 11, 27, 17, 40, tzinfo=UTC)
"""A Friday."""


@pytest.fixture
def life() -> Life:
    return Life(SUPPORT)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"away": True}, "dana is away"),
        ({"declined": True}, "dana has declined this duty"),
        ({"active": False}, "dana is no longer here"),
    ],
)
@pytest.mark.parametrize("acknowledges", [False, True])
def test_whoever_goes_loses_what_they_have_at_once(state, why: str, acknowledges: bool):
    life = Life(SUPPORT)
    if acknowledges:
        life.acknowledge("dana")
    life.stand("dana", **state)
    life.wait()

    assert life.ask().holder == "marc"
    assert life.notices == [("asked", "marc"), ("moved_on", "dana")]
    assert life.told[0].why == why


def test_when_both_are_away_the_owner_has_it_at_once_with_both_reasons():
    life = Life(SUPPORT, states={"dana": PersonState(away=True), "marc": PersonState(away=True)})

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.told[0].why == "dana is away; marc is away"


def test_the_owner_keeps_it_even_while_away(life: Life):
    life.release("dana")
    life.release("marc")
    life.stand("priya", away=True, reachable=False, declined=True)

    assert life.wait(minutes=14) is None
    life.wait(minutes=1)
    assert life.notices == [("reminder", "priya")]


def test_who_is_away_does_not_take_it_but_may_answer_it(life: Life):
    life.stand("marc", away=True)
    with pytest.raises(AccessError, match="marc is away"):
        life.acknowledge("marc")
    life.answer("marc")

    assert life.escalation.resolved_by == "marc"


def test_what_nobody_has_taken_moves_when_the_hours_end():
    life = Life(SUPPORT, text=OFFICE, now=EVENING)
    life.now += timedelta(minutes=10)
    life.reassign("priya", "marc")
    life.reassign("priya", "dana")
    assert life.ask().due_at == life.ask().acknowledge_due_at == EVENING + timedelta(minutes=20)
    assert life.wait(minutes=9, seconds=59) is None

    life.wait(seconds=1)

    assert life.ask().holder == "priya"
    assert life.told[0].why == "the hours of dana have ended"


def test_what_somebody_has_taken_stays_theirs_when_their_hours_end():
    life = Life(SUPPORT, text=OFFICE, now=EVENING)
    life.acknowledge("dana")

    life.wait(minutes=30)
    assert (life.ask().holder, life.notices) == ("dana", [("reminder", "dana")])
    life.wait(hours=1, minutes=30)
    assert life.ask().holder == "marc", "the word has expired, and the hours have ended"


def test_a_word_that_must_be_given_again_is_waited_for_while_the_hours_last():
    life = Life(SUPPORT, text=OFFICE, now=EVENING - timedelta(hours=1, minutes=50))
    life.acknowledge("dana")
    life.wait(hours=2)
    assert life.events == ["acknowledgement_expired"]
    assert life.ask().due_at == EVENING + timedelta(minutes=20), "not later than the hours end"

    life.wait(minutes=10)

    assert life.ask().holder == "marc"


def test_who_lost_the_last_verified_contact_is_not_waited_for(life: Life):
    life.stand("dana", reachable=False)
    life.wait()

    assert life.ask().holder == "marc"
    assert life.told[0].why == "dana has no verified contact any more"


def test_who_has_taken_it_needs_no_contact(life: Life):
    life.acknowledge("dana")
    life.stand("dana", reachable=False)

    assert life.wait() is None


def test_a_holder_is_reminded_at_growing_intervals_until_the_word_expires(life: Life):
    life.acknowledge("dana")
    assert life.wait(minutes=14, seconds=59) is None
    reminded = []
    for minute in range(1, 240):
        life.now = START + timedelta(minutes=minute)
        if life.wait() is None:
            continue
        reminded.append((minute, life.events, life.notices))

    reminder = [("reminder", "dana")]
    assert reminded == [
        (15, ["reminded"], reminder),
        (45, ["reminded"], reminder),
        (105, ["reminded"], reminder),
        (120, ["acknowledgement_expired"], reminder),
        (135, ["advanced"], [("asked", "marc"), ("moved_on", "dana")]),
        (150, ["advanced"], [("with_owner", "priya"), ("moved_on", "marc")]),
        (165, ["reminded"], [("reminder", "priya")]),
        (195, ["reminded"], [("reminder", "priya")]),
    ]


def test_reminders_that_were_missed_are_not_made_up_for(life: Life):
    life.acknowledge("dana")
    life.wait(minutes=50)

    assert life.notices == [("reminder", "dana")]
    assert life.ask().reminders == 2
    assert life.ask().due_at == START + timedelta(minutes=105)


def test_a_word_given_again_holds_again_but_the_second_deadline_stays(life: Life):
    life.acknowledge("dana")
    life.wait(hours=2)
    life.now += timedelta(minutes=5)
    life.acknowledge("dana")

    assert life.ask().acknowledged_until == START + timedelta(hours=4)
    life.wait(minutes=15)
    assert life.notices == [("reminder", "dana")]
    life.wait(hours=1, minutes=40)
    assert "dana did not decide within 4h" in life.told[0].why


def test_a_word_may_be_given_again_before_anybody_has_noticed_that_it_expired(life: Life):
    life.acknowledge("dana")
    life.now += timedelta(hours=2)
    life.acknowledge("dana")

    assert life.events == ["acknowledged"]
    assert life.ask().acknowledged_at == life.now
    assert life.wait() is None


def test_who_delegates_after_their_word_expired_gives_it_again(life: Life):
    life.acknowledge("dana")
    life.now += timedelta(hours=2)
    life.delegate("dana", "omar")

    assert life.ask().acknowledged_at == life.now


def test_the_owners_word_does_not_expire_and_reminders_go_on():
    life = Life()
    life.acknowledge("priya")
    assert life.ask().acknowledged_until is None
    assert life.wait(minutes=14) is None
    waits = []
    for _ in range(4):
        waits.append((life.ask().due_at - life.now).total_seconds() / 60)
        life.wait(minutes=waits[-1])
        assert life.notices == [("reminder", "priya")]

    assert waits == [1, 30, 60, 120]


def test_an_owners_word_does_not_put_off_the_end():
    life = Life(text=TABLE + "unanswered: reject\n")
    life.now += timedelta(hours=7, minutes=50)
    life.acknowledge("priya")
    assert life.ask().due_at == START + timedelta(hours=8)

    life.wait(minutes=10)
    assert life.escalation.outcome == "expired"


def test_a_word_of_the_first_release_that_never_expires_ends_with_the_second_deadline(life: Life):
    from msgspec.structs import replace

    life.acknowledge("dana")
    old = replace(life.ask(), acknowledged_until=None, due_at=life.ask().decide_due_at)
    life.escalation = replace(life.escalation, asks=(old,))

    life.wait(hours=1)
    assert (life.notices, life.ask().due_at) == ([("reminder", "dana")], old.decide_due_at)
    life.wait(hours=3)
    assert life.ask().holder == "marc"
