"""`publish` and `rollback`: a change waits, is signed for, and the version before comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from handraise.cli.looking import Looking
from handraise.errors import NotReadyError
from handraise.service.reading.tables import open_table
from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.cli.running import Runner, sign

BECAUSE = ("--because", "it stops too much")


@pytest.fixture
def live(command: Runner, mission: Path) -> str:
    """Return the version of the mission's table that is in force."""
    ran = sign(command, "--json")
    assert ran.code == 0, ran.err
    version: str = ran.json["version"]
    return version


def edit(mission: Path, old: str = "below: 0.72", new: str = "below: 0.7") -> None:
    text = mission.read_text(encoding="utf-8")
    assert old in text
    mission.write_text(text.replace(old, new), encoding="utf-8")


def versions(command: Runner) -> dict[str, str]:
    return {one["version"]: one["state"] for one in command("publish", "--list", "--json").json}


def test_a_changed_table_waits_and_says_what_it_changes(
    command: Runner, mission: Path, live: str
) -> None:
    edit(mission)
    ran = command("publish")
    assert ran.code == 0
    assert f"version {live} goes on judging; what changes:" in ran.out
    assert "below 0.72 -> its confidence is below 0.7" in ran.out
    assert "asked to accept" in ran.out
    assert versions(command) == {
        live: "in force",
        **dict.fromkeys(_others(command, live), "waiting"),
    }


def _others(command: Runner, live: str) -> list[str]:
    return [version for version in versions(command) if version != live]


def test_what_is_red_is_not_signed_by_publishing_it(
    command: Runner, mission: Path, live: str
) -> None:
    edit(mission)
    ran = command("publish", "--as", "priya")
    assert ran.code == 1
    assert "not signed: " in ran.err
    ran = command("publish", "--as", "dana")
    assert ran.code == 1
    assert "not the owner" in ran.err
    assert versions(command)[live] == "in force"


def test_a_file_that_changes_between_two_looks_is_not_signed_for(
    command: Runner, mission: Path, live: str
) -> None:
    look = Looking(mission, Settings(store_url="sqlite:///handraise.db")).look()
    assert look.table_of(live).version == live
    edit(mission)
    (draft, _) = open_table(mission)
    with pytest.raises(NotReadyError, match="changed meanwhile"):
        look.table_of(draft.version)


def test_a_draft_that_names_another_owner_is_signed_by_the_present_one(
    command: Runner, mission: Path, live: str
) -> None:
    edit(mission, "owner: priya", "owner: dana")
    assert "priya, the present one, signs for it" in command("publish").out
    assert command("publish", "--json").json["news"]["signer"] == "priya"
    for refused in (command("publish", "--as", "dana"), sign(command, as_="dana")):
        assert refused.code == 1
        assert "--as priya" in refused.err
    ran = sign(command)
    assert ran.code == 0, ran.err
    assert versions(command)[live] == "ended"


def test_what_is_in_force_says_so(command: Runner, live: str) -> None:
    ran = command("publish", "--json")
    assert ran.code == 0
    assert ran.json["news"]["in_force"] == live == ran.json["news"]["version"]
    assert "in force already" in command("publish").out


def test_the_version_before_comes_back(command: Runner, mission: Path, live: str) -> None:
    edit(mission)
    assert sign(command).code == 0
    (second,) = _others(command, live)
    assert versions(command) == {second: "in force", live: "ended"}

    ran = command("rollback", "--as", "priya", *BECAUSE)

    assert ran.code == 0
    assert f"version {live} of the table of support-agent is in force again" in ran.out
    assert "signed by" in ran.out
    assert versions(command) == {live: "in force", second: "ended"}
    ran = command("rollback", second[:8], "--as", "priya", *BECAUSE, "--json")
    assert ran.json["version"] == second
    assert ran.json["checklist"][0]["code"] == "put_back"
    listed = command("publish", "--list")
    assert "signed by priya" in listed.out


def test_what_was_put_back_is_listed_with_its_reason_and_its_first_signature(
    command: Runner, mission: Path, live: str
) -> None:
    signed = command("ready", "--show", "--json").json["at"][:16].replace("T", " ")
    edit(mission)
    assert sign(command).code == 0
    assert command("rollback", "--as", "priya", *BECAUSE).code == 0
    (second,) = _others(command, live)
    listed = command("publish", "--list").out
    told = [line.strip() for line in listed[listed.index(live) :].splitlines()]
    assert f"signed by priya on {signed} UTC" in told
    put_back = next(line for line in told if line.startswith("put back on "))
    assert put_back.endswith(f" by priya: it stops too much (after version {second})")
    assert "put back" not in listed[listed.index(second) : listed.index(live)]


def test_a_file_whose_version_was_signed_once_shows_what_became_of_it(
    command: Runner, mission: Path, live: str
) -> None:
    edit(mission)
    assert "became of it" not in command("ready", "--show").out
    assert sign(command).code == 0
    assert command("rollback", "--as", "priya", *BECAUSE).code == 0
    (second,) = _others(command, live)

    ran = command("ready", "--show")

    assert ran.code == 1
    assert f"version {second}: not in force" in ran.out
    assert "what became of this version: signed by priya on " in ran.out
    assert f"priya: version {live} followed" in ran.out
    assert f"`handraise rollback {second} --as priya --because …` puts it back" in ran.out
    shown = command("ready", "--show", "--json").json
    assert (shown["ready"], shown["once"]["state"]) == (False, "ended")


def test_a_version_whose_signature_was_withdrawn_says_so(
    command: Runner, mission: Path, live: str
) -> None:
    assert command("ready", "--withdraw", "--as", "priya").code == 0
    shown = command("ready", "--show").out
    assert "priya withdrew it" in shown
    assert "rollback" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--as: nobody signs"),
        (("--as", "priya"), "--because: has no reason"),
        (("--as", "priya", *BECAUSE), "no other version"),
        (("ffff", "--as", "priya", *BECAUSE), 'no version that begins with "ffff"'),
    ],
)
def test_nothing_is_put_back_that_was_not_meant(
    command: Runner, live: str, arguments: tuple[str, ...], words: str
) -> None:
    ran = command("rollback", *arguments)
    assert ran.code in {1, 2}
    assert words in ran.err
    assert versions(command) == {live: "in force"}


def test_before_anything_was_opened_there_is_nothing_to_list(
    command: Runner, mission: Path
) -> None:
    ran = command("publish", "--list")
    assert ran.code != 0
    assert "error" in ran.err


def test_no_line_of_a_log_stands_beside_what_they_say(
    command: Runner, mission: Path, live: str
) -> None:
    edit(mission)
    said = [command("publish").err]
    assert sign(command).code == 0
    said += [command("rollback", "--as", "priya", *BECAUSE).err, command("publish", "--list").err]
    assert not any("level=" in one for one in said)


def test_an_agent_is_warned_once_that_another_version_judges(
    mission: Path, live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(mission)
    operation = assemble([mission], Settings(console=True))
    opened_with = capsys.readouterr().err
    gate = operation.face(mission)
    gate.look()
    gate.look()
    gate.close()
    assert "in force" not in opened_with
    assert capsys.readouterr().err.count(f"in_force='{live}'") == 1
