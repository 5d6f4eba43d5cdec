"""Versions of tables, and their go-live records."""

from __future__ import annotations

from msgspec.structs import replace

from handraise.model import Event, ReadyRecord, TableVersion
from handraise.store import Store
from tests.store.records import AGENT, NOW, after


def make_version(version: str, agent: str = AGENT) -> TableVersion:
    return TableVersion(
        agent=agent,
        version=version,
        source="handraise.yaml",
        text="handraise: 1\n",
        known=("refund_request", "change_address"),
        registered_at=NOW,
    )


def make_ready(version: str = "v1") -> ReadyRecord:
    return ReadyRecord(
        agent=AGENT,
        version=version,
        by="priya",
        at=NOW,
        statement="a.b.c",
        evidence=[{"line": "the table is sound", "green": True}],
    )


def test_a_version_keeps_its_calibration(any_store: Store) -> None:
    calibration = {"digest": "c", "map": {"kind": "platt", "knots": [[0.0, 0.1], [1.0, 1 / 3]]}}
    kept = replace(make_version("v1"), calibration=calibration)
    any_store.register_table(kept)
    assert any_store.table_version(AGENT, "v1") == kept
    assert any_store.newest_table(AGENT) == kept


def test_a_version_comes_back_as_it_was(any_store: Store) -> None:
    any_store.register_table(make_version("v1"))
    assert any_store.table_version(AGENT, "v1") == make_version("v1")
    assert any_store.table_version(AGENT, "v2") is None
    assert any_store.table_version("other", "v1") is None


def test_the_version_registered_last_is_the_newest(any_store: Store) -> None:
    assert any_store.newest_table(AGENT) is None
    for version in ("v1", "v2", "v2"):
        any_store.register_table(make_version(version))
    assert any_store.newest_table(AGENT) == make_version("v2")


def test_going_back_makes_an_old_version_the_newest_again(any_store: Store) -> None:
    for version in ("v1", "v2"):
        any_store.register_table(make_version(version))
    any_store.register_table(replace(make_version("v1"), registered_at=after(days=1)))
    assert any_store.newest_table(AGENT) == make_version("v1")
    any_store.register_table(make_version("v2"))
    assert any_store.newest_table(AGENT) == make_version("v2")


def test_each_agent_has_its_newest(any_store: Store) -> None:
    assert any_store.newest_tables() == []
    for version, agent in (("v1", "b"), ("v2", "b"), ("v1", "a")):
        any_store.register_table(make_version(version, agent))
    assert any_store.newest_tables() == [make_version("v1", "a"), make_version("v2", "b")]


def test_a_ready_record_holds_for_exactly_its_version(any_store: Store) -> None:
    any_store.save_ready(make_ready())
    assert any_store.ready_record(AGENT, "v1") == make_ready()
    assert any_store.ready_record(AGENT, "v2") is None


def test_a_later_ready_record_takes_the_place_of_the_first(any_store: Store) -> None:
    any_store.save_ready(make_ready())
    later = replace(make_ready(), by="marc", at=after(days=1), evidence=[])
    any_store.save_ready(later)
    assert any_store.ready_record(AGENT, "v1") == later


def test_each_agent_has_its_newest_record(any_store: Store) -> None:
    assert any_store.newest_ready_records() == []
    first, second = make_ready("v1"), replace(make_ready("v2"), at=after(days=1))
    other = replace(make_ready("v1"), agent="order-agent")
    for record in (second, first, other):
        any_store.save_ready(record)
    assert (
        any_store.newest_ready_records()
        == [other, second]
        == sorted([second, other], key=lambda one: one.agent)
    )
    for agent in (AGENT, "order-agent"):
        assert any_store.newest_ready(agent) in any_store.newest_ready_records()


def test_of_two_records_of_one_instant_the_same_one_is_the_newest_everywhere(
    any_store: Store,
) -> None:
    for version in ("v2", "v1"):
        any_store.save_ready(make_ready(version))
    assert any_store.newest_ready_records() == [any_store.newest_ready(AGENT)]


def test_the_versions_of_an_agent_are_listed_with_their_records(any_store: Store) -> None:
    for version in ("v1", "v2", "v1"):
        any_store.register_table(make_version(version))
    any_store.register_table(make_version("v1", "order-agent"))
    assert [one.version for one in any_store.table_versions_of(AGENT)] == ["v1", "v2"]
    assert any_store.table_versions_of("nobody") == []

    later = replace(make_ready("v2"), at=after(days=1))
    for record in (make_ready("v1"), later):
        any_store.save_ready(record)
    assert any_store.signed_versions(AGENT) == [later, make_ready("v1")]
    assert any_store.signed_versions("nobody") == []


def test_the_event_written_last_says_how_late_it_is(any_store: Store) -> None:
    assert any_store.latest_event_at() is None
    for at in (after(days=2), after(days=1)):
        any_store.add_event(Event(at=at, kind="ready", who="priya", agent=AGENT, detail={}))
    assert any_store.latest_event_at() == after(days=1)


def _said(kind: str, days: float = 0) -> Event:
    return Event(at=after(days=days), kind=kind, who="priya", agent=AGENT, detail={})


def test_a_record_is_signed_with_its_event_unless_another_came_meanwhile(any_store: Store) -> None:
    assert any_store.ready_and_said(AGENT) == (None, None)
    first, second = make_ready("v1"), replace(make_ready("v2"), at=after(days=1))
    assert any_store.sign_ready(first, None, _said("ready"))
    assert any_store.ready_and_said(AGENT) == (first, _said("ready"))

    assert not any_store.sign_ready(second, None, _said("ready", 1)), "there is one by now"
    assert any_store.ready_and_said(AGENT) == (first, _said("ready"))
    assert any_store.sign_ready(second, first, _said("withdrawn", 1))
    assert any_store.ready_and_said(AGENT) == (second, _said("withdrawn", 1))
    assert any_store.ready_and_said("order-agent") == (None, None)


def test_the_end_of_a_record_is_noted_once_and_of_no_other(any_store: Store) -> None:
    first, second = make_ready("v1"), replace(make_ready("v1"), at=after(days=1))
    assert not any_store.end_ready(first, _said("ended"))
    any_store.sign_ready(first, None, _said("ready"))
    assert any_store.end_ready(first, _said("ended"))
    assert not any_store.end_ready(first, _said("ended"))

    any_store.sign_ready(second, first, _said("ready", 1))
    assert not any_store.end_ready(first, _said("ended", 1)), "it was signed again meanwhile"
    assert any_store.ready_and_said(AGENT) == (second, _said("ready", 1))
    any_store.sign_ready(replace(second, at=after(days=2)), second, _said("withdrawn", 2))
    assert not any_store.end_ready(replace(second, at=after(days=2)), _said("ended", 2))


def test_whatever_else_happens_says_nothing_of_records(any_store: Store) -> None:
    any_store.sign_ready(make_ready(), None, _said("ready"))
    any_store.add_event(_said("deactivated", 1))
    assert any_store.ready_and_said(AGENT)[1] == _said("ready")


def test_a_damaged_go_live_record_is_none_and_costs_no_other_agent_theirs(any_store: Store) -> None:
    theirs = replace(make_ready(), agent="another")
    before = make_ready("v1")
    for record in (before, replace(make_ready("v2"), at=after(minutes=1)), theirs):
        any_store.save_ready(record)
    assert not any_store.ready_is_damaged(AGENT)
    damage(any_store, "v2")

    assert any_store.newest_ready(AGENT) == before
    assert any_store.ready_record(AGENT, "v2") is None
    assert any_store.signed_versions(AGENT) == [before]
    assert any_store.newest_ready_records() == [theirs]
    assert any_store.ready_versions() == {"another": ["v1"], AGENT: ["v2", "v1"]}
    assert any_store.ready_is_damaged(AGENT)
    assert not any_store.ready_is_damaged("another")
    assert not any_store.ready_is_damaged("nobody")

    damage(any_store, "v1")
    assert any_store.newest_ready(AGENT) is None
    assert any_store.newest_ready_records() == [theirs]


def damage(store: Store, version: str) -> None:
    with store.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE ready_records SET evidence = 'not JSON' WHERE agent = '{AGENT}'"
            f" AND version = '{version}'"
        )
