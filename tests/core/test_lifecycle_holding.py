"""Who has an ask: given back, given to somebody else, or the work of it only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handraise.errors import AccessError, AlreadyAnsweredError, AnswerError, NotFoundError
from handraise.model import PersonState
from tests.support.lives import START, TABLE, Life

SUPPORT, FINANCE = "support_supervisor", "finance_lead"
REJECTING = TABLE + "unanswered: reject\n"


@pytest.fixture
def life() -> Life:
    return Life(SUPPORT)


def test_what_is_given_back_goes_to_the_next_person_at_once(life: Life):
    life.now += timedelta(minutes=5)
    life.release("dana", note="I know the customer")

    assert (life.ask().holder, life.ask().tried) == ("marc", ("dana", "marc"))
    assert life.ask().decide_due_at == life.now + timedelta(hours=4)
    assert life.notices == [("asked", "marc")]
    assert life.told[0].why == "dana gave it back: I know the customer"
    assert (life.events, life.move.events[0].who) == (["advanced"], "dana")


def test_what_everybody_gives_back_is_with_the_owner(life: Life):
    life.release("dana")
    life.release("marc")

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("with_owner", "priya")]


def test_the_last_resort_cannot_give_it_back():
    life = Life()

    with pytest.raises(AccessError, match="priya is the last resort"):
        life.release("priya")


def test_only_the_holder_gives_it_back_or_has_the_work_done(life: Life):
    for person in ("marc", "priya"):
        with pytest.raises(AccessError, match=f"{person} does not have this"):
            life.release(person)
        with pytest.raises(AccessError, match=f"{person} does not have this"):
            life.delegate(person, "omar")
    with pytest.raises(AccessError, match="marc does not have this"):
        life.reassign("marc", "priya")
    with pytest.raises(AccessError, match="omar is not on the route"):
        life.reassign("omar", "priya")


@pytest.mark.parametrize("number", [1, 7])
def test_nothing_is_given_on_after_the_end(number: int):
    life = Life(SUPPORT, FINANCE)
    life.answer("dana", "reject")
    refused = AlreadyAnsweredError if number == 1 else NotFoundError
    for move in (
        lambda: life.release("dana", number),
        lambda: life.reassign("priya", "marc", number),
        lambda: life.delegate("dana", "omar", number),
    ):
        with pytest.raises(refused):
            move()


def test_nothing_is_given_on_after_the_last_deadline_either():
    life = Life(text=REJECTING)
    life.now += timedelta(hours=8)

    with pytest.raises(AlreadyAnsweredError, match="expired unanswered"):
        life.reassign("priya", "dana")


def test_the_holder_gives_it_to_another_of_the_route_who_is_responsible_now(life: Life):
    life.acknowledge("dana")
    life.now += timedelta(minutes=20)
    life.reassign("dana", "marc", note="I must go")

    ask = life.ask()
    assert (ask.holder, ask.with_owner, ask.acknowledged_at) == ("marc", False, None)
    assert ask.due_at == ask.acknowledge_due_at == life.now + timedelta(minutes=15)
    assert life.notices == [("asked", "marc")]
    assert life.told[0].why == "dana gave it to marc: I must go"
    assert life.events == ["reassigned"]


def test_the_holder_gives_it_to_the_owner_who_has_it_as_the_last_resort(life: Life):
    life.reassign("dana", "priya")

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("with_owner", "priya")]


def test_the_holder_gives_it_to_nobody_off_the_route(life: Life):
    with pytest.raises(AccessError, match='omar is not on the route "support_supervisor"'):
        life.reassign("dana", "omar")


def test_the_owner_gives_it_to_anybody_on_the_table_who_may_answer_from_then_on(life: Life):
    life.reassign("priya", "omar")
    assert (life.ask().holder, life.ask().also) == ("omar", ("omar",))
    assert life.notices == [("asked", "omar"), ("moved_on", "dana")]
    assert life.wait(minutes=14) is None

    life.wait(minutes=1)
    assert life.ask().holder == "marc"
    life.reassign("marc", "omar")
    life.answer("omar")

    assert life.escalation.resolved_by == "omar"


def test_an_owner_on_the_route_has_it_as_one_of_them():
    life = Life(SUPPORT, text=TABLE.replace("[dana, marc]", "[dana, priya]"))
    life.reassign("dana", "priya")

    assert (life.ask().holder, life.ask().with_owner) == ("priya", False)


def test_the_owner_gives_the_owners_own_ask_to_somebody_by_name():
    life = Life()
    life.reassign("priya", "omar")

    assert (life.ask().holder, life.ask().with_owner) == ("omar", False)
    life.wait(minutes=15)
    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)


def test_nothing_is_given_to_who_has_it_already(life: Life):
    with pytest.raises(AnswerError, match="to: dana has it already"):
        life.reassign("priya", "dana")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PersonState(active=False), 'there is no "marc" on the table'),
        (PersonState(away=True), "marc is away"),
        (PersonState(declined=True), "marc has declined this duty"),
        (PersonState(reachable=False), "marc has no verified contact"),
        (PersonState(shifts=None), None),
    ],
)
def test_nothing_is_given_to_who_cannot_be_asked(life: Life, state: PersonState, words):
    life.states["marc"] = state
    if words is None:
        life.reassign("dana", "marc")
        return
    for give in (life.reassign, life.delegate):
        with pytest.raises(AnswerError, match=f"^to: .*{words}"):
            give("dana", "marc")


def test_nothing_is_given_to_nobody_on_the_table(life: Life):
    for to in ("", "nadia", "support-agent", "Marc"):
        for give in (life.reassign, life.delegate):
            with pytest.raises(AnswerError, match=f'there is no "{to}"'):
                give("priya" if give == life.reassign else "dana", to)


def test_the_owner_is_given_it_whatever_their_state(life: Life):
    life.stand("priya", away=True)
    life.reassign("dana", "priya")

    assert life.ask().holder == "priya"
    assert life.wait(minutes=1) is None


def test_who_is_new_on_the_table_is_given_it_only_while_they_are_there(life: Life):
    life.come("nadia", away=True)
    with pytest.raises(AnswerError, match="nadia"):
        life.reassign("priya", "nadia")
    life.come("nadia")
    life.reassign("priya", "nadia")
    assert life.ask().holder == "nadia"

    life.stand("nadia", away=True)
    life.wait(seconds=1)
    assert life.ask().holder == "dana" or life.ask().holder == "marc"


def test_a_delegate_does_the_work_and_the_holder_stays_responsible(life: Life):
    life.delegate("dana", "omar", note="you know the system")

    ask = life.ask()
    assert (ask.holder, ask.delegate, ask.acknowledged_at) == ("dana", "omar", START)
    assert ask.decide_due_at == START + timedelta(hours=4)
    assert life.notices == [("delegated", "omar")]
    assert life.told[0].why == "dana asks you to do the work of it: you know the system"
    assert life.events == ["delegated"]
    life.wait(minutes=15)
    assert life.notices == [("reminder", "dana"), ("reminder", "omar")]

    life.answer("omar")
    answer = life.ask().answer
    assert (answer.by, answer.on_behalf_of) == ("omar", "dana")
    assert life.move.events[0].detail["on_behalf_of"] == "dana"
    assert life.notices == [("resolved", "dana")]


@pytest.mark.parametrize("to", ["marc", "priya"])
def test_a_delegate_with_a_right_of_their_own_answers_in_their_own_name(life: Life, to: str):
    life.delegate("dana", to)
    life.answer(to, on_behalf_of="dana")

    assert life.ask().answer.on_behalf_of is None


def test_nobody_claims_to_stand_in_for_somebody(life: Life):
    life.answer("dana", on_behalf_of="marc")

    assert life.ask().answer.on_behalf_of is None


def test_work_is_given_to_another_delegate_and_taken_back(life: Life):
    life.acknowledge("dana")
    life.now += timedelta(minutes=5)
    life.delegate("dana", "omar")
    assert life.ask().acknowledged_at == START
    with pytest.raises(AnswerError, match="omar does the work of it already"):
        life.delegate("dana", "omar")
    with pytest.raises(AnswerError, match="dana does the work of it already"):
        life.delegate("dana", "dana")

    life.delegate("dana", "ines")
    assert life.notices == [("delegated", "ines"), ("moved_on", "omar")]
    life.delegate("dana", None)
    assert (life.notices, life.ask().delegate) == ([("moved_on", "ines")], None)
    assert life.events == ["delegation_ended"]
    with pytest.raises(AnswerError, match="nobody does the work of it but you"):
        life.delegate("dana", None)
    with pytest.raises(AccessError):
        life.answer("ines")


def test_a_delegate_may_say_that_they_have_it_when_the_holders_word_has_expired(life: Life):
    life.delegate("dana", "omar")
    life.acknowledge("omar")
    assert life.events == []
    life.wait(hours=2)
    assert life.events == ["acknowledgement_expired"]

    life.acknowledge("omar")

    assert (life.ask().holder, life.ask().acknowledged_at) == ("dana", life.now)


@pytest.mark.parametrize(
    ("leave", "told"),
    [
        (lambda life: life.release("dana"), [("asked", "marc"), ("moved_on", "omar")]),
        (lambda life: life.reassign("dana", "marc"), [("asked", "marc"), ("moved_on", "omar")]),
        (lambda life: life.acknowledge("marc"), [("moved_on", "dana"), ("moved_on", "omar")]),
        (lambda life: life.answer("dana"), [("resolved", "omar")]),
        (lambda life: life.answer("marc"), [("resolved", "omar"), ("resolved", "dana")]),
        (lambda life: life.withdraw(), [("resolved", "omar"), ("resolved", "dana")]),
        (
            lambda life: life.wait(hours=4),
            [("asked", "marc"), ("moved_on", "dana"), ("moved_on", "omar")],
        ),
    ],
)
def test_a_delegate_hears_of_it_when_the_work_is_no_longer_theirs(life: Life, leave, told):
    life.delegate("dana", "omar")
    leave(life)

    assert life.notices == told
    assert life.ask().state != "open" or life.ask().delegate is None


def test_a_delegate_hears_that_another_has_answered_for_the_route():
    life = Life(SUPPORT, FINANCE)
    life.delegate("dana", "omar")
    life.answer("marc")

    assert life.notices == [("moved_on", "dana"), ("moved_on", "omar")]


@pytest.mark.parametrize("state", [{"active": False}, {"away": True}, {"declined": True}])
def test_the_work_of_a_delegate_who_goes_is_the_holders_again(life: Life, state):
    life.delegate("dana", "omar")
    life.stand("omar", **state)
    life.wait(minutes=1)

    assert (life.ask().holder, life.ask().delegate) == ("dana", None)
    assert life.events == ["delegation_ended"]
    assert life.notices == [("reminder", "dana")]
    assert "so the work of it is yours again" in life.told[0].why


def test_the_work_of_the_owners_delegate_who_goes_is_the_owners_again():
    life = Life()
    life.delegate("priya", "omar")
    life.leave("omar")
    life.wait(minutes=1)
    assert (life.ask().holder, life.ask().delegate) == ("priya", None)


def test_a_delegate_whom_no_message_reaches_gives_the_work_back(life: Life):
    life.delegate("dana", "omar")
    life.undelivered("omar")

    assert (life.ask().holder, life.ask().delegate) == ("dana", None)
    assert life.notices == [("reminder", "dana")]
    assert "no message reaches omar: no such mailbox" in life.told[0].why


def test_what_a_delegate_approved_comes_back_to_the_holder_when_the_proposal_changes():
    life = Life(SUPPORT, FINANCE)
    life.delegate("dana", "omar")
    life.answer("omar")
    life.change("ines", {"refund": 90}, 2)

    assert (life.ask().holder, life.ask().delegate) == ("dana", None)
    assert life.notices == [("asked_again", "dana")]
    assert life.wait(minutes=1) is None
    with pytest.raises(AccessError):
        life.answer("omar")


def test_asked_again_goes_on_where_no_message_would_reach_who_answered():
    life = Life(SUPPORT, FINANCE)
    life.answer("dana")
    life.stand("dana", reachable=False)
    life.change("ines", {"refund": 90}, 2)

    assert life.ask().holder == "marc"
