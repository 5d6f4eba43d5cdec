"""`people`: who is there, who can be reached, who accepted their duty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.clock import SystemClock
from handraise.service.people.codes import contact_code
from handraise.service.reading.tables import read_table
from handraise.service.wiring import Operation
from tests.cli.running import Runner
from tests.support.operation import BIG, SECRET, TABLE, gate_of, opened
from tests.support.signed import sign

NEXT_JULY = f"{SystemClock().now().year + 1}-07-03"
PEOPLE = TABLE.replace(
    'ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}',
    "ines:  {name: Ines Duarte, zone: Europe/Lisbon, "
    'contact: ["mailto:ines@example.com", "json://hooks.example.com/secret-of-ines"]}',
)


@pytest.fixture
def secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret of the operation, for commands too."""
    monkeypatch.setenv("HANDRAISE_SECRET", SECRET)


@pytest.fixture
def operation(folder: Path, secret: None) -> Iterator[Operation]:
    """An operation in this folder that is open elsewhere; everybody is settled."""
    found = opened(folder, table=PEOPLE)
    yield found
    found.close()


@pytest.fixture
def fresh(folder: Path, secret: None) -> Iterator[Operation]:
    """The same before anybody was asked anything."""
    found = opened(folder, table=PEOPLE, is_ready=False, is_settled=False)
    yield found
    found.close()


def events(operation: Operation, kind: str) -> list[str]:
    with operation.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT who FROM events WHERE kind = ?", (kind,))
        return [row[0] for row in rows]


def test_everybody_is_listed_with_how_they_stand(command: Runner, operation: Operation) -> None:
    ran = command("people", "list")
    assert ran.code == 0
    assert [re.split(r"  +", line) for line in ran.out.splitlines()] == [
        ["who", "name", "duty", "contacts", "open asks", "now"],
        ["dana", "Dana Reyes", "accepted", "1 of 1 verified", "0", "here"],
        ["ines", "Ines Duarte", "accepted", "2 of 2 verified", "0", "here"],
        ["priya", "Priya Raman", "accepted", "1 of 1 verified", "0",
         "here; owner, the last resort"],
        ["3 people"],
    ]  # fmt: skip
    told = command("people", "list", "--json").json
    assert [one["id"] for one in told] == ["dana", "ines", "priya"]
    assert (told[1]["verified"], told[1]["is_owner"], told[1]["away"]) == (2, False, None)
    assert told[1]["tables"] == [
        {
            "agent": "support-agent",
            "routes": ["finance_lead"],
            "duty": "accepted",
            "unavailable": None,
        }
    ]
    assert "secret-of-ines" not in str(told)


def test_people_of_several_tables_stand_by_each(command: Runner, operation: Operation) -> None:
    other = Path("orders.yaml")
    other.write_text(PEOPLE.replace("agent: support-agent", "agent: order-agent"))
    reading = read_table(other)
    assert reading.table is not None
    operation.shelf.register(reading.table, reading, other.name)
    command("people", "duties", "dana", "--decline", "order-agent")
    [dana] = [line for line in command("people", "list").out.splitlines() if "dana" in line]
    assert "order-agent: declined, support-agent: accepted" in dana
    assert "order-agent: has declined this duty, support-agent: here" in dana


def test_without_a_store_or_a_table_there_is_nobody(command: Runner, folder: Path) -> None:
    for arguments in (("list",), ("away", "dana"), ("invite",), ("duties",)):
        ran = command("people", *arguments)
        assert ran.code == 1
        assert "there is no store yet" in ran.err
    assert not Path("handraise.db").exists()
    assert command("store", "migrate").code == 0
    assert command("people", "list").out.startswith("nobody is on a table yet")
    assert command("people", "list", "--json").json == []
    assert command("people", "duties").out == "nobody has a duty\n"


def test_whoever_is_away_is_asked_nothing_and_what_they_hold_moves_on(
    command: Runner, operation: Operation
) -> None:
    verdict = gate_of(operation).decide(**BIG)
    ran = command("people", "away", "ines", "--to", "3d", "--note", "holiday", "--as", "ines")
    assert ran.code == 0
    assert re.fullmatch(
        r"ines is away from \w{3} \d\d \w{3}, .* \(Europe/Lisbon\) until .*: holiday\n", ran.out
    )
    assert "nobody else is on finance_lead of support-agent" in ran.err
    found = operation.store.escalation(verdict.escalation_id or "")
    assert found is not None
    assert found.asks[0].holder == "priya"
    listed = command("people", "list").out
    assert re.search(r"ines .* is away until .* \(Europe/Lisbon\) \(holiday\)", listed)
    assert events(operation, "away") == ["ines"]


def test_an_absence_is_read_and_told_in_the_persons_zone(
    command: Runner, operation: Operation
) -> None:
    year = NEXT_JULY[:4]
    ran = command("people", "away", "ines", "--from", NEXT_JULY, "--to", f"{year}-07-09")
    assert re.fullmatch(
        r"ines is away from \w{3} 03 Jul, 00:00 \(Europe/Lisbon\)"
        r" until \w{3} 10 Jul, 00:00 \(Europe/Lisbon\)\n",
        ran.out,
    )
    ran = command("people", "away", "ines", "--from", NEXT_JULY, "--to", f"{year}-07-05", "--json")
    assert ran.json["absence"]["ends_at"] == f"{year}-07-05T23:00:00Z"
    assert len(ran.json["replaced"]) == 1
    assert events(operation, "away")[0].startswith("operator:")


def test_an_owner_who_is_away_is_told_what_stays(command: Runner, operation: Operation) -> None:
    command("people", "away", "priya")
    ran = command("people", "away", "priya")
    assert ran.out.endswith("until they are back\n")
    assert "priya stays the last resort of support-agent" in ran.err
    assert "this takes the place of an absence" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("dna",), 1, 'no person "dna"'),
        (("dana", "--to", "soon"), 2, '--to: "soon" is no instant'),
        (("dana", "--from", "nie"), 2, '--from: "nie" is no instant'),
        (("dana", "--to", "2020-01-01"), 2, "ends before it starts"),
        (("dana", "--from", "0001-01-01T00:00Z"), 2, "from: more than two years from now"),
        (("dana", "--from", "9999-12-31T23:30Z"), 2, "from: more than two years from now"),
        (("dana", "--to", "9999-12-30"), 2, "to: more than two years from now"),
        (("dana", "--as", "ines"), 1, '"ines" may not say this about "dana"'),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    command: Runner, operation: Operation, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = command("people", "away", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert operation.roster.absences() == []


def test_whoever_is_back_is_asked_again(command: Runner, operation: Operation) -> None:
    command("people", "away", "dana")
    command("people", "away", "dana", "--from", NEXT_JULY)
    ran = command("people", "back", "dana", "--as", "dana")
    assert ran.out == "dana is back: 1 absence ended\n"
    assert re.search(r"still planned: from \w{3} 03 Jul, 00:00 \(UTC\) until they are", ran.err)
    ran = command("people", "back", "dana")
    assert (ran.code, "begin later are taken back" in ran.err) == (2, True)
    assert command("people", "back", "dana", "--planned").code == 0
    assert operation.roster.absences() == []


def test_whoever_has_left_shows_as_such(command: Runner, operation: Operation) -> None:
    ran = command("people", "deactivate", "dana", "--reason", "has left us")
    assert ran.out == "dana has left: what they held has moved on\n"
    assert re.search(r"dana .* has left\n", command("people", "list").out)
    assert command("people", "activate", "dana").out == "dana is here again\n"
    assert command("people", "activate", "dana").code == 2
    assert command("people", "deactivate", "priya", "--reason", "x").code == 2
    assert command("people", "deactivate", "dana").code == 0
    assert command("people", "deactivate", "dana").code == 2


def test_contacts_show_without_their_secrets(command: Runner, operation: Operation) -> None:
    ran = command("people", "contacts", "ines")
    day = r"\d{4}-\d{2}-\d{2}"
    assert re.search(rf"1  ines@example.com  verified {day}\n", ran.out)
    assert re.search(rf"2  json://\.\.\. +verified {day}\n", ran.out)
    assert "secret-of-ines" not in ran.out + str(
        command("people", "contacts", "ines", "--json").json
    )


def test_a_contact_that_fails_shows(command: Runner, operation: Operation) -> None:
    now = operation.clock.now()
    operation.store.contact_failed("dana", "mailto:dana@example.com", "no such mailbox", now)
    assert "; failing since" in command("people", "contacts", "dana").out
    assert "1 of 1 verified, failing" in command("people", "list").out
    told = command("people", "contacts", "dana", "--json").json["contacts"]
    assert (told[0]["contact"], told[0]["error"]) == ("dana@example.com", "no such mailbox")


def test_a_person_chooses_how_they_hear(command: Runner, operation: Operation) -> None:
    plan = "2, 5m ines@example.com, 1"
    ran = command("people", "contacts", "ines", "--urgent", plan, "--as", "ines")
    assert ran.code == 0
    assert ran.out.endswith("urgent: 2, 5m 1, 1\n")
    told = command("people", "contacts", "ines", "--json").json
    assert told["plans"] == {"urgent": "2, 5m 1, 1"}
    assert command("people", "contacts", "ines", "--urgent", "none").code == 0
    assert operation.roster.plans("ines") == []


@pytest.mark.parametrize(
    "plan", ["", "3", "5m 1", "1, 5x 2", "1, 2, now please 1", "dana@example.com", "1, 3d 2"]
)
def test_a_plan_that_cannot_be_is_refused(command: Runner, operation: Operation, plan: str) -> None:
    ran = command("people", "contacts", "ines", "--normal", plan)
    assert ran.code == 2
    assert operation.roster.plans("ines") == []


def test_a_plan_with_a_contact_that_left_the_table_still_shows(
    command: Runner, operation: Operation
) -> None:
    command("people", "contacts", "ines", "--normal", "2, 5m 1")
    path = Path("handraise.yaml")
    path.write_text(path.read_text().replace("hooks.example.com/secret", "other.example.com/new"))
    operation.open(path.resolve())
    sign(operation, path.resolve())
    assert command("people", "contacts", "ines").out.endswith("normal: json://..., 5m 1\n")


def test_a_contact_is_verified_by_the_code_that_came_through_it(
    command: Runner, fresh: Operation
) -> None:
    assert "not verified, not asked yet" in command("people", "contacts", "dana").out
    ran = command("people", "invite", "dana")
    assert ran.out == "dana: a code goes to dana@example.com\n"
    assert "not verified, asked " in command("people", "contacts", "dana").out
    assert command("people", "invite", "dana").out.startswith("nobody needs a code who was not")
    assert command("people", "invite", "dana", "--again", "--json").json == [
        {"person": "dana", "contact": "dana@example.com"}
    ]
    [newest, _] = fresh.store.messages(to="dana")
    code = contact_code(fresh.signer, newest.id)
    assert command("people", "verify", code).out == "dana: dana@example.com is verified\n"
    assert command("people", "verify", code).code == 1
    assert command("people", "invite", "dana", "--again").out == "nobody needs a code\n"


def test_everybody_is_invited(command: Runner, fresh: Operation) -> None:
    out = command("people", "invite").out
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "dana", "ines", "ines", "priya",
    ]  # fmt: skip
    assert re.search(r"dana .* asked +0 of 1 verified", command("people", "list").out)
    assert "has no verified contact" in command("people", "list").out


def test_duties_show_and_are_accepted(command: Runner, fresh: Operation) -> None:
    ran = command("people", "duties", "dana")
    assert ran.out.startswith("dana, for support-agent: not asked\n    You ")
    ran = command("people", "duties", "dana", "--accept", "support-agent", "--note", "gladly")
    assert ran.out == "dana accepts the duty for support-agent\n"
    assert re.match(
        r"dana, for support-agent: accepted \d{4}-\d\d-\d\d: gladly\n",
        command("people", "duties", "dana").out,
    )
    told = command("people", "duties", "--json").json
    assert [(one["person"], one["state"]) for one in told] == [
        ("dana", "accepted"),
        ("ines", "not asked"),
        ("priya", "not asked"),
    ]
    assert command("people", "duties").out.count("\n\n") == 2


def test_what_changed_since_a_duty_was_accepted_is_marked(
    command: Runner, operation: Operation
) -> None:
    path = Path("handraise.yaml")
    path.write_text(path.read_text().replace("below: 0.72", "below: 0.8"))
    operation.open(path.resolve())
    out = command("people", "duties", "dana").out
    changed = "not asked (changed since they accepted), by the version that waits"
    assert out.startswith("dana, for support-agent: accepted")
    assert f"\n\ndana, for support-agent: {changed}\n" in out
    assert re.search(r"^  \+ .*0.8", out, re.MULTILINE)
    assert re.search(r"^  - .*0.72", out, re.MULTILINE)
    assert "\n    You " in out, "what has not changed has no mark"
    assert out.count("A plus sign marks what is new, a minus sign what is gone.") == 1


def test_a_declined_duty_moves_what_is_held_and_tells_the_owner(
    command: Runner, operation: Operation
) -> None:
    verdict = gate_of(operation).decide(**BIG)
    ran = command("people", "duties", "--as", "ines", "--decline", "support-agent")
    assert ran.out == "ines declines the duty for support-agent\n"
    assert "the owner is told" in ran.err
    found = operation.store.escalation(verdict.escalation_id or "")
    assert found is not None
    assert found.asks[0].holder == "priya"
    assert [one.kind for one in operation.store.messages(to="priya")].count("alarm") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--accept", "support-agent"), 2),
        (("dana", "--accept", "support-agent", "--as", "ines"), 2),
        (("dana", "--accept", "a", "--decline", "b"), 2),
        (("dana", "--accept", "nobody"), 1),
        (("nobody",), 1),
    ],
)
def test_nobody_answers_for_another(
    command: Runner, operation: Operation, arguments: tuple[str, ...], code: int
) -> None:
    assert command("people", "duties", *arguments).code == code


def test_who_has_no_duty_shows_none(command: Runner, operation: Operation) -> None:
    path = Path("handraise.yaml")
    path.write_text(path.read_text().replace("finance_lead: [ines]", "finance_lead: [dana]"))
    operation.open(path.resolve())
    sign(operation, path.resolve())
    assert command("people", "duties", "ines").out == "ines has no duty\n"
    assert re.search(r"ines +Ines Duarte +none", command("people", "list").out)
