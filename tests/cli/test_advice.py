"""`advice`: listed with its evidence, taken up as a draft, declined."""

from __future__ import annotations

from pathlib import Path

from handraise.clock import SystemClock
from handraise.core.table.patch import difference
from handraise.model import Advice
from handraise.service.reading.tables import read_table
from handraise.store import open_store
from tests.cli.running import Runner, put_live
from tests.store.records import new_id


def advised(mission: Path, *, change: bool = True) -> Advice:
    """Return advice on the mission's table, which is live, to lower its threshold."""
    put_live(mission)
    reading = read_table(mission)
    assert reading.table is not None
    text = mission.read_text()
    now = SystemClock().now()
    one = Advice(
        id=new_id(),
        agent="support-agent",
        version=reading.table.version,
        kind="threshold" if change else "silent_row",
        subject="confidence.1",
        sentence="The threshold of confidence.1 could be 0.64 instead of 0.72.",
        lines=("Looked at: the first 500 decisions.",),
        change=difference(text, text.replace("0.72", "0.64", 1), mission.name) if change else "",
        evidence=500,
        made_at=now,
    )
    store = open_store("sqlite:///handraise.db")
    store.keep_advice("support-agent", set(), [one], now)
    store.close()
    return one


def test_it_is_listed_taken_up_as_a_draft_and_in_force_no_sooner(
    command: Runner, mission: Path
) -> None:
    one = advised(mission)
    before = mission.read_text()
    listed = command("advice")
    assert listed.code == 0
    assert one.sentence in listed.out
    assert "    Looked at: the first 500 decisions." in listed.out
    assert "\n    +" in listed.out
    assert command("advice", "--json").json[0]["change"] == one.change

    taken = command("advice", "take", one.id, "--as", "priya")

    assert (taken.code, "a draft" in taken.out, "nothing is in force yet" in taken.err) == (
        0,
        True,
        True,
    )
    assert mission.read_text() == before.replace("0.72", "0.64", 1)
    said = command("advice")
    assert said.out == "nothing is advised\n"
    assert "support-agent: rows: " in said.err
    assert "(taken by priya)" in command("advice", "--all").out
    again = command("advice", "take", one.id, "--as", "priya")
    assert (again.code, "was taken up by priya" in again.err) == (1, True)


def test_it_is_declined_by_the_owner_with_a_reason(command: Runner, mission: Path) -> None:
    one = advised(mission)
    ran = command("advice", "decline", one.id, "--as", "dana", "--reason", "no")
    assert (ran.code, "priya settles advice" in ran.err) == (1, True)
    ran = command("advice", "decline", one.id, "--as", "priya")
    assert (ran.code, "say why" in ran.err) == (2, True)
    ran = command("advice", "decline", one.id, "--as", "priya", "--reason", "a quiet season")
    assert (ran.code, ran.out) == (0, f"{one.id}: declined by priya\n")
    assert "declined because: a quiet season" in command("advice", "--all").out


def test_without_a_change_there_is_nothing_to_write(command: Runner, mission: Path) -> None:
    one = advised(mission, change=False)
    before = mission.read_text()
    ran = command("advice", "take", one.id, "--as", "priya", "--json")
    assert (ran.code, ran.json["state"], ran.json["file"]) == (0, "taken", None)
    assert mission.read_text() == before


def test_a_look_now_says_what_is_missing_for_more(command: Runner, mission: Path) -> None:
    put_live(mission)
    ran = command("advice", "--look")
    assert (ran.code, ran.out) == (0, "nothing is advised\n")
    assert "support-agent: no advice on thresholds: nobody said" in ran.err


def test_what_is_missing_is_said(command: Runner, mission: Path) -> None:
    put_live(mission)
    for arguments, code, said in (
        (("take", "x"), 2, "--as"),
        (("decline", "x", "--reason", "y"), 2, "--as"),
        (("take", "x", "--as", "priya"), 1, 'no advice "x"'),
        (("--all", "take", "x", "--as", "priya"), 2, "do nothing before a command"),
    ):
        ran = command("advice", *arguments)
        assert (ran.code, said in ran.err) == (code, True), ran
