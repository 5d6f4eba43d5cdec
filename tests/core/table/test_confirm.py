"""`confirm` in the table: read with all that is wrong with it, told in words, no change without it."""

from __future__ import annotations

from handraise.core.lifecycle import confirming_people
from handraise.core.lifecycle.confirming import confirming_routes, is_rated_so
from handraise.core.table.read import read
from handraise.core.table.render import as_text
from handraise.demo.example import MISSION_TABLE
from tests.support.support_table import TABLE, changed, table_of, warnings_of

CONFIRMING = f"{TABLE}\nconfirm: critical\n"


def test_it_names_a_severity_of_the_table():
    assert table_of(CONFIRMING).confirm == "critical"
    ((message, hint),) = [
        (one.message, one.hint) for one in read(f"{TABLE}\nconfirm: critcal\n").errors
    ]
    assert message == 'unknown severity "critcal"'
    assert hint == 'did you mean "critical"?'
    assert read(f"{TABLE}\nconfirm: [critical]\n").errors


def test_a_table_without_it_keeps_its_version_and_one_with_it_has_another():
    # Written down before the key was read: a signature must not end with an update.
    assert table_of(MISSION_TABLE).version == "7f8c050cc1cfddb7"
    high = table_of(f"{TABLE}\nconfirm: high\n").version
    assert len({table_of(TABLE).version, table_of(CONFIRMING).version, high}) == 3


def test_it_is_worth_a_look_where_it_asks_of_all_or_of_nothing():
    assert "confirms-all" in warnings_of(f"{MISSION_TABLE}\nconfirm: high\n")
    unrated = changed("delete_account: critical", "delete_account: high", CONFIRMING)
    assert "confirms-nothing" in warnings_of(unrated)
    assert not {"confirms-all", "confirms-nothing"} & set(warnings_of(CONFIRMING))


def test_it_is_told_in_one_line():
    told = "Whoever lets the agent do what is rated critical or worse, or not rated, confirms it"
    assert told in " ".join(as_text(table_of(CONFIRMING)).split())
    bare = " ".join(as_text(table_of(f"{MISSION_TABLE}\nconfirm: high\n")).split())
    assert "confirms it with a passkey" in bare
    assert "passkey" not in as_text(table_of(TABLE))


def test_it_concerns_what_is_rated_so_or_worse_or_not_at_all():
    table = table_of(f"{TABLE}\nconfirm: high\n")
    rated = {one: is_rated_so(one, table) for one in ("send_reply", "refund", "delete_account")}
    assert rated == {"send_reply": False, "refund": True, "delete_account": True}
    assert is_rated_so("never_heard_of", table)
    assert is_rated_so(None, table)
    assert not is_rated_so("delete_account", table_of(TABLE))


def test_whoever_may_be_asked_for_it_is_known_and_the_owner_always_is():
    assert confirming_people(table_of(TABLE)) == ()
    assert confirming_routes(table_of(CONFIRMING)) == {"owner", "supervisor", "finance"}
    narrowed = changed("below: 0.72, to", "below: 0.72, for: {action: [refund]}, to", CONFIRMING)
    narrowed = changed("tag: new situation}", "for: {action: [send_reply]}}", narrowed)
    assert confirming_routes(table_of(narrowed)) == {"owner", "finance"}
    assert confirming_people(table_of(narrowed)) == ("ines", "priya")
