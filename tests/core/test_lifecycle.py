"""What begins, what time brings, and a channel that fails."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from handraise.core.lifecycle import MAX_REMINDER_S, open_escalation
from handraise.model import Decision, PersonState, Verdict
from tests.support.lives import START, TABLE, Life, table_of

SUPPORT, FINANCE = "support_supervisor", "finance_lead"
REJECTING = TABLE + "unanswered: reject\n"
SPARE = TABLE.replace("[ines]", "[ines, priya]")


def test_each_route_is_asked_by_its_first_person():
    life = Life(SUPPORT, FINANCE)

    assert [(ask.route, ask.holder) for ask in life.escalation.asks] == [
        (SUPPORT, "dana"),
        (FINANCE, "ines"),
    ]
    assert life.notices == [("asked", "dana"), ("asked", "ines")]
    assert life.events == ["created", "assigned", "assigned"]
    assert life.ask().acknowledge_due_at == life.ask().due_at == START + timedelta(minutes=15)
    assert life.ask().decide_due_at == START + timedelta(hours=4)


def test_a_stop_without_a_route_is_asked_of_the_owner():
    life = Life()

    assert [(ask.route, ask.holder, ask.with_owner) for ask in life.escalation.asks] == [
        ("owner", "priya", True)
    ]
    assert life.notices == [("with_owner", "priya")]


def test_facts_that_are_none_are_kept_as_an_empty_sheet():
    life = Life()
    move = open_escalation(
        id="e2",
        verdict=Verdict(None),
        plain=Decision(facts="junk"),
        digest="",
        table=life.table,
        directory=life.directory,
        now=START,
    )

    assert move.escalation.facts == {}


def test_a_route_with_nobody_goes_to_the_owner_at_once_saying_why():
    text = TABLE.replace(
        'name: Ines Duarte, contact: "mailto:ines@example.com"',
        'name: Ines Duarte, contact: "mailto:ines@example.com", hours: "Sat-Sun 09:00-12:00"',
    )
    life = Life(FINANCE, text=text)

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("with_owner", "priya")]
    assert "ines is off duty" in life.told[0].why


def test_an_ask_given_in_the_same_move_counts_towards_capacity():
    text = TABLE.replace("[ines]", "[dana, ines]").replace(
        'name: Dana Reyes, contact: "mailto:dana@example.com"',
        'name: Dana Reyes, contact: "mailto:dana@example.com", capacity: 1 open',
    )

    life = Life(SUPPORT, FINANCE, text=text)

    assert [ask.holder for ask in life.escalation.asks] == ["dana", "ines"]


def test_nothing_happens_before_a_deadline():
    life = Life(SUPPORT)

    assert life.wait(minutes=14, seconds=59) is None


def test_silence_moves_the_ask_to_the_next_person_and_tells_both():
    life = Life(SUPPORT)
    life.wait(minutes=15)

    assert (life.ask().holder, life.ask().tried) == ("marc", ("dana", "marc"))
    assert life.notices == [("asked", "marc"), ("moved_on", "dana")]
    assert "dana did not acknowledge within 15m" in life.told[0].why
    assert life.ask().due_at == life.now + timedelta(minutes=15)


def test_an_acknowledged_ask_still_moves_when_it_is_not_decided():
    life = Life(SUPPORT)
    life.now += timedelta(minutes=14)
    life.acknowledge("dana")
    life.wait(hours=2)
    life.acknowledge("dana")

    life.wait(hours=1, minutes=45)
    assert life.ask().holder == "dana"
    life.wait(minutes=1)
    assert life.ask().holder == "marc"
    assert "did not decide within 4h" in life.told[0].why


def test_after_the_last_person_the_owner_has_it():
    life = Life(FINANCE)
    life.wait(minutes=30)

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("with_owner", "priya"), ("moved_on", "ines")]


def test_an_owner_who_is_on_the_route_too_gets_it_again_as_the_last_resort():
    life = Life(FINANCE, text=SPARE)
    life.wait(minutes=30)
    assert (life.ask().holder, life.ask().with_owner) == ("priya", False)

    life.wait(minutes=30)

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("with_owner", "priya")]


def test_the_owner_is_reminded_at_growing_intervals_of_at_most_a_day():
    life = Life(SUPPORT)
    life.wait(minutes=15)
    life.wait(minutes=15)
    waits = []
    for count in range(1, 14):
        due = life.ask().due_at
        assert due is not None
        waits.append((due - life.now).total_seconds())
        life.wait(seconds=waits[-1])
        assert life.notices == [("reminder", "priya")]
        assert life.ask().reminders == count

    minutes = [wait / 60 for wait in waits]
    assert minutes[:7] == [15, 30, 60, 120, 240, 480, 960]
    assert set(waits[7:]) == {MAX_REMINDER_S}
    assert life.escalation.state == "open"


def test_very_many_reminders_do_not_overflow():
    life = Life()
    for _ in range(40):
        life.wait(days=400)

    assert life.ask().reminders == 40


def test_hold_never_ends_by_itself():
    life = Life()
    for _ in range(50):
        life.wait(days=30)

    assert life.escalation.state == "open"


def test_unanswered_reject_ends_as_expired_at_the_owners_decide_deadline():
    life = Life(FINANCE, text=REJECTING)
    life.wait(minutes=30)
    for _ in range(4):
        due = life.ask().due_at
        assert due is not None
        life.wait(seconds=(due - life.now).total_seconds())
    assert life.notices == [("reminder", "priya")]
    assert life.ask().due_at == life.ask().decide_due_at == START + timedelta(hours=8, minutes=30)

    life.wait(hours=1)

    assert (life.escalation.outcome, life.escalation.resolved_by) == ("expired", None)
    assert life.ask().state == "closed"
    assert life.notices == [("resolved", "priya")]


def test_an_end_comes_before_anybody_else_is_asked():
    life = Life("owner", SUPPORT, text=REJECTING)

    life.wait(hours=8)

    assert life.escalation.outcome == "expired"
    assert life.notices == [("resolved", "priya"), ("resolved", "dana")]


def test_a_decide_deadline_before_the_other_is_acted_upon_first():
    table = table_of()
    route = replace(table.routes[SUPPORT], decide_within_s=300.0)
    life = Life(SUPPORT, table=replace(table, routes={**table.routes, SUPPORT: route}))
    assert life.ask().due_at == START + timedelta(minutes=5)

    life.wait(minutes=5)

    assert "did not decide within 5m" in life.told[0].why


def test_a_person_who_left_loses_the_ask_at_once():
    life = Life(SUPPORT)
    life.leave("dana")

    life.wait(seconds=1)

    assert life.ask().holder == "marc"
    assert "dana is no longer here" in life.told[0].why


def test_a_person_nobody_knows_is_one_who_left():
    life = Life(SUPPORT)
    del life.states["dana"]

    life.wait(seconds=1)

    assert life.ask().holder == "marc"


def test_the_owners_ask_follows_the_owner():
    life = Life()
    life.owner = "omar"

    life.wait(seconds=1)

    assert (life.ask().holder, life.ask().with_owner) == ("omar", True)
    assert life.notices == [("with_owner", "omar"), ("moved_on", "priya")]


def test_what_an_owner_took_from_a_route_goes_on_when_they_are_the_owner_no_more():
    life = Life(SUPPORT)
    life.acknowledge("priya")
    life.owner = "omar"

    life.wait(seconds=1)

    assert life.ask().holder == "marc"
    assert "priya is no longer the owner" in life.told[0].why


def test_a_former_owners_silence_does_not_end_it_for_the_new_owner():
    life = Life(text=REJECTING)
    life.owner = "omar"

    life.wait(hours=9)

    assert (life.escalation.state, life.ask().holder) == ("open", "omar")
    assert life.ask().decide_due_at == life.now + timedelta(hours=8)


def test_an_owner_who_is_not_on_the_old_table_is_still_the_last_resort():
    life = Life(FINANCE)
    life.owner = "nadia"
    life.states["nadia"] = PersonState()

    life.wait(minutes=30)

    assert (life.ask().holder, life.ask().with_owner) == ("nadia", True)
    assert life.wait(minutes=30) is not None
    assert life.notices == [("reminder", "nadia")]


def test_after_a_long_pause_one_person_is_asked_at_a_time():
    life = Life(SUPPORT)
    life.wait(days=3)
    assert life.ask().holder == "marc"

    assert life.wait(minutes=14) is None
    life.wait(minutes=1)
    assert life.ask().with_owner


def test_only_the_ask_that_is_due_moves():
    life = Life(SUPPORT, FINANCE)
    life.wait(minutes=15)

    assert [ask.holder for ask in life.escalation.asks] == ["marc", "ines"]
    life.answer("marc", number=1)
    life.wait(minutes=15)
    assert [ask.holder for ask in life.escalation.asks] == ["marc", "priya"]


def test_an_ended_escalation_never_moves():
    life = Life(SUPPORT)
    life.answer("dana", "reject")

    assert life.wait(days=400) is None


def test_an_undelivered_message_moves_the_ask_early_and_troubles_nobody_unreachable():
    life = Life(SUPPORT)
    life.undelivered("dana")

    assert life.ask().holder == "marc"
    assert life.notices == [("asked", "marc")]
    assert "no message reaches dana: no such mailbox" in life.told[0].why


def test_what_is_undelivered_to_the_owner_stays_with_the_owner():
    life = Life()

    assert life.undelivered("priya") is None


def test_an_acknowledged_ask_does_not_move_because_of_an_undelivered_message():
    life = Life(SUPPORT)
    life.acknowledge("dana")

    assert life.undelivered("dana") is None


def test_an_undelivered_message_about_an_ask_that_moved_on_is_too_late():
    life = Life(SUPPORT)
    life.wait(minutes=15)

    assert life.undelivered("dana") is None
    assert life.undelivered("marc", number=9) is None
    life.answer("marc")
    assert life.undelivered("marc") is None


def test_an_undelivered_message_about_an_answered_ask_changes_nothing():
    life = Life(SUPPORT, FINANCE)
    life.answer("dana")

    assert life.undelivered("dana") is None


def test_the_table_in_these_tests_is_sound():
    assert table_of().routes[SUPPORT].people == ("dana", "marc")
