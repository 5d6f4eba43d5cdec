"""`readers` in the table: they see everything, are never asked, and no table changes without them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from handraise.core.duty import Directory, duty_of, pick, unavailable
from handraise.core.lifecycle.deadlines import lost
from handraise.core.table.read import read
from handraise.core.table.render import as_text
from handraise.demo.example import MISSION_TABLE
from handraise.errors import AccessError, AnswerError
from handraise.model import PersonState
from tests.support.lives import START, Life
from tests.support.lives import TABLE as LIVES
from tests.support.support_table import TABLE, changed, table_of, warnings_of

NORA = '  nora: {name: Nora Feld, contact: "mailto:nora@example.com"}\n'
WITH_NORA = changed("people:\n", f"people:\n{NORA}", TABLE)
READ = f"{WITH_NORA}\nreaders: [nora]\n"
SUPPORT = "support_supervisor"


def test_a_reader_is_a_person_of_the_table():
    assert table_of(READ).readers == ("nora",)
    assert table_of(f"{WITH_NORA}\nreaders: nora\n").readers == ("nora",)
    ((message, hint),) = [
        (one.message, one.hint) for one in read(f"{WITH_NORA}\nreaders: [norah]\n").errors
    ]
    assert message == 'unknown person "norah"'
    assert hint == 'did you mean "nora"?'
    twice = read(f"{WITH_NORA}\nreaders: [nora, nora]\n").errors
    assert [one.message for one in twice] == ['"nora" stands twice']


def test_a_table_without_readers_keeps_its_version_and_their_order_is_none_of_it():
    # Written down before the key was read: a signature must not end with an update.
    assert table_of(MISSION_TABLE).version == "7f8c050cc1cfddb7"
    assert table_of(f"{TABLE}\nreaders: []\n").version == table_of(TABLE).version
    assert table_of(READ).version != table_of(WITH_NORA).version
    one, other = (
        table_of(f"{WITH_NORA}\nreaders: [{two}]\n").version for two in ("nora, dana", "dana, nora")
    )
    assert one == other


def test_a_reader_needs_no_route_and_has_no_duty():
    assert "no-duty" in warnings_of(WITH_NORA)
    assert "no-duty" not in warnings_of(READ)
    assert duty_of(table_of(READ), "nora") is None


def test_who_is_on_a_route_or_the_owner_only_reads_nowhere():
    table = table_of(f"{WITH_NORA}\nreaders: [nora, dana, priya]\n")
    assert [id for id in table.people if table.only_reads(id)] == ["nora"]
    assert not table.only_reads("nobody")


def test_readers_are_told_in_one_line():
    told = "Nora Feld: may read everything of this agent, and decides nothing."
    assert told in " ".join(as_text(table_of(READ)).split())
    assert "decides nothing" not in as_text(table_of(f"{TABLE}\nreaders: [dana]\n"))


def test_a_reader_is_passed_over_and_whatever_they_had_moves():
    table = table_of(TABLE)
    states = {id: PersonState() for id in table.people}
    states["dana"] = PersonState(only_reads=True)
    directory = Directory(owner="priya", states=states)
    now = START
    assert unavailable(table.people["dana"], states["dana"], now) == (
        "may read here, and decides nothing"
    )
    assert lost("dana", directory) == "may read here, and decides nothing"
    route = next(one for one in table.routes.values() if one.people[0] == "dana")
    picked = pick(table, route.id, directory, (), now)
    assert picked.person != "dana"
    assert "dana may read here, and decides nothing" in picked.why


def test_nothing_is_given_to_a_reader_and_they_answer_nothing():
    life = Life(SUPPORT, text=LIVES)
    life.states["omar"] = replace(life.states["omar"], only_reads=True)
    life.now += timedelta(minutes=1)
    for move in (
        lambda: life.reassign("priya", "omar"),
        lambda: life.delegate("dana", "omar"),
    ):
        with pytest.raises(AnswerError, match="omar may read here, and decides nothing"):
            move()
    with pytest.raises(AccessError, match="omar may read here, and decides nothing"):
        life.answer("omar", "reject")
