"""Four eyes: several people of one route, nobody twice, and nobody for what they asked themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from handraise.core.lifecycle import may_agree, shut_out
from handraise.core.table.types import Table
from handraise.errors import AccessError, AnswerError
from handraise.model import PersonState
from tests.support.lives import TABLE, Life, table_of

SUPPORT, FINANCE = "support_supervisor", "finance_lead"


def needing(count: int = 2, people: str = "[dana, marc]") -> Table:
    table = table_of(TABLE.replace("[dana, marc]", people))
    route = replace(table.routes[SUPPORT], needs=count)
    return replace(table, routes={**table.routes, SUPPORT: route})


@pytest.fixture
def two() -> Life:
    return Life(SUPPORT, table=needing())


@pytest.fixture
def three() -> Life:
    """Return a life of an ask for two of three people."""
    return Life(SUPPORT, table=needing(people="[dana, marc, omar]"))


def test_two_people_are_asked_at_once(two: Life):
    assert [(ask.id, ask.route, ask.holder) for ask in two.escalation.asks] == [
        ("e1.1", SUPPORT, "dana"),
        ("e1.2", SUPPORT, "marc"),
    ]
    assert two.notices == [("asked", "dana"), ("asked", "marc")]


def test_both_must_agree(two: Life):
    two.answer("marc", number=2)
    assert two.escalation.state == "open"
    two.answer("dana")

    assert two.escalation.outcome == "approved"


def test_one_rejection_ends_it(two: Life):
    two.answer("marc", "reject", 2)

    assert (two.escalation.outcome, two.notices) == ("rejected", [("resolved", "dana")])


def test_nobody_answers_or_takes_the_others_question(two: Life):
    for act in (lambda: two.answer("marc", "reject"), lambda: two.acknowledge("marc")):
        with pytest.raises(AccessError, match="marc has the other question of support_supervisor"):
            act()
    two.answer("dana")
    for act in (lambda: two.answer("dana", number=2), lambda: two.acknowledge("dana", 2)):
        with pytest.raises(AccessError, match="dana has agreed already"):
            act()


def test_who_has_neither_may_take_one(three: Life):
    three.acknowledge("omar", 2)
    assert [ask.holder for ask in three.escalation.asks] == ["dana", "omar"]
    three.acknowledge("marc", 1)

    assert [ask.holder for ask in three.escalation.asks] == ["marc", "omar"]


def test_who_has_one_is_passed_over_for_the_other(three: Life):
    three.wait(minutes=15)

    # Dana's goes to Omar, the only one without; then Marc's has nobody left but the owner.
    assert [ask.holder for ask in three.escalation.asks] == ["omar", "priya"]


def test_the_owner_agrees_once_and_must_find_another_or_reject(two: Life):
    two.wait(minutes=15)
    assert [(ask.holder, ask.with_owner) for ask in two.escalation.asks] == [("priya", True)] * 2
    two.answer("priya")

    for act in (
        lambda: two.answer("priya", number=2),
        lambda: two.change("priya", {"refund": 1}, 2),
    ):
        with pytest.raises(AccessError, match="priya has agreed already"):
            act()
    assert not may_agree(two.escalation, two.ask(2), "priya")
    two.reassign("priya", "ines", 2)
    two.answer("ines", number=2)
    assert two.escalation.outcome == "approved"


def test_the_owner_who_has_agreed_may_still_end_it(two: Life):
    two.answer("priya")
    two.answer("priya", "take_over", 2)

    assert two.escalation.outcome == "taken_over"


def test_nobody_agrees_twice_through_a_delegate(three: Life):
    with pytest.raises(AnswerError, match="to: marc has the other question"):
        three.delegate("dana", "marc")
    three.delegate("dana", "omar")
    with pytest.raises(AnswerError, match="to: omar has the other question"):
        three.delegate("marc", "omar", 2)
    three.answer("omar")
    assert three.ask().answer.on_behalf_of is None, "omar is on the route"
    for who in ("omar", "marc"):
        with pytest.raises(AnswerError):
            three.reassign("priya", who, 2)


def test_who_was_stood_in_for_has_agreed_too(two: Life):
    two.delegate("dana", "omar")
    two.answer("omar")
    two.release("marc", 2)

    assert (two.ask(2).holder, two.ask(2).with_owner) == ("priya", True)
    assert shut_out(two.escalation, two.ask(2)) == {"dana", "omar"}
    with pytest.raises(AnswerError, match="to: dana has agreed already"):
        two.reassign("priya", "dana", 2)


def test_the_owner_does_not_agree_twice_through_a_delegate(two: Life):
    two.wait(minutes=15)
    two.answer("priya")
    two.delegate("priya", "omar", 2)

    with pytest.raises(AccessError, match="priya has agreed already"):
        two.answer("omar", number=2)
    two.answer("omar", "reject", 2)
    assert two.escalation.outcome == "rejected"


def test_a_change_is_an_agreement_and_the_other_is_asked_again(two: Life):
    two.answer("marc", number=2)
    two.change("dana", {"refund": 90}, 1, SUPPORT)

    assert [ask.state for ask in two.escalation.asks] == ["answered", "open"]
    assert two.notices == [("asked_again", "marc")]
    two.answer("marc", number=2)
    assert two.escalation.outcome == "changed"


def test_a_route_that_a_change_brings_in_is_asked_of_as_many_as_it_needs():
    life = Life(FINANCE, table=needing())
    life.change("ines", {"refund": 90_000}, 1, SUPPORT)

    assert [(ask.route, ask.holder) for ask in life.escalation.asks[1:]] == [
        (SUPPORT, "dana"),
        (SUPPORT, "marc"),
    ]


def test_one_of_them_leaves_and_the_third_is_asked(three: Life):
    three.leave("dana")
    three.wait()

    assert [ask.holder for ask in three.escalation.asks] == ["omar", "marc"]


def test_a_former_owner_who_holds_both_keeps_the_one_that_is_theirs_by_the_route():
    life = Life(SUPPORT, table=needing(people="[dana, priya, marc, ines]"))
    life.acknowledge("priya", 1)
    assert [ask.holder for ask in life.escalation.asks] == ["priya", "priya"]
    life.owner = "omar"
    life.wait()

    assert [ask.holder for ask in life.escalation.asks] == ["marc", "priya"]
    assert life.told[0].why == (
        "priya has the other question of support_supervisor: this one needs another person"
    )


def test_more_than_there_are_people_goes_to_the_owner_at_once():
    life = Life(SUPPORT, table=needing(3))

    assert [(ask.holder, ask.with_owner) for ask in life.escalation.asks] == [
        ("dana", False),
        ("marc", False),
        ("priya", True),
    ]


def test_who_asked_the_agent_for_it_is_not_asked():
    life = Life(SUPPORT, asked_by="dana")
    assert life.ask().holder == "marc"

    for act in (
        lambda: life.answer("dana"),
        lambda: life.answer("dana", "reject"),
        lambda: life.acknowledge("dana"),
    ):
        with pytest.raises(AccessError, match="dana asked the agent for this"):
            act()
    with pytest.raises(AnswerError, match="to: dana asked the agent for this"):
        life.reassign("priya", "dana")
    with pytest.raises(AnswerError, match="to: dana asked the agent for this"):
        life.delegate("marc", "dana")
    life.wait(minutes=15)
    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)


def test_an_owner_who_asked_for_it_ends_it_or_gives_it_on_but_does_not_agree():
    life = Life(asked_by="priya")
    for act in (lambda: life.answer("priya"), lambda: life.change("priya", {"refund": 1})):
        with pytest.raises(AccessError, match="priya asked the agent for this"):
            act()
    life.delegate("priya", "omar")
    with pytest.raises(AccessError, match="priya asked the agent for this"):
        life.answer("omar")
    life.reassign("priya", "omar")
    life.answer("omar")

    assert life.escalation.outcome == "approved"


def test_an_owner_who_asked_for_it_may_reject_it():
    life = Life(asked_by="priya")
    life.answer("priya", "reject")

    assert life.escalation.outcome == "rejected"


@pytest.mark.parametrize("who", ["somebody", 7, ["dana"], None])
def test_whoever_is_not_on_the_table_shuts_nobody_out(who):
    life = Life(SUPPORT, asked_by=who)
    life.answer("dana")

    assert life.escalation.outcome == "approved"


def test_who_let_one_go_is_not_asked_for_the_other(three: Life):
    three.acknowledge("dana")
    three.wait(minutes=15)
    assert [ask.holder for ask in three.escalation.asks] == ["dana", "omar"]
    three.release("dana")
    assert [ask.holder for ask in three.escalation.asks] == ["priya", "omar"]
    three.now += timedelta(minutes=1)
    three.release("omar", 2)
    assert [ask.holder for ask in three.escalation.asks] == ["priya", "priya"]


def test_a_stand_in_counts_even_where_everybody_is_away():
    away = PersonState(away=True)
    life = Life(SUPPORT, table=needing(), states={"dana": away, "marc": away})

    assert [ask.holder for ask in life.escalation.asks] == ["priya", "priya"]
    assert life.notices == [("with_owner", "priya"), ("with_owner", "priya")]


def test_what_an_owner_may_not_agree_to_goes_to_who_may_when_they_are_back():
    life = Life(SUPPORT, asked_by="priya")
    for person in ("dana", "marc"):
        life.stand(person, away=True)
    life.wait(minutes=1)
    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)

    life.come("marc")
    life.wait(hours=1)

    assert (life.ask().holder, life.ask().with_owner) == ("marc", False)
    assert "priya may not agree to it" in life.told[0].why


def test_what_an_owner_may_not_agree_to_stays_with_them_while_nobody_else_is_there():
    life = Life(SUPPORT, asked_by="priya")
    for person in ("dana", "marc"):
        life.stand(person, away=True)
    life.wait(minutes=1)
    life.wait(hours=1)

    assert (life.ask().holder, life.ask().with_owner) == ("priya", True)
    assert life.notices == [("reminder", "priya")]


def test_deadlines_of_a_clock_that_was_ahead_run_from_now_on():
    life = Life(SUPPORT)
    life.acknowledge("dana")
    life.now -= timedelta(days=30)
    life.wait(minutes=0)

    assert life.events == ["clock_corrected"]
    assert life.ask().holder == "dana"
    assert life.ask().acknowledged_at == life.now
    assert life.ask().decide_due_at == life.now + timedelta(hours=4)
    assert life.notices == [("reminder", "dana")]
    assert life.wait(minutes=0) is None


def test_an_unacknowledged_one_is_set_anew_as_well():
    life = Life(SUPPORT)
    life.now -= timedelta(days=30)
    life.wait(minutes=0)

    assert life.ask().acknowledge_due_at == life.now + timedelta(minutes=15)
