"""What people do with an ask, and what may not be done with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handraise.core.lifecycle import may_answer
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    NotFoundError,
    ProposalMovedError,
)
from handraise.model import PersonState
from tests.support.lives import START, TABLE, Life

SUPPORT, FINANCE = "support_supervisor", "finance_lead"
REJECTING = TABLE + "unanswered: reject\n"


@pytest.fixture
def life() -> Life:
    return Life(SUPPORT)


@pytest.fixture
def both() -> Life:
    return Life(SUPPORT, FINANCE)


def test_the_holder_acknowledges_and_decides(life: Life):
    life.acknowledge("dana")
    assert life.ask().acknowledge_due_at is None
    assert life.ask().acknowledged_until == START + timedelta(hours=2)
    assert life.notices == []

    life.answer("dana")

    assert life.escalation.outcome == "approved"
    assert life.escalation.resolution().may_act
    assert life.events == ["answered", "resolved"]


def test_acknowledging_twice_changes_nothing(life: Life):
    life.acknowledge("dana")
    before = life.escalation
    life.now += timedelta(minutes=5)
    life.acknowledge("dana")

    assert life.escalation == before
    assert (life.events, life.notices) == ([], [])


def test_another_person_of_the_route_may_take_it(life: Life):
    life.now += timedelta(hours=1)
    life.acknowledge("marc")

    assert (life.ask().holder, life.ask().tried) == ("marc", ("dana", "marc"))
    assert life.ask().decide_due_at == life.now + timedelta(hours=4)
    assert life.ask().due_at == life.now + timedelta(minutes=15)
    assert life.notices == [("moved_on", "dana")]


def test_who_takes_an_overdue_ask_from_the_owner_has_time_to_decide():
    life = Life(SUPPORT)
    life.wait(minutes=15)
    life.wait(minutes=15)
    life.wait(days=3)
    assert life.ask().with_owner

    life.acknowledge("dana")

    assert (life.ask().holder, life.ask().with_owner) == ("dana", False)
    life.wait(hours=1, minutes=59)
    life.acknowledge("dana")
    life.wait(hours=2)
    assert life.ask().holder == "dana"
    life.wait(minutes=1)
    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)


def test_an_owner_who_acknowledges_late_is_not_reminded_at_once():
    life = Life()
    life.wait(days=2)
    due = life.ask().due_at
    assert due is not None
    assert due > life.now

    life.acknowledge("priya")

    assert life.ask().due_at == due
    assert life.wait(seconds=1) is None


def test_a_new_owner_who_takes_the_former_owners_ask_has_it_as_the_last_resort():
    life = Life()
    life.owner = "omar"
    life.acknowledge("omar")

    assert (life.ask().holder, life.ask().with_owner) == ("omar", True)


def test_an_owner_who_takes_a_routes_ask_has_it_like_one_of_the_route(life: Life):
    life.acknowledge("priya")
    assert (life.ask().holder, life.ask().with_owner) == ("priya", False)

    life.wait(hours=4)

    assert life.ask().holder == "marc"


@pytest.mark.parametrize("person", ["dana", "marc", "priya"])
def test_anybody_on_the_route_and_the_owner_may_answer(person: str):
    life = Life(SUPPORT)
    life.answer(person)

    assert life.escalation.resolved_by == person


@pytest.mark.parametrize(
    "person",
    ["", "ines", "omar", "support-agent", "agent:support-agent", "owner", "handraise", "Dana"],
)
def test_nobody_else_may_answer(life: Life, person: str):
    before = life.escalation
    for kind in ("approve", "reject", "instruct", "take_over"):
        with pytest.raises(AccessError):
            life.answer(person, kind)
    with pytest.raises(AccessError):
        life.change(person, {"refund": 1})
    with pytest.raises(AccessError, match="dana has it now"):
        life.acknowledge(person)
    assert life.escalation == before


def test_a_person_who_left_may_not_answer_what_they_hold(life: Life):
    life.leave("dana")

    with pytest.raises(AccessError):
        life.answer("dana")


def test_a_former_owner_may_not_answer_as_the_owner():
    life = Life()
    life.owner = "omar"

    with pytest.raises(AccessError):
        life.answer("priya")
    life.answer("omar")
    assert life.escalation.resolved_by == "omar"


def test_a_former_owner_may_not_answer_the_routes_ask_they_still_hold(life: Life):
    life.wait(minutes=15)
    life.wait(minutes=15)
    life.owner = "omar"
    assert life.ask().holder == "priya"

    with pytest.raises(AccessError):
        life.answer("priya")


def test_may_answer_says_no_to_what_is_over(both: Life):
    both.answer("dana")
    standing = (both.table, both.directory)
    assert not may_answer(both.escalation, both.ask(1), "dana", *standing)
    assert may_answer(both.escalation, both.ask(2), "ines", *standing)

    both.answer("ines", "reject", 2)
    assert not may_answer(both.escalation, both.ask(2), "ines", *standing)


def test_there_is_no_other_ask(life: Life):
    with pytest.raises(NotFoundError, match=r"there is no ask e1\.7"):
        life.answer("dana", ask_id="e1.7")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("reject", "rejected"), ("instruct", "instructed"), ("take_over", "taken_over")],
)
def test_one_of_these_ends_it_for_all(both: Life, kind: str, outcome: str):
    both.answer("ines", kind, 2)

    assert (both.escalation.outcome, both.escalation.resolved_by) == (outcome, "ines")
    assert [ask.state for ask in both.escalation.asks] == ["closed", "answered"]
    assert both.notices == [("resolved", "dana")]
    resolution = both.escalation.resolution()
    assert (resolution.proposal, resolution.may_act) == (None, False)
    assert resolution.instruction == ("ask the customer" if kind == "instruct" else None)


def test_every_route_must_agree(both: Life):
    both.answer("dana")
    assert both.escalation.state == "open"
    both.answer("ines", number=2)

    assert (both.escalation.outcome, both.escalation.resolved_by) == ("approved", "ines")


def test_the_same_person_on_two_routes_answers_for_each():
    life = Life(SUPPORT, FINANCE, text=TABLE.replace("[ines]", "[dana]"))
    life.answer("dana", number=1)
    assert (life.escalation.state, life.notices) == ("open", [])
    life.answer("dana", number=2)

    assert life.escalation.outcome == "approved"


def test_the_holder_learns_that_somebody_else_has_answered(both: Life):
    both.answer("marc")
    assert both.notices == [("moved_on", "dana")]
    assert "marc answered it (approve)" in both.told[0].why
    both.now += timedelta(minutes=1)
    both.answer("priya", number=2)

    assert both.notices == [("resolved", "ines")]


def test_who_is_too_late_learns_who_was_faster_and_when(life: Life):
    life.answer("dana")
    life.now += timedelta(minutes=1)

    with pytest.raises(AlreadyAnsweredError, match=r"dana .*approve.* 2026-11-23 10:00:00 UTC"):
        life.answer("marc", "reject")
    with pytest.raises(AlreadyAnsweredError, match="dana"):
        life.acknowledge("marc")


def test_who_is_too_late_learns_how_it_ended(both: Life):
    both.answer("dana", "reject")
    with pytest.raises(AlreadyAnsweredError, match="this was rejected by dana at 2026-11-23"):
        both.answer("ines", number=2)

    gone = Life(SUPPORT)
    gone.withdraw()
    with pytest.raises(AlreadyAnsweredError, match="this was withdrawn at 2026-11-23"):
        gone.answer("dana")


def test_an_approval_after_the_end_does_not_slip_in_before_the_worker():
    life = Life(text=REJECTING)
    life.now += timedelta(hours=8)

    with pytest.raises(
        AlreadyAnsweredError, match="this expired unanswered at 2026-11-23 18:00:00"
    ):
        life.answer("priya")
    with pytest.raises(AlreadyAnsweredError, match="expired"):
        life.change("priya", {"refund": 90_000})
    with pytest.raises(AlreadyAnsweredError, match="expired"):
        life.acknowledge("priya")
    life.wait()
    assert life.escalation.outcome == "expired"


def test_the_owner_may_answer_until_the_very_end():
    life = Life(text=REJECTING)
    life.now += timedelta(hours=7, minutes=59, seconds=59)
    life.answer("priya")

    assert life.escalation.outcome == "approved"


def test_an_answer_to_another_proposal_is_refused(both: Life):
    seen = both.escalation.proposal_digest
    both.change("dana", {"refund": 90})

    with pytest.raises(ProposalMovedError, match="changed while you were reading"):
        both.answer("ines", number=2, digest=seen)
    for digest in ("", "0" * 64):
        with pytest.raises(ProposalMovedError):
            both.answer("ines", number=2, digest=digest)


@pytest.mark.parametrize(
    ("kind", "fields", "begins"),
    [
        ("yes", {}, "kind: 'yes' is no answer"),
        (None, {}, "kind:"),
        (True, {}, "kind:"),
        ("reject", {"reason": None}, "reason: say why"),
        ("reject", {"reason": "  \n"}, "reason: say why"),
        ("take_over", {"reason": ""}, "reason: say why"),
        ("instruct", {"instruction": None}, "instruction: say what"),
        ("instruct", {"instruction": " "}, "instruction: say what"),
        ("approve", {"instruction": "but first ask"}, "instruction: only the answer instruct"),
        ("reject", {"reason": "x" * 20_001}, "reason: longer than 20,000"),
        ("instruct", {"instruction": "x" * 20_001}, "instruction: longer than 20,000"),
        ("approve", {"proposal": {"refund": 90_000}}, "proposal: only the answer change"),
        ("approve", {"facts": {}}, "proposal: only the answer change"),
    ],
)
def test_an_answer_that_does_not_fit_its_form_is_refused(life: Life, kind, fields, begins: str):
    with pytest.raises(AnswerError, match=begins):
        life.answer("dana", kind, **fields)


@pytest.mark.parametrize(
    ("proposal", "fields", "begins"),
    [
        ({"refund": 90}, {"reason": None}, "reason:"),
        (None, {}, "proposal: give the changed proposal"),
        (None, {"facts": {"revenue_usd": 1}}, "proposal: give the changed proposal"),
        ({"refund": 9000}, {}, "proposal: nothing was changed"),
        ({"refund": 9000.0}, {}, "proposal: nothing was changed"),
        ({"refund": 9000}, {"facts": {"revenue_usd": 9000}}, "proposal: nothing was changed"),
    ],
)
def test_a_change_must_change_something(life: Life, proposal, fields, begins: str):
    with pytest.raises(AnswerError, match=begins):
        life.change("dana", proposal, **fields)


def test_a_change_that_was_not_judged_is_not_taken(life: Life):
    with pytest.raises(ValueError, match="judged again"):
        life.answer("dana", "change", proposal={"refund": 1})


def test_a_change_ends_it_when_nobody_else_must_agree(life: Life):
    life.change("dana", {"refund": 90}, reason="a typo")

    resolution = life.escalation.resolution()
    assert (resolution.outcome, resolution.proposal) == ("changed", {"refund": 90})
    assert resolution.reason == "a typo"
    assert life.move.events[0].detail["from"] == {"refund": 9000}


def test_a_change_brings_in_the_routes_that_fire_now(life: Life):
    life.change("dana", {"refund": 90_000}, 1, SUPPORT, FINANCE)

    assert life.escalation.state == "open"
    assert [(ask.route, ask.holder, ask.state) for ask in life.escalation.asks] == [
        (SUPPORT, "dana", "answered"),
        (FINANCE, "ines", "open"),
    ]
    assert life.notices == [("asked", "ines")]
    assert [reason.route for reason in life.escalation.reasons] == [SUPPORT, SUPPORT, FINANCE]

    life.answer("ines", number=2)
    resolution = life.escalation.resolution()
    assert (resolution.outcome, resolution.proposal) == ("changed", {"refund": 90_000})
    assert resolution.reason == "because"


def test_a_change_that_is_a_fault_needs_the_owner(life: Life):
    life.change("dana", {"refund": "lots"}, 1, "owner")

    assert (life.ask(2).route, life.ask(2).holder, life.ask(2).with_owner) == (
        "owner",
        "priya",
        True,
    )
    assert life.escalation.state == "open"


def test_a_change_by_the_owner_that_is_a_fault_still_needs_the_owners_second_look():
    life = Life(SUPPORT)
    life.change("priya", {"refund": "lots"}, 1, "owner")

    assert life.escalation.state == "open"
    assert life.ask(2).holder == "priya"


def test_who_approved_the_former_proposal_is_asked_again(both: Life):
    both.answer("dana", number=1)
    both.change("ines", {"refund": 90_000}, 2)

    assert both.escalation.state == "open"
    assert (both.ask(1).state, both.ask(1).holder, both.ask(1).answer) == ("open", "dana", None)
    assert both.notices == [("asked_again", "dana")]
    assert both.ask(1).due_at == both.now + timedelta(minutes=15)
    both.answer("dana", number=1)
    assert both.escalation.outcome == "changed"
    assert both.escalation.resolution().proposal == {"refund": 90_000}


def test_who_has_it_open_is_told_that_the_proposal_changed(both: Life):
    both.acknowledge("ines", 2)
    both.change("dana", {"refund": 90}, 1)

    assert both.notices == [("asked_again", "ines")]
    assert both.ask(2).acknowledged_at is not None


def test_two_people_changing_in_turn_both_have_to_agree_in_the_end(both: Life):
    both.change("dana", {"refund": 90}, 1)
    both.change("ines", {"refund": 9000}, 2)
    assert [ask.state for ask in both.escalation.asks] == ["open", "answered"]
    both.answer("dana", number=1)

    assert both.escalation.outcome == "changed"
    assert both.escalation.resolution().proposal == {"refund": 9000}


def test_a_change_of_facts_alone_asks_the_others_again(both: Life):
    both.answer("ines", number=2)
    both.change("dana", {"refund": 9000}, 1, facts={"revenue_usd": 1})

    assert both.escalation.facts == {"revenue_usd": 1}
    assert both.ask(2).state == "open"
    both.answer("ines", number=2)
    assert both.escalation.outcome == "changed"


def test_true_is_a_change_of_one():
    life = Life(SUPPORT)
    life.change("dana", {"refund": 9000}, 1, facts={"revenue_usd": 9000, "vip": True})

    assert life.escalation.outcome == "changed"


def test_asked_again_goes_to_who_answered_and_not_to_who_held_it(both: Life):
    both.answer("marc", number=1)
    both.change("ines", {"refund": 90}, 2)

    assert (both.ask(1).holder, both.ask(1).tried) == ("marc", ("dana", "marc"))


def test_asked_again_goes_on_where_who_answered_has_left(both: Life):
    both.answer("dana", number=1)
    both.leave("dana")
    both.change("ines", {"refund": 90}, 2)

    assert both.ask(1).holder == "marc"


def test_asked_again_does_not_count_against_capacity():
    text = TABLE.replace(
        'name: Dana Reyes, contact: "mailto:dana@example.com"',
        'name: Dana Reyes, contact: "mailto:dana@example.com", capacity: 1 a day',
    )
    life = Life(SUPPORT, FINANCE, text=text)
    life.answer("dana")
    life.load("dana", asks_today=1)
    life.change("ines", {"refund": 90}, 2)

    assert life.ask(1).holder == "dana"


def test_asked_again_goes_on_where_who_answered_is_off_duty():
    text = TABLE.replace(
        'name: Dana Reyes, contact: "mailto:dana@example.com"',
        'name: Dana Reyes, contact: "mailto:dana@example.com", hours: "Mon 09:00-17:00"',
    )
    life = Life(SUPPORT, FINANCE, text=text)
    life.answer("dana")
    life.now += timedelta(hours=7, minutes=45)
    life.change("ines", {"refund": 90}, 2)

    assert life.ask(1).holder == "marc"


def test_asked_again_of_an_owner_stays_with_the_owner():
    life = Life("owner", SUPPORT)
    life.answer("priya", number=1)
    life.change("dana", {"refund": 90}, 2)

    assert (life.ask(1).holder, life.ask(1).with_owner) == ("priya", True)
    assert life.wait(minutes=1) is None


def test_a_person_who_answered_what_was_with_the_owner_is_asked_again_as_themselves(both: Life):
    both.wait(minutes=15)
    both.wait(minutes=15)
    assert both.ask(1).with_owner
    both.answer("dana", number=1)
    both.change("ines", {"refund": 90}, 2)

    assert (both.ask(1).holder, both.ask(1).with_owner) == ("dana", False)
    assert both.wait(minutes=1) is None


def test_a_former_owner_who_answered_is_not_asked_again(both: Life):
    both.answer("priya", number=1)
    both.owner = "omar"
    both.change("ines", {"refund": 90}, 2)

    assert both.ask(1).holder == "marc"


def test_an_owner_who_is_new_on_the_table_may_answer_and_be_asked_again(both: Life):
    both.owner = "nadia"
    both.states["nadia"] = PersonState()
    both.answer("nadia", number=1)
    both.change("ines", {"refund": 90}, 2)

    assert both.ask(1).state == "open"
    assert both.ask(1).holder == "marc"


def test_the_owner_who_had_it_is_told_of_the_end(both: Life):
    both.wait(minutes=15)
    both.wait(minutes=15)
    both.answer("dana", number=1)
    assert both.notices == [("moved_on", "priya")]
    both.answer("ines", number=2)

    assert both.notices == [("resolved", "priya")]


def test_the_agent_withdraws(both: Life):
    both.answer("dana")
    both.withdraw("solved otherwise")

    resolution = both.escalation.resolution()
    assert (resolution.outcome, resolution.reason, resolution.by) == (
        "withdrawn",
        "solved otherwise",
        None,
    )
    assert both.notices == [("resolved", "ines")]
    assert both.move.events[0].who == "agent:support-agent"


def test_what_has_ended_cannot_be_withdrawn(both: Life):
    both.answer("dana")
    both.answer("ines", "reject", 2)

    with pytest.raises(AlreadyAnsweredError, match="this was rejected by ines"):
        both.withdraw()


def test_a_withdrawal_without_words_has_none(life: Life):
    life.withdraw()

    assert life.escalation.reason is None


def test_an_approval_may_carry_a_reason(life: Life):
    life.answer("dana", reason="known customer")

    assert life.escalation.resolution().reason == "known customer"
    assert life.escalation.resolved_at == START
