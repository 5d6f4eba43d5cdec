"""`ready`: each line with its evidence and remedy, what the owner waives, and watching."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handraise.cli.checklist import ago
from handraise.cli.looking import Look, Looking
from handraise.cli.options import settings_at
from handraise.service.going_live.proofs import Proofs
from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.cli.running import WAIVED, Runner, sign
from tests.support.verified import verify_everybody

WHY = ("--because", "no history yet", "--until", "30d")
UNTRIED = ("--waive", "claims", "--waive", "capacity", "--waive", "drilled", *WHY)


def _settle() -> None:
    """Let everybody confirm a contact and accept their duty, as on their pages."""
    operation = assemble([Path("handraise.yaml")], Settings(console=True))
    verify_everybody(operation)
    operation.close()


def _looking(table: Path, wait: Callable[[float], None] | None = None) -> Looking:
    """Return what looks at a table of which nothing needs to be proved."""
    proofs = Proofs(lambda _table: ())
    settings = settings_at(None, table)
    if wait is None:
        return Looking(table, settings, proofs=proofs)
    return Looking(table, settings, proofs=proofs, wait=wait)


def _codes(look: Look, state: str) -> list[str]:
    return [line.code for line in look.lines if line.state == state]


def test_every_line_that_is_not_green_names_its_remedy(mission: Path) -> None:
    look = _looking(mission).look()
    assert _codes(look, "red") == ["capacity", "reachable", "accepted", "drilled"]
    assert all(line.remedy for line in look.lines if line.state != "green")
    assert not Path("handraise.db").exists()


def test_the_warnings_are_counted_and_told_once_each(command: Runner, mission: Path) -> None:
    lines = command("ready").out.splitlines()
    place = next(at for at, line in enumerate(lines) if " warnings " in line)
    told = [line for line in lines if ": warning: " in line]
    assert told
    assert lines[place].endswith(f"its warnings are looked at: {len(told)} of them")
    assert lines[place + 2 : place + 2 + len(told)] == told


def test_what_is_red_comes_with_what_to_do_before_what_may_be_waived(
    command: Runner, mission: Path
) -> None:
    said = command("ready").err.splitlines()
    to_do = [line.strip().split(":")[0] for line in said[1:-1]]
    assert to_do == ["what to do, in this order", "capacity", "reachable", "accepted", "drilled"]
    assert said[-1] == (
        "what cannot be had yet, as before there is a history, its owner may waive for a time: "
        '--as priya --waive capacity --because "…" --until 30d'
    )


def test_what_only_takes_doing_is_not_offered_to_be_waived(command: Runner, mission: Path) -> None:
    ran = command("ready", "--as", "priya", "--waive", "capacity", *WHY)
    assert "drilled: " in ran.err
    assert "--waive" not in ran.err


def test_what_people_have_said_makes_their_lines_green(mission: Path) -> None:
    _settle()
    assert _codes(_looking(mission).look(), "red") == ["capacity", "drilled"]


def test_waivers_are_by_name_with_a_reason_and_an_end(command: Runner, mission: Path) -> None:
    _settle()
    ran = command("ready", "--as", "priya", *UNTRIED, "--json")
    assert ran.code == 0
    waived = [line["code"] for line in ran.json["checklist"] if line["state"] == "waived"]
    assert waived[-2:] == ["capacity", "drilled"]
    assert [one["line"] for one in ran.json["waivers"]] == waived
    assert {one["reason"] for one in ran.json["waivers"]} == {"no history yet"}
    assert ran.json["statement"].count(".") == 2
    assert ran.json["expires_at"] == ran.json["waivers"][0]["until"]
    shown = command("ready", "--show").out
    assert "capacity: waived by Priya Raman until " in shown
    assert "it ends on " in shown


def test_an_earlier_waiver_goes_on_until_it_is_ended(command: Runner, mission: Path) -> None:
    _settle()
    assert command("ready", "--as", "priya", *UNTRIED).code == 0
    looking = _looking(mission)
    assert _codes(looking.look(), "waived") == ["capacity", "drilled"]
    looking.waive((), ("drilled",))
    look = looking.look()
    assert (_codes(look, "waived"), _codes(look, "red")) == (["capacity"], ["drilled"])
    assert [one.line for one in look.waivers] == ["capacity"]
    assert "signed by Priya Raman" in command("ready").out


def test_a_waiver_of_another_version_is_not_carried_on(command: Runner, mission: Path) -> None:
    assert sign(command).code == 0
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text.replace("0.72", "0.7"), encoding="utf-8")
    assert _codes(_looking(mission).look(), "waived") == []


def test_what_is_not_red_is_not_waived(command: Runner, mission: Path) -> None:
    ran = command("ready", "--as", "priya", *WAIVED[:-4], "--waive", "threshold", *WHY)
    assert ran.code == 0
    assert "--waive: threshold is not red" in ran.err
    assert "threshold: waived" not in ran.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--waive", "capacity"), "nobody waives"),
        (("--as", "priya", "--waive", "capacity", "--because", "x"), "has no end"),
        (("--as", "priya", "--waive", "capacity", "--until", "30d"), "has no reason"),
        (("--as", "priya", "--waive", "capcity", *WHY), 'there is no line "capcity"'),
        (("--as", "priya", "--waive", "sound", *WHY), '"sound" cannot be waived'),
        (("--as", "priya", "--waive", "tests", *WHY), '"tests" cannot be waived'),
        (("--as", "priya", "--unwaive", "tests"), '"tests" cannot be waived'),
        (
            ("--as", "priya", "--waive", "drilled", "--because", "x", "--until", "91d"),
            "more than 90 days ahead",
        ),
        (
            ("--as", "priya", "--waive", "drilled", "--because", "x", "--until", "2020-01-01"),
            "has passed",
        ),
        (
            ("--as", "priya", "--waive", "drilled", "--because", "x", "--until", "soon"),
            "is no instant",
        ),
        (("--as", "priya", "--waive", "drilled", "--because", "x" * 501, "--until", "3d"), "500"),
        (("--because", "x"), "nothing is waived"),
        (("--watch", "--json"), "prints for people"),
    ],
)
def test_what_cannot_be_waived_is_said(
    command: Runner, mission: Path, options: tuple[str, ...], words: str
) -> None:
    ran = command("ready", *options)
    assert ran.code == 2
    assert words in ran.err


def test_failing_tests_hold_it_up_whatever_is_waived(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text.replace("expect: proceed", "expect: {escalate: [finance_lead]}"))
    ran = command("ready", "--as", "priya", *WAIVED, "--json")
    assert ran.code == 1
    assert [one["code"] for one in ran.json["checklist"] if one["state"] == "red"] == ["tests"]


def test_watching_prints_what_changes_and_ends_when_nothing_is_red(
    mission: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        _settle()

    looking = _looking(mission, wait)
    table = looking.look().table
    assert table is not None
    looking.waive(looking.fresh_waivers(table, ("capacity", "drilled"), "new", "30d"), ())
    look = looking.watched()
    out = capsys.readouterr().out
    assert (look.is_red, waits) == (False, [2.0])
    assert "RED     accepted" in out
    assert "ok      accepted" in out
    assert out.count("  sound ") == 1


def test_a_watch_that_is_broken_off_says_how_it_stands(mission: Path) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    assert _looking(mission, interrupted).watched().is_red


def test_a_table_that_breaks_while_it_is_watched_is_red(
    mission: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait(_seconds: float) -> None:
        if mission.read_text(encoding="utf-8") == "agent:":
            raise KeyboardInterrupt
        mission.write_text("agent:", encoding="utf-8")

    look = _looking(mission, wait).watched()
    assert (look.table, _codes(look, "red")) == (None, ["sound"])
    assert "RED     sound" in capsys.readouterr().out


def test_ages_are_told_in_their_largest_unit() -> None:
    now = datetime(2026, 11, 14, tzinfo=UTC)
    spans = [timedelta(days=2), timedelta(hours=1), timedelta(minutes=5), timedelta(seconds=9)]
    told = [ago(now - span, now) for span in spans]
    assert told == ["2 days ago", "1 hour ago", "5 minutes ago", "just now"]
