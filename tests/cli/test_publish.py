"""`publish` and `rollback`: a change waits, is signed for, and the version before comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

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
