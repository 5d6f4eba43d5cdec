"""The checklist says who could not be reached and who has not accepted; it never hides it."""

from __future__ import annotations

from datetime import timedelta

from handraise.core.duty import duty_of
from handraise.model import Departure, DutyRecord
from handraise.service.going_live.line import Line, without_what_is_to_come
from handraise.service.going_live.willing import people_lines
from handraise.service.secrets import secret_hash
from handraise.store import Store
from tests.support.checked import NOW, subject_of
from tests.support.lives import table_of
from tests.support.operation import TABLE

LATER = TABLE.replace("below: 0.72", "below: 0.8")


def settle(store: Store, text: str = TABLE, *, state: str = "accepted", days: int = 0) -> None:
    """Let everybody confirm a contact and answer their duty, so many days ago."""
    table, at = table_of(text), NOW - timedelta(days=days)
    for id, person in table.people.items():
        code = secret_hash(f"{id} {days}")
        if store.contact_asked(id, person.contacts[0], code, at):
            assert store.verify_contact(code, at, since=at)
        answer(store, id, state, text, days=days)


def answer(store: Store, id: str, state: str, text: str = TABLE, *, days: int = 0) -> None:
    """Let somebody answer what a table asks of them."""
    table, at = table_of(text), NOW - timedelta(days=days)
    duty = duty_of(table, id)
    assert duty is not None
    asked = DutyRecord(
        agent=table.agent, person=id, digest=duty.digest, version=table.version,
        lines=duty.lines, asked_at=at,
    )  # fmt: skip
    store.ask_duty(asked)
    store.answer_duty(table.agent, id, duty.digest, state, "", at)  # type: ignore[arg-type]


def lines(store: Store | None, text: str = TABLE) -> tuple[Line, Line]:
    """Return the line about contacts and the one about duties."""
    reachable, accepted = people_lines(subject_of(text, store))
    return reachable, accepted


def test_before_there_is_a_store_everybody_is_missing() -> None:
    reachable, accepted = lines(None)
    assert (reachable.state, accepted.state) == ("red", "red")
    assert "dana, ines, priya have no verified contact" in reachable.evidence
    assert "dana, ines, priya have not answered yet" in accepted.evidence
    assert "handraise serve" in reachable.remedy


def test_it_is_green_when_everybody_is_reachable_and_has_accepted(store: Store) -> None:
    settle(store, days=12)
    reachable, accepted = lines(store)
    assert (reachable.state, accepted.state) == ("green", "green")
    assert reachable.evidence == "each of the 3 has a verified contact"
    assert accepted.evidence == "3 of 3, for what this version asks of them"
    assert (reachable.at, accepted.at) == (NOW - timedelta(days=12),) * 2


def test_who_declines_is_named_and_a_changed_duty_is_open_again(store: Store) -> None:
    settle(store)
    answer(store, "dana", "declined")
    declined = lines(store)[1]
    assert (declined.state, declined.evidence) == ("red", "dana has declined")
    assert declined.remedy == "another duty for dana, or another person"
    assert "dana has not answered yet" in lines(store, LATER)[1].evidence


def test_who_has_left_counts_neither_as_reachable_nor_as_willing(store: Store) -> None:
    settle(store)
    store.deactivate(Departure(id="1", person="ines", by="priya", at=NOW))
    reachable, accepted = lines(store)
    assert (reachable.state, accepted.state) == ("red", "red")
    assert (reachable.evidence, accepted.evidence) == ("ines has left",) * 2
    assert {reachable.remedy, accepted.remedy} == {"take ines out of the table"}


def test_another_contact_than_the_verified_one_is_none(store: Store) -> None:
    settle(store)
    moved = TABLE.replace("dana@example.com", "dana.reyes@example.com")
    assert lines(store, moved)[0].evidence == "dana has no verified contact"


def test_somebody_without_a_duty_holds_nothing_up() -> None:
    idle = '  omar: {name: Omar Haddad, contact: "mailto:omar@example.com"}\n'
    text = TABLE.replace("people:\n", f"people:\n{idle}")
    assert "omar" not in lines(None, text)[0].evidence


def test_what_people_said_in_the_future_is_red(store: Store) -> None:
    settle(store, days=-400)
    reachable, accepted = [without_what_is_to_come(line, NOW) for line in lines(store)]
    assert (reachable.state, accepted.state) == ("red", "red")
    assert reachable.evidence.endswith("but it is of 2027-12-25 09:00 UTC, which is to come")
    assert "see to the clock" in accepted.remedy
