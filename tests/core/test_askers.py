"""Who is meant by a name, and who somebody is by now."""

from __future__ import annotations

import unicodedata

import pytest

from handraise.core.lifecycle import askers_named
from handraise.core.lifecycle.askers import same_people
from handraise.core.table.types import Person
from tests.support.lives import Life


def person(id: str, name: str, *contacts: str) -> Person:
    return Person(id=id, name=name, contacts=contacts or (f"mailto:{id}@example.com",))


PEOPLE = {
    one.id: one
    for one in (
        person("dana", "Dana Reyes"),
        person("dana2", "Dana Reyes", "slack://T1/dana", "mailto:d.reyes@example.com?cc=x"),
        person("zoe", "Zo\u00eb van der Berg"),
        person("nobody", "--"),
    )
}


@pytest.mark.parametrize(
    ("named", "ids"),
    [
        ("dana", ["dana"]),
        ("@dana2", ["dana2"]),
        ("dana, ZOE", ["dana", "zoe"]),
        ("dana dana2", ["dana", "dana2"]),
        ("Dana Reyes", ["dana", "dana2"]),
        ("Reyes, Dana", ["dana", "dana2"]),
        ("<D.Reyes@example.com>", ["dana2"]),
        ("slack://t1/dana", ["dana2"]),
        ("van der Berg, Zo\u00eb", ["zoe"]),
        (unicodedata.normalize("NFD", "Zo\u00eb van der Berg"), ["zoe"]),
        ("dana@elsewhere.example", []),
        ("Dana Kowalski", []),
        ("...", []),
        ("", []),
    ],
)
def test_whoever_may_be_meant_is(named: str, ids: list[str]):
    assert askers_named(named, PEOPLE) == ids


def test_a_person_is_the_same_by_name_or_contact_under_another_id():
    now = {
        one.id: one
        for one in (
            person("dreyes", "dana  reyes", "mailto:new@example.com"),
            person("d3", "Dana Smith", "MAILTO:dana@example.com"),
            person("marc", "Marc Oyelaran"),
        )
    }
    assert same_people({"dana"}, PEOPLE, now) == {"dana", "dreyes", "d3"}
    assert same_people({"stranger"}, PEOPLE, now) == {"stranger"}


def test_who_asked_is_shut_out_under_the_id_they_have_now():
    life = Life("support_supervisor", asked_by="dana")
    before = life.table.people["dana"]
    life.people = {"marc": person("marc", before.name)}

    life.wait(minutes=15)

    assert life.ask().holder == "priya"
