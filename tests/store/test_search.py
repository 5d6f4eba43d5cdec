"""Searching: by words, what may be read, newest first; and nothing that was erased."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.searching import asked
from handraise.model import Decision, Escalation, Move, Sought
from handraise.store import Store, open_store
from handraise.store.database import Database, create_file, place_of
from tests.store.records import AGENT, NOW, approval, make_escalation, make_record
from tests.store.test_migrating import ASK, ESCALATION, bring_to, write_row


def keep(store: Store, text: Any, *asks: dict[str, Any], **fields: Any) -> Escalation:
    decision = Decision(
        text=text,
        type="refund_request",
        action="refund",
        proposal=fields.pop("proposal", {"refund": 6200}),
        case=fields.pop("case", "ticket-991"),
    )
    escalation = make_escalation(*asks, decision=decision, **fields)
    store.create_escalation(make_record(escalation), escalation, [], [])
    return escalation


def sought(person: str = "priya", **fields: Any) -> Sought:
    of = {"agents": frozenset({AGENT}), "read": frozenset({AGENT})}
    return Sought(**{"person": person, **of, **fields})


def found(store: Store, query: str, **fields: Any) -> tuple[str, ...]:
    return store.search(asked(query), sought(**fields), limit=50).ids


def test_every_word_must_be_there_and_the_last_may_be_begun(any_store: Store) -> None:
    cafe = keep(any_store, "Mein Café-Gutschein fehlt", case="ticket-7")
    lamp = keep(any_store, {"said": "the LAMP is broken"}, proposal={"note": "replace lamp"})
    for query, wanted in (
        ("CAFE", [cafe]),
        ("gutsch", [cafe]),
        ("gutsch fehlt", []),
        ("cafe fehlt", [cafe]),
        ("refund", [lamp, cafe]),
        ("lamp replace", [lamp]),
        ("ticket 7", [cafe]),
        ("6200", [cafe]),
        ("6,200", [cafe]),
        ("6,200.00 USD", [cafe]),
        ("6,20", []),
        ("refund nothing", []),
        ("", []),
        ('" * -', []),
    ):
        assert list(found(any_store, query)) == [one.id for one in wanted], query


@pytest.mark.parametrize(
    "query",
    [
        'lamp" OR "x',
        "lamp*",
        "lamp & refund | x",
        "NOT lamp",
        "NEAR(lamp refund, 2)",
        "words:lamp",
        "lamp' ; DROP TABLE search_words; --",
        "(lamp",
        "lamp:*",
        "<->",
        "\x00lamp\ud800",
        "^lamp + x",
        "\\",
    ],
)
def test_a_query_is_never_syntax(any_store: Store, query: str) -> None:
    lamp = keep(any_store, "a lamp")
    assert found(any_store, query) in {(), (lamp.id,)}
    assert found(any_store, "lamp") == (lamp.id,)


def test_a_person_finds_only_what_they_may_read(any_store: Store) -> None:
    own = keep(any_store, "lamp one")
    other = keep(any_store, "lamp two", {"holder": "marc", "tried": ("marc",)}, agent="other")
    both = frozenset({AGENT, "other"})
    assert found(any_store, "lamp") == (own.id,)
    assert found(any_store, "lamp", agents=both) == (own.id,)
    assert found(any_store, "lamp", person="marc", agents=both) == (other.id, own.id)
    assert found(any_store, "lamp", agents=both, read=both) == (other.id, own.id)
    assert found(any_store, "lamp", agents=both, read=both, agent="other") == (other.id,)
    assert found(any_store, "lamp", agents=frozenset({AGENT}), read=both) == (own.id,)
    assert found(any_store, "lamp", agents=frozenset(), read=frozenset()) == ()


def test_pages_go_on_where_the_last_one_ended_and_practice_stands_apart(any_store: Store) -> None:
    kept = [keep(any_store, f"lamp {number}").id for number in range(5)][::-1]
    drill = keep(any_store, "lamp drill", rehearsal=True)
    real = sought(practice=False)
    first = any_store.search(asked("lamp"), real, limit=3)
    assert list(first.ids) == kept[:3]
    keep(any_store, "lamp new")
    second = any_store.search(asked("lamp"), real, before=first.last, limit=3)
    assert (list(second.ids), second.last) == (kept[3:], None)
    assert found(any_store, "lamp", practice=True) == (drill.id,)


def test_what_was_changed_is_found_and_what_it_was_no_more(any_store: Store) -> None:
    kept = keep(any_store, "a lamp", proposal={"note": "oldest"})

    def change(one: Escalation) -> tuple[Move, list[Any]]:
        return Move(escalation=replace(one, proposal={"note": "newest"})), []

    any_store.change(kept.id, change)
    assert (found(any_store, "oldest"), found(any_store, "newest")) == ((), (kept.id,))
    any_store.change_many([kept.id], lambda one: (approval(one, "ines"), []))
    assert found(any_store, "newest lamp") == (kept.id,)


def test_nothing_that_was_erased_is_found(any_store: Store) -> None:
    gone, stays = keep(any_store, "a zebralamp"), keep(any_store, "a lamp", case="other")
    any_store.change(gone.id, lambda one: (approval(one, "ines"), []))
    any_store.erase([gone.id], by="priya", reason="asked", now=NOW)
    for query in ("zebralamp", "zebra", "ticket 991", "refund"):
        assert gone.id not in found(any_store, query)
    assert found(any_store, "lamp") == (stays.id,)
    if any_store.place.engine == "sqlite":
        assert b"zebralamp" not in any_store.place.path.read_bytes()


def test_a_sqlite_without_fts5_keeps_everything_else(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.write() as connection:
        connection.exec_driver_sql("DROP TABLE search_index")
    kept = keep(store, "a lamp")
    assert not store.search(asked("lamp"), sought(), limit=9).is_there
    store.change(kept.id, lambda one: (approval(one, "ines"), []))
    store.erase([kept.id], by="priya", reason="asked", now=NOW)
    assert store.escalation(kept.id) is not None
    store.close()


def test_what_was_there_before_is_listed_and_found(empty_url: str) -> None:
    place = place_of(empty_url)
    if place.engine == "sqlite":
        create_file(Path(place.path))
    database = Database(place)
    with database.write() as connection:
        bring_to(connection, "0011")
        write_row(connection, "escalations", ESCALATION)
        write_row(connection, "asks", ASK)
        given = {"ask_id": "e1.1", "person": "ines", "assigned_at": ASK["assigned_at"]}
        write_row(connection, "assignments", given)
    database.close()
    store = open_store(empty_url, migrate=True)
    assert found(store, "money 6200 991") == ("e1",)
    [line] = store.waiting_lines(sought("ines"), limit=9)
    assert (line.ask.id, line.case) == ("e1.1", "ticket-991")
    kept = store.escalation("e1")
    assert kept is not None
    store.change("e1", lambda one: (approval(one, "ines"), []))
    assert store.waiting_lines(sought("ines"), limit=9) == []
    assert [one.ask.id for one in store.ended_lines(sought("ines"), limit=9)] == ["e1.1"]
    store.close()
