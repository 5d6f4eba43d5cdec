"""`situations`: what is new in groups, what people say it is, and whether the familiar drifts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.cli.situations import MOST_GROUPS
from handraise.service.wiring import Operation
from tests.cli.running import Runner
from tests.cli.test_learn import learned, naming
from tests.support.labelled import labelled, written
from tests.support.operation import AGENT, TABLE, answered, gate_of, opened

SHELLS = ("can I pay with shells", "can I pay my bill with shells", "I want to pay with shells")
STRAY = "the printer is on fire " * 10


@pytest.fixture
def operation(folder: Path) -> Iterator[Operation]:
    """An operation whose store commands look into."""
    operation = opened(folder)
    yield operation
    operation.close()


def novel(operation: Operation, text: str | None, kind: str = "riddle") -> str:
    """Return the escalation of a new situation that was answered."""
    number = len(operation.store.escalations(limit=1000))
    verdict = gate_of(operation).decide(
        type=kind, action="send_reply", confidence=0.95, text=text, case=f"case {number}"
    )
    assert verdict.escalation_id is not None
    answered(operation, verdict.escalation_id, "approve")
    return verdict.escalation_id


def test_new_situations_are_listed_in_groups(command: Runner, operation: Operation) -> None:
    for text in SHELLS:
        novel(operation, text)
    novel(operation, STRAY)
    mute = novel(operation, None, "noise")

    ran = command("situations")

    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == f"{AGENT}: 1 group, 2 alike to no other"
    assert lines[2].split("  ")[1].startswith("3 situations: ")
    assert "shells" in lines[2]
    assert all(f"    “{text}”" in lines for text in SHELLS)
    assert "    taken for riddle 3; approved 3" in lines
    assert f"    without a text: {mute}" in lines
    assert any(line.endswith("…”") and len(line) < 170 for line in lines)
    assert "`handraise situations name GROUP TYPE --as PERSON`" in ran.err

    (found,) = command("situations", "--json").json
    assert (found["agent"], found["waiting"], found["said"]) == (AGENT, 0, [])
    assert [one["count"] for one in found["groups"]] == [3, 1, 1]


def test_a_person_names_a_group_and_it_waits_to_be_learned(
    command: Runner, operation: Operation
) -> None:
    ids = [novel(operation, text) for text in SHELLS]
    stray = novel(operation, STRAY)
    (found,) = command("situations", "--json").json
    group = found["groups"][0]["id"]

    ran = command("situations", "name", group, "payment_in_shells", "--as", "dana")
    assert (ran.code, ran.out) == (0, "3 situations: payment_in_shells\n")
    assert "`handraise learn … --add` takes it up" in ran.err
    ran = command("situations", "none", stray, "--as", "dana")
    assert (ran.code, ran.out) == (0, "1 situation: of no type\n")

    (found,) = command("situations", "--json").json
    assert (found["groups"], found["waiting"]) == ([], 3)
    assert sorted(found["said"][0]["escalation_ids"]) == sorted(ids)
    out = command("situations").out
    assert "named: 3 payment_in_shells, by dana" in out
    assert "named: 1 of no type, by dana" in out
    assert "3 situations waiting for `handraise learn … --add`" in out

    ran = command("situations", "name", ids[0], "refund_request", "--as", "priya")
    assert "the table knows this type already" in ran.err
    ran = command("situations", "name", ids[0], "refund_request", "--as", "priya")
    assert ran.out == "1 situation (1 said so already): refund_request\n"


def test_a_name_that_is_almost_another_is_asked_about_before_it_is_kept(
    command: Runner, operation: Operation
) -> None:
    ids = [novel(operation, text) for text in SHELLS]

    ran = command("situations", "name", ids[0], "refund_requests", "--as", "dana")
    assert (ran.code, ran.out) == (2, "")
    assert 'did you mean "refund_request"?' in ran.err
    assert "--yes if it is a new type" in ran.err
    assert operation.store.named_situations(AGENT) == []
    ran = command("situations", "name", ids[0], "refund_requests", "--as", "dana", "--yes")
    assert (ran.code, ran.out) == (0, "1 situation: refund_requests\n")

    assert command("situations", "name", ids[1], "shell_paying", "--as", "dana").code == 0
    ran = command("situations", "name", ids[2], "shells_paying", "--as", "dana")
    assert ran.code == 2
    assert 'did you mean "shell_paying"?' in ran.err
    assert command("situations", "name", ids[2], "shell_paying", "--as", "dana").code == 0


def test_what_was_named_is_named_again_by_its_escalations(
    command: Runner, operation: Operation
) -> None:
    ids = [novel(operation, text) for text in SHELLS]
    (found,) = command("situations", "--json").json
    group = found["groups"][0]["id"]
    assert command("situations", "name", group, "shels", "--as", "dana").code == 0
    gone = command("situations", "name", group, "conches", "--as", "dana")
    assert gone.code == 1
    assert "what was named is meant by its escalations" in gone.err

    listed = command("situations")
    named = listed.out.splitlines().index("named: 3 shels, by dana")
    told = listed.out.splitlines()[named + 1].strip()
    assert sorted(told.split(",")) == sorted(ids)
    assert "`handraise situations name ESCALATION,… TYPE --as PERSON`" in listed.err

    ran = command("situations", "name", told, "conches", "--as", "dana")
    assert (ran.code, ran.out) == (0, "3 situations: conches\n")


def test_only_the_tables_agent_is_shown(
    command: Runner, operation: Operation, folder: Path
) -> None:
    made = novel(operation, STRAY)
    other = folder / "cards.yaml"
    other.write_text(TABLE.replace(f"agent: {AGENT}", "agent: card-agent"), encoding="utf-8")
    operation.open(other)
    novel_of_cards = operation.gates["card-agent"].decide(
        type="riddle", action="send_reply", confidence=0.95, text="cards", case="cards"
    )
    assert novel_of_cards.escalation_id is not None
    answered(operation, novel_of_cards.escalation_id, "approve")

    def agents(*options: str) -> list[str]:
        return [one["agent"] for one in command("situations", "--json", *options).json]

    assert agents("--table", "cards.yaml") == ["card-agent"]
    assert agents() == [AGENT]
    assert agents("--agent", "card-agent") == ["card-agent"]
    both = f"{made},{novel_of_cards.escalation_id}"
    ran = command("situations", "none", both, "--as", "dana")
    assert ran.code == 2
    assert "these are of 2 agents\nname those of one at a time" in ran.err
    (folder / "handraise.yaml").unlink()
    assert sorted(agents()) == ["card-agent", AGENT]


def test_what_was_named_is_learned_with_add(
    command: Runner, operation: Operation, folder: Path
) -> None:
    ids = [novel(operation, text) for text in SHELLS]
    for id in ids:
        assert command("situations", "name", id, "shells", "--as", "dana").code == 0
    rows = labelled(4, 60, revenue_usd=lambda number: number % 20)
    written(folder / "past.csv", rows)
    ran = learned(command, "--add")
    assert ran.code == 0
    assert "learned 243 rows of 5 types" in ran.out
    assert "; 3 of them people named" in ran.out
    assert learned(command, "--add", "--json").json["types"]["shells"] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("name", "0123456789", "x"), 2, "--as: nobody says so"),
        (("name", "0123456789", "x", "--as", "dana"), 1, 'there is no group "0123456789"'),
        (("none", "nothing", "--as", "dana"), 1, 'there is no escalation "nothing"'),
        (("drift",), 2, "names no learned files"),
        (("drift", "--agent", "nobody"), 1, 'there is no agent "nobody"'),
        (("--agent", "nobody"), 1, 'there is no agent "nobody"'),
        (("--json", "drift"), 2, "do nothing before a command"),
    ],
)
def test_what_cannot_be_done_says_why(
    command: Runner, operation: Operation, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = command("situations", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_only_who_answers_for_the_new_may_say_what_it_is(
    command: Runner, operation: Operation
) -> None:
    id = novel(operation, STRAY)
    ran = command("situations", "name", id, "fire", "--as", "ines")
    assert (ran.code, ran.out) == (1, "")
    assert '"ines" does not answer for new situations' in ran.err


def test_long_lists_are_cut(command: Runner, operation: Operation) -> None:
    for _ in range(MOST_GROUPS + 2):
        novel(operation, None)
    assert "and 2 more; --json lists all" in command("situations").out


def test_reading_makes_no_store(command: Runner, folder: Path) -> None:
    for arguments in ((), ("drift",), ("none", "x", "--as", "dana")):
        ran = command("situations", *arguments)
        assert (ran.code, ran.out) == (1, "")
        assert "there is no store yet" in ran.err
    assert list(folder.iterdir()) == []


def test_drift_is_told_week_by_week(command: Runner, folder: Path, mission: Path) -> None:
    naming(mission)
    written(folder / "past.csv", labelled(4, 60, revenue_usd=lambda number: number % 20))
    assert learned(command).code == 0
    operation = opened(folder, table=mission.read_text(encoding="utf-8"), is_ready=False)
    try:
        assert "no decision has been held" in command("situations", "drift").out
        for number in range(3):
            gate_of(operation).decide(
                type="refund", confidence=0.9, case=str(number), facts={"revenue_usd": 10}
            )
    finally:
        operation.close()
    ran = command("situations", "drift")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("no drift can be seen in 3 decisions; ")
    assert lines[2].split("  ")[0] == "week"
    assert lines[-1] == "stopped as unfamiliar up to 15.0%; the weeks are of all decisions"
    found = command("situations", "drift", "--json").json
    assert (found["finding"], found["everything"]["count"]) == ("none", 3)
