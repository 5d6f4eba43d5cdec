"""The desk: who may see and do what."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    NotFoundError,
    ProposalMovedError,
)
from tests.support.story import BIG, TABLE, UNSURE, UNSURE_AND_BIG, Story, begun

story = pytest.fixture(begun)

OUTSIDERS = ["", "support-agent", "agent:support-agent", "handraise", "nobody", "Dana", "owner"]

ORDERS = """\
handraise: 1
agent: order-agent
owner: olga
people:
  olga: {name: Olga Brandt, contact: "mailto:olga@example.com"}
  marc: {name: Marc Oyelaran, contact: "mailto:marc@example.com"}
routes: {clerk: [marc]}
facts: {amount: number}
known: [order]
escalate:
  confidence: {below: 0.5, to: clerk}
  consequence: {when: amount > 100, to: clerk}
  novelty: {unknown: type, to: clerk}
tests:
  - {name: sure, given: {type: order, confidence: 0.9, facts: {amount: 1}}, expect: proceed}
  - {name: unsure, given: {type: order, confidence: 0.1, facts: {amount: 1}}, expect: {escalate: [clerk]}}
  - {name: big, given: {type: order, confidence: 0.9, facts: {amount: 200}}, expect: {escalate: [clerk]}}
  - {name: new, given: {type: riddle, confidence: 0.9, facts: {amount: 1}}, expect: {escalate: [clerk]}}
"""


@pytest.fixture
def two_agents(story: Story) -> Story:
    """Return a story with a second agent, of another owner."""
    path = story.path.with_name("orders.yaml")
    path.write_text(ORDERS, encoding="utf-8")
    story.operation.open(path)
    story.sign(path)
    return story


def orders(story: Story, **fields: Any) -> Any:
    gate = story.operation.gates["order-agent"]
    return gate.decide(**{"type": "order", "confidence": 0.1, "facts": {"amount": 1}, **fields})


def ids(story: Story, person: str, **fields: Any) -> list[str]:
    return [line.ask.id for line in story.operation.inbox.lines(person, **fields)]


def give(story: Story, ask_id: str, person: str, kind: Any = "approve", **fields: Any) -> None:
    escalation_id = ask_id.rpartition(".")[0]
    seen = story.operation.store.escalation(escalation_id)
    digest = seen.proposal_digest if seen else ""
    given = {"kind": kind, "digest": digest, **fields}
    story.operation.desk.answer(ask_id, person, **given)


@pytest.mark.parametrize("person", OUTSIDERS)
def test_who_is_on_no_table_sees_and_does_nothing(story: Story, person: str):
    verdict = story.decide()
    desk, ask_id = story.operation.desk, f"{verdict.escalation_id}.1"

    for attempt in (
        lambda: story.operation.inbox.lines(person),
        lambda: desk.escalation(verdict.escalation_id or "", person),
        lambda: desk.events(verdict.escalation_id or "", person),
        lambda: desk.acknowledge(ask_id, person),
        lambda: give(story, ask_id, person),
        lambda: give(story, ask_id, person, "reject", reason="no"),
        lambda: give(story, ask_id, person, "change", proposal={"refund": 1}, reason="x"),
    ):
        with pytest.raises(AccessError, match="on no routing table"):
            attempt()
    assert desk.may_answer(story.see(verdict), person) == []
    assert story.see(verdict).asks[0].state == "open"


@pytest.mark.parametrize(
    ("person", "support", "finance"),
    [("dana", True, False), ("marc", True, False), ("ines", False, True), ("priya", True, True)],
)
def test_who_may_answer_what(story: Story, person: str, support: bool, finance: bool):
    for given, number, allowed in ((UNSURE, 1, support), (BIG, 2, finance)):
        verdict = story.decide(given, case=f"case {number}")
        ask_id = f"{verdict.escalation_id}.1"
        assert bool(story.operation.desk.may_answer(story.see(verdict), person)) is allowed
        if allowed:
            give(story, ask_id, person)
            assert verdict.wait(0).by == person
        else:
            for refused in (
                lambda id=ask_id: give(story, id, person),
                lambda id=ask_id: story.operation.desk.acknowledge(id, person),
                lambda id=ask_id: give(story, id, person, "change", proposal="junk"),
            ):
                with pytest.raises(AccessError, match="has it now"):
                    refused()


def test_what_a_person_holds_comes_first(story: Story):
    verdict = story.decide(UNSURE_AND_BIG)
    story.forward(minutes=30)
    asks = story.operation.desk.may_answer(story.see(verdict), "priya")

    assert [ask.holder for ask in asks] == ["priya", "priya"]
    story.acknowledge(verdict, "dana")
    asks = story.operation.desk.may_answer(story.see(verdict), "priya")
    assert [ask.holder for ask in asks] == ["priya", "dana"]


def test_a_person_of_one_agent_finds_nothing_of_another(two_agents: Story):
    story = two_agents
    verdict = orders(story)
    desk, ask_id = story.operation.desk, f"{verdict.escalation_id}.1"

    for attempt in (
        lambda: desk.escalation(verdict.escalation_id, "dana"),
        lambda: desk.events(verdict.escalation_id, "priya"),
        lambda: desk.acknowledge(ask_id, "dana"),
        lambda: give(story, ask_id, "priya"),
    ):
        with pytest.raises(NotFoundError, match="there is no escalation"):
            attempt()
    give(story, ask_id, "marc")


@pytest.mark.parametrize("ask_id", ["", "x", ".1", "nothing.1"])
def test_there_is_nothing_behind_a_wrong_id(story: Story, ask_id: str):
    with pytest.raises(NotFoundError):
        give(story, ask_id, "priya")
    with pytest.raises(NotFoundError):
        story.operation.desk.acknowledge(ask_id, "priya")


def test_there_is_no_other_ask_in_an_escalation(story: Story):
    verdict = story.decide()

    with pytest.raises(NotFoundError, match="there is no ask"):
        give(story, f"{verdict.escalation_id}.9", "dana")


def test_the_inbox_has_what_a_person_holds(two_agents: Story):
    story = two_agents
    first = f"{story.decide(case='1').escalation_id}.1"
    second = f"{orders(story).escalation_id}.1"

    assert ids(story, "dana") == [first]
    assert ids(story, "marc") == [second]
    assert ids(story, "priya") == []


def test_the_inbox_has_what_a_persons_routes_have(two_agents: Story):
    story = two_agents
    support = f"{story.decide(case='1').escalation_id}.1"
    finance = f"{story.decide(BIG, case='2').escalation_id}.1"
    clerk = f"{orders(story).escalation_id}.1"

    assert sorted(ids(story, "marc", scope="routes")) == sorted([support, clerk])
    assert ids(story, "ines", scope="routes") == [finance]
    assert ids(story, "priya", scope="routes") == []
    story.forward(minutes=30)
    assert sorted(ids(story, "priya", scope="routes")) == sorted([support, finance])


def test_the_inbox_has_everything_of_a_persons_agents(two_agents: Story):
    story = two_agents
    support = f"{story.decide(case='1').escalation_id}.1"
    finance = f"{story.decide(BIG, case='2').escalation_id}.1"
    clerk = f"{orders(story).escalation_id}.1"

    assert sorted(ids(story, "dana", scope="all")) == sorted([support, finance])
    assert sorted(ids(story, "marc", scope="all")) == sorted([support, finance, clerk])
    assert ids(story, "olga", scope="all") == [clerk]
    assert ids(story, "olga", scope="routes") == []


def test_what_is_due_first_comes_first_and_the_newest_end_comes_first(story: Story):
    finance = f"{story.decide(BIG, case='1').escalation_id}.1"
    story.clock.advance(minutes=1)
    support = f"{story.decide(case='2').escalation_id}.1"
    assert ids(story, "priya", scope="all") == [support, finance]

    give(story, finance, "ines")
    give(story, support, "dana")
    assert ids(story, "priya", scope="all") == []
    assert ids(story, "priya", scope="all", state="ended") == [support, finance]


def test_the_ended_ones_of_mine_are_those_i_had_or_answered(story: Story):
    moved = f"{story.decide(case='1').escalation_id}.1"
    story.forward(minutes=15)
    give(story, moved, "marc")
    story.clock.advance(minutes=1)
    owned = f"{story.decide(case='2').escalation_id}.1"
    give(story, owned, "priya")
    story.clock.advance(minutes=1)
    withdrawn = story.decide(BIG, case="3").escalation_id
    story.gate.withdraw(withdrawn)

    assert ids(story, "dana", state="ended") == [owned, moved]
    assert ids(story, "marc", state="ended") == [moved]
    assert ids(story, "priya", state="ended") == [owned]
    assert ids(story, "ines", state="ended") == [f"{withdrawn}.1"]
    assert ids(story, "dana", scope="routes", state="ended") == [owned, moved]


def test_other_peoples_asks_do_not_push_mine_out_of_the_inbox(two_agents: Story):
    story = two_agents
    for number in range(9):
        orders(story, case=str(number))
    story.clock.advance(minutes=1)
    mine = f"{story.decide(case='1').escalation_id}.1"

    assert ids(story, "dana", scope="all", limit=1) == [mine]
    assert len(ids(story, "marc", scope="all", limit=4)) == 4


def test_an_inbox_can_be_of_rehearsals_or_of_the_real_alone(story: Story):
    real = f"{story.decide().escalation_id}.1"

    assert ids(story, "dana", rehearsal=False) == [real]
    assert ids(story, "dana", rehearsal=True) == []


def test_an_answer_to_what_was_not_seen_is_refused(story: Story):
    ask_id = f"{story.decide().escalation_id}.1"

    for digest in ("", "0" * 64):
        with pytest.raises(ProposalMovedError):
            give(story, ask_id, "dana", digest=digest)


def test_who_is_late_learns_that_before_anything_about_the_form(story: Story):
    ask_id = f"{story.decide().escalation_id}.1"
    give(story, ask_id, "dana")

    with pytest.raises(AlreadyAnsweredError, match="dana answered this"):
        give(story, ask_id, "marc", "change", proposal={"refund": "junk"}, reason="x")


@pytest.mark.parametrize(
    ("fields", "begins"),
    [
        ({"kind": "yes"}, "kind"),
        ({"kind": "reject", "reason": "   "}, "reason"),
        ({"kind": "instruct"}, "instruction"),
        ({"kind": "change", "proposal": {"refund": 1}}, "reason"),
        ({"kind": "change", "reason": "x"}, "proposal"),
        ({"kind": "change", "reason": "x", "proposal": {"refund": float("nan")}}, "proposal"),
        ({"kind": "change", "reason": "x", "proposal": {"refund": True}}, "refund"),
        ({"kind": "change", "reason": "x", "proposal": {"refund": 1}, "facts": "junk"}, "facts"),
        ({"kind": "change", "reason": "x", "proposal": {"refund": 1}, "facts": {1: 2}}, "facts"),
        ({"kind": "approve", "proposal": {"refund": 1}}, "proposal"),
    ],
)
def test_what_does_not_fit_names_its_field(story: Story, fields: dict[str, Any], begins: str):
    ask_id = f"{story.decide().escalation_id}.1"

    with pytest.raises(AnswerError, match=f"^{begins}"):
        give(story, ask_id, "dana", **fields)
    assert story.operation.store.escalation(ask_id[:-2]).asks[0].state == "open"


def test_a_change_that_the_gate_calls_a_fault_needs_the_owner(story: Story):
    story.rewrite(("  send_reply: low\n", "  send_reply: low\n  note: low\n"))
    verdict = story.decide(action="note", proposal={"a": 1})
    ask_id = f"{verdict.escalation_id}.1"
    give(story, ask_id, "dana", "change", proposal={"a": 2}, facts={"undeclared": 1}, reason="try")

    standing = story.see(verdict)
    assert standing.state == "open"
    assert [(ask.route, ask.holder) for ask in standing.asks][1:] == [("owner", "priya")]
    give(story, f"{verdict.escalation_id}.2", "priya")
    assert verdict.wait(0).proposal == {"a": 2}


def test_the_form_is_that_of_the_action(story: Story):
    form = story.operation.desk.form(story.see(story.decide()))
    assert form is not None
    assert list(form.fields) == ["refund", "note"]
    other = story.decide(action="send_reply", proposal={}, type="riddle", case="2")
    assert story.operation.desk.form(story.see(other)) is None
    strange = story.decide(action=["refund"], case="3")
    assert story.operation.desk.form(story.see(strange)) is None


def test_the_table_it_began_with_counts_for_a_change(story: Story):
    verdict = story.decide()
    story.rewrite(("> 5000", "> 50000"), ("refund: 6200", "refund: 62000"))
    give(
        story, f"{verdict.escalation_id}.1", "dana", "change", proposal={"refund": 6000}, reason="x"
    )

    assert [ask.route for ask in story.see(verdict).asks] == ["support_supervisor", "finance_lead"]


def test_events_tell_the_whole_story(story: Story):
    verdict = story.decide()
    story.forward(minutes=15)
    story.acknowledge(verdict, "marc")
    story.answer(verdict, "marc")

    events = story.operation.desk.events(verdict.escalation_id or "", "dana")
    assert [(event.kind, event.who) for event in events] == [
        ("created", "agent:support-agent"),
        ("assigned", "handraise"),
        ("advanced", "handraise"),
        ("acknowledged", "marc"),
        ("answered", "marc"),
        ("resolved", "marc"),
    ]


def test_what_does_not_fit_its_form_is_not_approved(story: Story):
    verdict = story.decide(proposal={"refund": "12"})
    ask_id = f"{verdict.escalation_id}.1"
    with pytest.raises(AnswerError) as caught:
        give(story, ask_id, "dana")
    assert str(caught.value).startswith("refund must be a number, not ")
    assert str(caught.value).endswith("; change it, reject it, or take it over")
    assert story.see(verdict).state == "open"
    give(story, ask_id, "dana", "change", proposal={"refund": 12}, reason="a number")
    assert story.see(verdict).asks[0].state == "answered"
    assert story.see(verdict).proposal == {"refund": 12}


def test_the_usual_table_is_in_use_here(story: Story):
    assert story.path.read_text(encoding="utf-8") == TABLE
