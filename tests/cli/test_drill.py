"""`drill`: what it prints, how it ends, what it lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.cli.running import Runner
from tests.support.verified import verify_everybody


@pytest.fixture
def printed(mission: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mission's table, its messages printed; everybody has confirmed their contact."""
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")
    opened = assemble([mission], Settings.from_environment())
    verify_everybody(opened)
    opened.close()
    return mission


def test_a_drill_goes_out_and_is_listed(command: Runner, printed: Path) -> None:
    ran = command("drill", "finance_lead", "--wait", "0s")

    assert ran.code == 0
    assert "a drill of finance_lead is on its way to Ines Duarte" in ran.err
    assert "[DRILL]" in ran.err
    assert "finance_lead" in command("drill", "--list").out
    (told,) = command("drill", "--list", "--json").json
    assert (told["person"], told["outcome"], told["by"]) == ("ines", "open", "priya")


def test_an_answered_drill_is_listed_with_its_times(command: Runner, printed: Path) -> None:
    command("drill", "support_supervisor", "--wait", "0s")
    opened = assemble(
        [],
        Settings.from_environment(store_url=f"sqlite:///{Path('handraise.db').resolve()}"),
        delivers=False,
    )
    (line,) = opened.store.asks(holder="dana", state="open")
    seen = opened.store.escalation(line.escalation_id)
    assert seen is not None
    opened.desk.answer(line.ask.id, "dana", kind="approve", digest=seen.proposal_digest)
    opened.drills.settle()
    opened.close()

    (told,) = command("drill", "support_supervisor", "--list", "--json").json
    assert (told["outcome"], told["answered_by"]) == ("answered", "dana")
    assert told["answered_s"] >= 0


def test_every_route_and_the_owner_are_drilled_at_once(command: Runner, printed: Path) -> None:
    ran = command("drill", "--all", "--wait", "0s", "--json")

    assert ran.code == 0
    routes = ["support_supervisor", "finance_lead", "owner"]
    assert [one["route"] for one in ran.json] == routes
    again = command("drill", "--all", "--wait", "0s")
    assert [line for line in again.out.splitlines() if line.endswith(":")] == [
        f"{route}:" for route in routes
    ]


def test_a_route_that_nobody_can_be_asked_of_is_told_and_the_others_are_drilled(
    command: Runner, mission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")

    ran = command("drill", "--all", "--wait", "0s", "--json")

    assert ran.code == 1
    assert [one["route"] for one in ran.json] == ["owner"]
    assert "no drill: nobody of finance_lead can be asked now" in ran.err


def test_a_drill_that_nobody_answers_in_time_ends_with_one(command: Runner, printed: Path) -> None:
    ran = command("drill", "owner", "--wait", "1s")

    assert ran.code == 1
    assert "told Priya Raman after" in ran.out
    assert "not answered yet" in ran.out


def test_a_drill_past_everybody_is_refused_with_the_reason(
    command: Runner, mission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")

    ran = command("drill", "finance_lead", "--wait", "0s")

    assert ran.code == 2
    assert "nobody of finance_lead can be asked now: ines has no verified contact" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "ROUTE: name the route"),
        (("finance_lead", "--all"), "--all: tries every route"),
        (("finance",), 'no route "finance"'),
        (("finance_lead", "--person", "dana"), '"dana" is not on the route'),
        (("finance_lead", "--wait", "soon"), "--wait"),
    ],
)
def test_what_cannot_be_drilled_is_said(
    command: Runner, printed: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = command("drill", *arguments)

    assert ran.code != 0
    assert words in ran.err


def test_there_were_none(command: Runner, printed: Path) -> None:
    assert "there were no drills" in command("drill", "--list").out


def test_without_a_mail_server_it_goes_out_by_the_worker_that_runs(
    command: Runner, printed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDRAISE_CONSOLE")
    refused = command("drill", "--all", "--wait", "0s")
    assert refused.code == 2
    for remedy in ("`handraise serve`", "HANDRAISE_MAIL", "HANDRAISE_CONSOLE=1"):
        assert remedy in refused.err

    server = assemble([printed], Settings(console=True))
    server.tell_address()
    server.worker.act()
    ran = command("drill", "--all", "--wait", "0s", "--json")
    kept = {one.state for one in server.store.messages() if "[DRILL]" in one.subject}
    server.close()

    assert ran.code == 0, ran.err
    assert "timestamp" not in ran.err
    assert kept == {"pending"}, "what this command cannot send is left to the worker"
