"""The lines of an inbox, and how much each person has to do."""

from __future__ import annotations

from handraise.model import AskLine, Decision
from handraise.store import Store
from tests.store.records import (
    AGENT,
    NOW,
    advance,
    after,
    approval,
    make_escalation,
    make_event,
    make_reason,
    make_record,
)


def keep(store: Store, *asks: dict[str, object], **fields: object) -> str:
    escalation = make_escalation(*asks, **fields)
    store.create_escalation(make_record(escalation), escalation, [], [])
    return escalation.id


def ids(lines: list[AskLine]) -> list[str]:
    return [line.ask.id for line in lines]


def test_a_line_says_what_to_choose_by(any_store: Store) -> None:
    novelty = make_reason(row="novelty.1", condition="novelty", tag="new situation")
    escalation = make_escalation(reasons=(make_reason(), novelty, novelty))
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    assert any_store.asks() == [
        AskLine(
            ask=escalation.asks[0],
            escalation_id=escalation.id,
            agent=AGENT,
            version="v1",
            state="open",
            outcome=None,
            resolved_by=None,
            rehearsal=False,
            type="refund_request",
            action="refund",
            case="ticket-991",
            proposal={"refund": 6200},
            text="I would like my money back.",
            sentence="abs(revenue_usd) is 6200, above 5000",
            conditions=("consequence", "novelty"),
            tags=("new situation",),
            created_at=NOW,
        )
    ]


def test_a_line_without_usable_type_action_or_reason(any_store: Store) -> None:
    escalation = make_escalation(decision=Decision(type=7, action=["refund"]), reasons=())
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    [line] = any_store.asks()
    assert (line.type, line.action, line.sentence, line.conditions) == (None, None, "", ())


def test_a_line_gives_the_reason_that_leads_to_its_own_route(any_store: Store) -> None:
    unsure = make_reason(route="support_supervisor", sentence="confidence 0.3 is below 0.72")
    keep(
        any_store,
        {},
        {"route": "support_supervisor", "holder": "dana"},
        {"route": "owner", "holder": "priya"},
        reasons=(unsure, make_reason()),
    )
    said = {line.ask.route: line.sentence for line in any_store.asks()}
    assert said == {
        "finance_lead": "abs(revenue_usd) is 6200, above 5000",
        "support_supervisor": "confidence 0.3 is below 0.72",
        "owner": "confidence 0.3 is below 0.72",
    }


def test_a_line_of_something_ended_tells_who_ended_it(any_store: Store) -> None:
    ended = keep(any_store)
    any_store.change(ended, lambda found: (approval(found, "ines"), []))
    [line] = any_store.asks()
    assert (line.outcome, line.resolved_by) == ("approved", "ines")


def test_open_asks_come_by_when_they_are_due_then_the_others_newest_first(any_store: Store) -> None:
    ended = [keep(any_store) for _ in range(2)]
    for escalation_id in ended:
        any_store.change(escalation_id, lambda found: (approval(found, "ines"), []))
    later = keep(any_store, {"due_at": after(minutes=20)})
    sooner = keep(any_store, {"due_at": after(minutes=10)})
    order = [f"{escalation_id}.1" for escalation_id in (sooner, later, ended[1], ended[0])]
    assert ids(any_store.asks()) == order
    assert ids(any_store.asks(limit=2)) == order[:2]


def test_asks_are_chosen_by_holder_route_state_and_rehearsal(any_store: Store) -> None:
    both = keep(any_store, {}, {"route": "support_supervisor", "holder": "dana"})
    other = keep(any_store, agent="other")
    practice = keep(any_store, rehearsal=True)
    ended = keep(any_store)
    any_store.change(ended, lambda found: (approval(found, "ines"), []))
    assert ids(any_store.asks(holder="dana")) == [f"{both}.2"]
    assert ids(any_store.asks(rehearsal=True)) == [f"{practice}.1"]
    assert ids(any_store.asks(state="answered")) == [f"{ended}.1"]
    assert ids(any_store.asks(routes=[("other", "finance_lead")])) == [f"{other}.1"]
    assert set(
        ids(
            any_store.asks(
                routes={(AGENT, "support_supervisor"), ("other", "finance_lead")}, state="open"
            )
        )
    ) == {f"{both}.2", f"{other}.1"}
    assert any_store.asks(routes=[]) == []
    assert any_store.asks(routes=[("other", "support_supervisor")]) == []
    assert any_store.asks(state="closed") == []


def test_the_load_of_people_without_asks_is_zero(any_store: Store) -> None:
    assert any_store.open_load(["ines", "dana"], {"ines": NOW}) == {"ines": (0, 0), "dana": (0, 0)}
    assert any_store.open_load([], {}) == {}


def test_the_load_counts_asks_held_and_asks_given_since_midnight(any_store: Store) -> None:
    keep(any_store, {"assigned_at": after(hours=-3)}, {})
    keep(any_store, {"assigned_at": after(hours=-9)})
    keep(any_store, {"holder": "dana"})
    keep(any_store, rehearsal=True)
    since = {"ines": after(hours=-3), "dana": after(minutes=1)}
    load = any_store.open_load(["ines", "dana", "marc"], since)
    assert load == {"ines": (3, 2), "dana": (1, 0), "marc": (0, 0)}
    assert any_store.open_load(["ines"], since, rehearsal=True) == {"ines": (1, 1)}


def test_the_load_of_some_agents_leaves_those_of_others_out(any_store: Store) -> None:
    keep(any_store, {})
    keep(any_store, {}, agent="other")
    keep(any_store, {"holder": "dana"}, agent="other")
    since = {"ines": NOW, "dana": NOW}

    def load(*agents: str) -> dict[str, tuple[int, int]]:
        return any_store.open_load(["ines", "dana"], since, agents=agents)

    assert load(AGENT) == {"ines": (1, 1), "dana": (0, 0)}
    assert load("other", AGENT) == any_store.open_load(["ines", "dana"], since)
    assert load() == {"ines": (0, 0), "dana": (0, 0)}


def test_the_load_of_more_people_than_a_statement_takes_conditions_is_counted(
    any_store: Store,
) -> None:
    keep(any_store, {"holder": "person-7"})
    people = [f"person-{number}" for number in range(1_200)]
    since = {person: after(hours=-(number % 3)) for number, person in enumerate(people)}
    load = any_store.open_load(people, since)
    assert load.pop("person-7") == (1, 1)
    assert set(load.values()) == {(0, 0)}
    assert len(load) == 1_199


def test_an_ask_that_moved_on_still_counts_for_whom_it_was_given_to(any_store: Store) -> None:
    moved = keep(any_store)
    since = {"ines": NOW, "dana": NOW, "marc": NOW}
    for holder, minutes in (("dana", 30), ("marc", 60), ("dana", 90)):
        at = after(minutes=minutes)
        any_store.change(moved, lambda found, to=holder, at=at: (advance(found, to, at), []))
    load = any_store.open_load(["ines", "dana", "marc"], since)
    assert load == {"ines": (0, 1), "dana": (1, 1), "marc": (0, 1)}
    any_store.change(moved, lambda found: (approval(found, "dana"), []))
    later = {"ines": after(minutes=1), "dana": after(minutes=1), "marc": after(minutes=61)}
    load = any_store.open_load(["ines", "dana", "marc"], later)
    assert load == {"ines": (0, 0), "dana": (0, 1), "marc": (0, 0)}


def test_events_are_numbered_and_come_oldest_first(any_store: Store) -> None:
    escalation = make_escalation()
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    assert any_store.latest_event_seq() == 0
    alone = make_event(kind="signed_in", who="dana")
    about = [make_event(escalation, kind=kind, detail={"n": 1}) for kind in ("a", "b")]
    for event in (about[0], alone, about[1]):
        any_store.add_event(event)
    assert any_store.events(escalation.id) == about
    assert any_store.events("nothing") == []
    assert any_store.latest_event_seq() == 3
