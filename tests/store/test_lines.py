"""The lines of inboxes: what is wanted, in order, page by page, and never behind what is kept."""

from __future__ import annotations

import random
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine, event, select, update

from handraise.model import After, AskLine, Escalation, Move, Sought
from handraise.store import Store, open_store
from handraise.store.lines import lines_of
from handraise.store.schema import inbox_lines
from tests.store.records import (
    AGENT,
    NOW,
    advance,
    after,
    approval,
    make_ask,
    make_escalation,
    make_event,
    make_reason,
    make_record,
)

SUPPORT = {"route": "support_supervisor", "holder": "dana", "tried": ("dana",)}


def keep(store: Store, *asks: dict[str, Any], **fields: Any) -> Escalation:
    escalation = make_escalation(*asks, **fields)
    store.create_escalation(make_record(escalation), escalation, [], [])
    return escalation


def sought(person: str = "ines", **fields: Any) -> Sought:
    return Sought(**{"person": person, "agents": frozenset({AGENT}), **fields})


def ids(lines: list[AskLine]) -> list[str]:
    return [line.ask.id for line in lines]


def moved(store: Store, escalation: Escalation, move: Any) -> None:
    store.change(escalation.id, lambda found: (move(found), []))


def given_to(escalation: Escalation, delegate: str | None) -> Move:
    first, *rest = escalation.asks
    asks = (replace(first, delegate=delegate), *rest)
    return Move(escalation=replace(escalation, asks=asks))


def test_open_lines_come_by_the_deadline_that_a_person_has_before_them(any_store: Store) -> None:
    reminded = keep(
        any_store,
        {
            "acknowledge_due_at": None,
            "decide_due_at": after(minutes=-5),
            "due_at": after(hours=2),
        },
    )
    later = keep(any_store, {"acknowledge_due_at": after(minutes=50), "due_at": after(minutes=50)})
    soon = keep(any_store, {"acknowledge_due_at": after(minutes=20), "due_at": after(minutes=20)})
    order = [f"{one.id}.1" for one in (reminded, soon, later)]
    assert ids(any_store.waiting_lines(sought(), limit=9)) == order
    assert ids(any_store.waiting_lines(sought(overdue_at=NOW), limit=9)) == order[:1]
    assert any_store.count_waiting(sought(), most=2) == 2


def test_who_wants_what_gets_that_and_nothing_else(any_store: Store) -> None:
    both = keep(any_store, {}, SUPPORT)
    helped = keep(any_store, SUPPORT)
    moved(any_store, helped, lambda found: given_to(found, "ines"))
    other = keep(any_store, agent="other")
    practice = keep(any_store, rehearsal=True)
    mine = [f"{both.id}.1", f"{helped.id}.1"]

    assert ids(any_store.waiting_lines(sought(practice=False), limit=9)) == mine
    assert ids(any_store.waiting_lines(sought(practice=True), limit=9)) == [f"{practice.id}.1"]
    on_routes = sought(scope="routes", routes=frozenset({(AGENT, "support_supervisor")}))
    found = any_store.waiting_lines(replace(on_routes, practice=False), limit=9)
    assert set(ids(found)) == {*mine, f"{both.id}.2"}
    everything = sought("priya", scope="all", read=frozenset({AGENT, "other"}), practice=False)
    assert f"{other.id}.1" not in ids(any_store.waiting_lines(everything, limit=9))
    two = replace(everything, agents=frozenset({AGENT, "other"}))
    assert len(any_store.waiting_lines(two, limit=9)) == 4
    assert ids(any_store.waiting_lines(replace(two, agent="other"), limit=9)) == [f"{other.id}.1"]
    assert any_store.waiting_lines(sought("priya"), limit=9) == []
    moved(any_store, helped, lambda found: given_to(found, None))
    assert ids(any_store.waiting_lines(sought(practice=False), limit=9)) == mine[:1]


def test_lines_are_filtered_by_what_held(any_store: Store) -> None:
    novelty = make_reason(condition="novelty", tag="new_100%|odd")
    new = keep(any_store, reasons=(novelty,))
    big = keep(any_store, SUPPORT, reasons=(make_reason(),))
    everything = sought(scope="all", read=frozenset({AGENT}))
    for fields, wanted in (
        ({"condition": "novelty"}, new),
        ({"condition": "consequence"}, big),
        ({"tag": "new_100%|odd"}, new),
        ({"route": "support_supervisor"}, big),
    ):
        found = any_store.waiting_lines(replace(everything, **fields), limit=9)  # type: ignore[arg-type]
        assert ids(found) == [f"{wanted.id}.1"], fields
    assert any_store.waiting_lines(replace(everything, tag="newX100"), limit=9) == []
    marks = any_store.marks_waiting(everything)
    assert (AGENT, "finance_lead", "|=novelty|#new_100%|odd|") in marks


def test_what_waits_is_found_along_indexes_in_order(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        if "FROM inbox_lines" in text:
            asked.append((text, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for scope in ("mine", "routes", "all"):
            read = {"read": frozenset({AGENT}), "routes": frozenset({(AGENT, "finance_lead")})}
            wanted = sought(scope=scope, practice=False, **read)
            store.waiting_lines(wanted, limit=9)
            store.count_waiting(wanted, most=9)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) == 2 * (2 + 3 + 3)
    for text, values in asked:
        with store.read() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            shown = " ".join(str(row[-1]) for row in plan)
        assert "SEARCH inbox_lines USING" in shown, text
        assert "INDEX ix_inbox_lines_" in shown, text
        assert "TEMP B-TREE" not in shown, text
    store.close()


def test_pages_stay_whole_while_new_ones_come_in(any_store: Store) -> None:
    def one(minute: int) -> Escalation:
        at = after(minutes=minute)
        return keep(any_store, {"acknowledge_due_at": at, "due_at": at})

    kept = [f"{one(minute).id}.1" for minute in (10, 10, 20, 30, 40)]
    kept[:2] = sorted(kept[:2])
    first = any_store.waiting_lines(sought(), limit=2)
    assert ids(first) == kept[:2]
    one(5)
    last = first[-1].ask
    behind = After(last.id, last.acknowledge_due_at)
    assert ids(any_store.waiting_lines(sought(), after=behind, limit=9)) == kept[2:]
    assert any_store.waiting_lines(sought(), after=After("x", after(hours=9)), limit=9) == []


def test_what_ended_comes_newest_first_to_those_who_had_or_answered_it(any_store: Store) -> None:
    had = keep(any_store, SUPPORT)
    moved(any_store, had, lambda found: advance(found, "marc", after(minutes=1)))
    moved(any_store, had, lambda found: approval(found, "marc"))
    by_owner = keep(any_store, SUPPORT)
    moved(any_store, by_owner, lambda found: approval(found, "priya"))
    keep(any_store, SUPPORT)
    drill = keep(any_store, SUPPORT, rehearsal=True)
    moved(any_store, drill, lambda found: approval(found, "dana"))
    newest = [f"{by_owner.id}.1", f"{had.id}.1"]

    real = sought("dana", practice=False)
    assert ids(any_store.ended_lines(real, limit=9)) == newest
    assert ids(any_store.ended_lines(real, limit=1)) == newest[:1]
    assert ids(any_store.ended_lines(real, after=After(newest[0]), limit=9)) == newest[1:]
    for person, wanted in (("marc", newest[1:]), ("priya", newest[:1]), ("ines", [])):
        assert ids(any_store.ended_lines(sought(person, practice=False), limit=9)) == wanted
    on_route = frozenset({(AGENT, "support_supervisor"), ("other", "x")})
    for fields in (
        {"scope": "routes", "routes": on_route},
        {"scope": "all", "read": frozenset({AGENT})},
    ):
        assert ids(any_store.ended_lines(sought(practice=False, **fields), limit=9)) == newest
    assert ids(any_store.ended_lines(sought("dana", practice=True), limit=9)) == [f"{drill.id}.1"]


def test_a_line_says_whether_it_was_opened_and_who_else_must_agree(any_store: Store) -> None:
    both = keep(any_store, {}, SUPPORT, {**SUPPORT, "holder": "marc"})
    [line] = any_store.waiting_lines(sought(), limit=9)
    assert (line.seen, line.still) == (False, ("support_supervisor", "support_supervisor"))
    assert any_store.count_waiting(sought(), unread=True, most=9) == 1
    any_store.note_reading(both.id, "dana", NOW)
    assert any_store.count_waiting(sought(), unread=True, most=9) == 1
    any_store.note_reading(both.id, "ines", NOW)
    [line] = any_store.waiting_lines(sought(), limit=9)
    assert line.seen
    assert any_store.count_waiting(sought(), unread=True, most=9) == 0


def test_of_an_escalation_the_line_is_the_one_that_concerns_the_reader(any_store: Store) -> None:
    both = keep(any_store, {}, SUPPORT)
    ended = keep(any_store, {}, SUPPORT)
    moved(any_store, ended, lambda found: approval(found, "ines"))
    for person, position in (("dana", 2), ("ines", 1), ("priya", 1)):
        found = any_store.lines_of_escalations([both.id, ended.id, "none"], person)
        assert ids(found) == [f"{both.id}.{position}", f"{ended.id}.1"]
    assert any_store.lines_of_escalations([], "dana") == []


def test_every_line_is_what_its_ask_says_whatever_happened(any_store: Store) -> None:
    draw = random.Random(7)
    kept = [keep(any_store, {}, SUPPORT) for _ in range(6)]
    for step in range(40):
        escalation = draw.choice(kept)

        def changed(found: Escalation, step: int = step) -> Any:
            now = after(minutes=step)
            if found.state != "open":
                return None
            return draw.choice(
                [
                    lambda: (advance(found, draw.choice(["marc", "dana"]), now), []),
                    lambda: (given_to(found, draw.choice(["ines", None])), []),
                    lambda: (asked_more(found), []),
                    lambda: (approval(found, "priya", now), []) if step > 35 else None,
                ]
            )()

        if draw.random() < 0.5:
            any_store.change(escalation.id, changed)
        else:
            any_store.change_many([escalation.id], changed)
    wanted = said_by(any_store, kept)
    assert kept_lines(any_store) == wanted
    assert {row["deadline"] is None for row in wanted.values()} == {True, False}


def test_erasing_writes_the_line_anew_from_what_is_left_of_its_ask(any_store: Store) -> None:
    gone, stays = keep(any_store, {}, SUPPORT), keep(any_store)
    moved(any_store, gone, lambda found: approval(found, "ines"))
    with any_store.write() as connection:
        spoilt = update(inbox_lines).where(inbox_lines.c.escalation_id == gone.id)
        connection.execute(spoilt.values(marks="|#Jane Customer|", answered_by="Jane Customer"))
    any_store.erase([gone.id], by="priya", reason="asked", now=NOW)
    found = kept_lines(any_store)
    assert "Jane" not in str(found)
    assert found == said_by(any_store, [gone, stays])
    assert {found[f"{gone.id}.{position}"]["deadline"] for position in (1, 2)} == {None}


def said_by(store: Store, kept: list[Escalation]) -> dict[str, dict[str, Any]]:
    """Return the lines that the escalations, as they are kept, ask for."""
    found = [store.escalation(one.id) for one in kept]
    return {row["ask_id"]: row for one in found if one is not None for row in lines_of(one)}


def kept_lines(store: Store) -> dict[str, dict[str, Any]]:
    with store.read() as connection:
        rows = connection.execute(select(inbox_lines)).mappings().all()
    return {row["ask_id"]: dict(row) for row in rows}


def asked_more(found: Escalation) -> Move:
    """Return the move of a change after which one more route must agree."""
    ask = make_ask(found.id, len(found.asks) + 1, route="legal", holder="lee", tried=("lee",))
    more = make_reason(condition="novelty", tag="new situation", route="legal")
    grown = replace(found, asks=(*found.asks, ask), reasons=(*found.reasons, more))
    return Move(escalation=grown, events=(make_event(found, kind="asked_more"),))


def test_whom_it_concerns_is_known_from_the_events(any_store: Store) -> None:
    seq = any_store.latest_event_seq()
    assert any_store.concerned_since(seq).seq == seq
    escalation = keep(any_store, SUPPORT)
    any_store.add_event(make_event(escalation, detail={"to": "marc", "n": 1}))
    any_store.add_event(make_event(kind="signed_in", who="olga"))
    found = any_store.concerned_since(seq)
    assert found.people >= {"dana", "marc"}
    assert "olga" not in found.people
    assert (found.agents, found.routes) == ({AGENT}, {(AGENT, "support_supervisor")})
    assert not found.is_everybody
    assert any_store.concerned_since(found.seq).people == frozenset()
