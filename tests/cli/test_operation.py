"""`ready`, `inbox`, `key`, `store`: what an operator does with a store."""

from pathlib import Path

import pytest

import handraise
from handraise.service.deciding.gate import EmbeddedGate
from handraise.store import open_store
from tests.cli.running import Runner, broken, put_live, sign


def _practice(folder: Path) -> EmbeddedGate:
    """Return a gate that practises in the store that commands look into."""
    return handraise.open(
        folder / "handraise.yaml",
        store=f"sqlite:///{folder / 'handraise.db'}",
        rehearsal=True,
        console=True,
        worker=False,
    )


def _stop(folder: Path) -> str:
    """Return the id of an escalation that a real gate made."""
    gate = _practice(folder)
    try:
        verdict = gate.decide(type="refund_request", confidence=0.3, facts={"revenue_usd": 1})
    finally:
        gate.close()
    assert verdict.escalation_id is not None
    return verdict.escalation_id


def test_the_owner_signs_and_the_table_is_live(command: Runner, mission: Path) -> None:
    ran = command("ready", "--show")
    assert ran.code == 1
    assert "not ready" in ran.out
    assert not Path("handraise.db").exists()
    ran = sign(command)
    assert ran.code == 0
    assert "ok      tests      its tests pass: 4 of 4 pass" in ran.out
    assert "Priya Raman has signed for version" in ran.out
    ran = command("ready", "--show")
    assert ran.code == 0
    assert "signed by Priya Raman on " in ran.out
    ran = command("ready", "--show", "--json")
    assert (ran.json["ready"], ran.json["by"]) == (True, "priya")


def test_another_version_is_not_ready(command: Runner, mission: Path) -> None:
    put_live(mission)
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text.replace("0.72", "0.7"), encoding="utf-8")
    ran = command("ready", "--show", "--json")
    assert (ran.code, ran.json["ready"]) == (1, False)


def test_a_record_that_somebody_else_signed_is_none(command: Runner, mission: Path) -> None:
    put_live(mission)
    Path("handraise.secret").write_text("x" * 40, encoding="utf-8")
    assert command("ready", "--show").code == 1


@pytest.mark.parametrize("who", ["dana", "nobody", ""])
def test_nobody_but_the_owner_signs(command: Runner, mission: Path, who: str) -> None:
    ran = command("ready", "--as", who)
    assert ran.code == 1
    assert ran.err.splitlines()[0] == f'error: "{who}" is not the owner of this table'
    assert not Path("handraise.db").exists()


def test_without_an_owner_nobody_signs(command: Runner, mission: Path) -> None:
    ran = command("ready")
    assert ran.code == 1
    assert "not ready: " in ran.err
    assert not Path("handraise.db").exists()


def test_every_warning_is_printed_under_its_line(command: Runner, mission: Path) -> None:
    checked = command("check").out.splitlines()
    warnings = [line for line in checked if ": warning: " in line]
    out = sign(command).out.splitlines()
    assert len(warnings) > 1
    assert [
        line.strip() for line in out if ": warning: " in line and line.startswith("      ")
    ] == warnings


def test_a_red_line_holds_it_up(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text[: text.index("tests:")], encoding="utf-8")
    ran = sign(command)
    assert ran.code == 1
    assert "RED     tests      its tests pass: the table has no tests" in ran.out
    assert "add tests: to the table" in ran.out
    assert ran.err.startswith("not ready: its tests pass")
    ran = sign(command, "--json")
    assert (ran.code, ran.json["ready"]) == (1, False)
    assert "red" in [line["state"] for line in ran.json["checklist"]]
    assert not Path("handraise.db").exists()


def test_signing_as_json(command: Runner, mission: Path) -> None:
    ran = sign(command, "--json")
    assert (ran.code, ran.json["ready"], ran.json["by"]) == (0, True, "priya")
    assert ran.json["at"]


def test_a_broken_table_cannot_go_live(command: Runner, mission: Path) -> None:
    broken(mission)
    ran = sign(command, "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.error["code"] == "table"


def test_the_owner_withdraws_what_is_in_force(command: Runner, mission: Path) -> None:
    put_live(mission)
    assert command("ready", "--withdraw").code == 2
    assert "is not the owner" in command("ready", "--withdraw", "--as", "dana").err
    assert command("ready", "--show").code == 0
    ran = command("ready", "--withdraw", "--as", "priya")
    assert (ran.code, "nothing goes ahead any more" in ran.out) == (0, True)
    assert command("ready", "--show").code == 1
    put_live(mission)
    assert command("ready", "--withdraw", "--as", "priya", "--json").json["in_force"] is None


def test_the_inbox_lists_what_is_open(command: Runner, mission: Path, folder: Path) -> None:
    id = _stop(folder)
    ran = command("inbox")
    assert ran.code == 0
    assert f"{id}." in ran.out
    assert "dana" in ran.out
    assert "(rehearsal) confidence 0.3 is below 0.72" in ran.out
    (line,) = command("inbox", "--json").json
    assert line["escalation"] == id
    assert (line["holder"], line["route"], line["state"]) == ("dana", "support_supervisor", "open")
    assert len(command("inbox", "--as", "dana", "--json").json) == 1
    assert command("inbox", "--as", "ines", "--json").json == []
    assert "nobody has anything" in command("inbox", "--as", "ines").out


def test_what_has_ended_is_listed_only_when_asked_for(
    command: Runner, mission: Path, folder: Path
) -> None:
    id = _stop(folder)
    gate = _practice(folder)
    try:
        gate.withdraw(id, "no longer needed")
    finally:
        gate.close()
    assert command("inbox", "--json").json == []
    (line,) = command("inbox", "--all", "--json").json
    assert (line["outcome"], line["answered_by"]) == ("withdrawn", None)
    listed = command("inbox", "--all").out
    assert "withdrawn" in listed
    assert "dana" not in listed  # who had it does not matter any more


def test_an_agents_key_is_shown_once_and_revoked(command: Runner, mission: Path) -> None:
    put_live(mission)
    assert "there are no keys" in command("key", "list").out
    ran = command("key", "add", "support-agent", "--label", "production")
    assert ran.code == 0
    secret = ran.out.strip()
    assert " " not in secret
    assert "shown this once" in ran.err
    ran = command("key", "list", "--json")
    (key,) = ran.json
    assert (key["agent"], key["label"], key["revoked_at"]) == ("support-agent", "production", None)
    assert secret not in ran.out
    assert secret not in command("key", "list").out
    assert command("key", "list", "other", "--json").json == []
    assert command("key", "revoke", key["id"]).code == 0
    assert command("key", "list", "--json").json[0]["revoked_at"] is not None
    ran = command("key", "revoke", key["id"])
    assert (ran.code, ran.out) == (1, "")
    assert "there is no live key" in ran.err


def test_a_key_as_json_carries_its_secret(command: Runner, mission: Path) -> None:
    put_live(mission)
    made = command("key", "add", "support-agent", "--json").json
    assert made["secret"]
    assert made["label"] == "agent"


def test_a_key_needs_an_agent_that_is_known(command: Runner, mission: Path) -> None:
    put_live(mission)
    ran = command("key", "add", "nobody", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error["code"] == "not_found"
    assert command("key", "add", "support-agent", "--label", "").code == 2


@pytest.mark.parametrize(
    "arguments", [("inbox",), ("key", "list"), ("key", "add", "a"), ("key", "revoke", "a")]
)
def test_reading_makes_no_store(command: Runner, folder: Path, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no store yet" in ran.err
    assert "handraise store migrate" in ran.err
    assert list(folder.iterdir()) == []


def test_a_store_is_made_described_and_copied(command: Runner, folder: Path) -> None:
    ran = command("store", "info")
    assert ran.code == 0
    assert "schema none yet" in ran.out
    assert list(folder.iterdir()) == []
    assert command("store", "migrate").code == 0
    assert command("store", "migrate").code == 0
    found = command("store", "info", "--json").json
    assert found["revision"] == found["head"]
    assert found["rows"]["escalations"] == 0
    assert "escalations" in command("store", "info").out
    assert command("store", "backup", "copy.db").code == 0
    open_store(f"sqlite:///{folder / 'copy.db'}").close()
    ran = command("store", "backup", "copy.db")
    assert (ran.code, ran.err) == (2, "error: copy.db: exists already\nname a new file\n")


def test_the_store_is_the_one_that_is_named(
    command: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("store", "migrate", "--store", "sqlite:///named.db").code == 0
    monkeypatch.setenv("HANDRAISE_STORE", "sqlite:///set.db")
    assert command("store", "migrate").code == 0
    assert sorted(path.name for path in folder.glob("*.db")) == ["named.db", "set.db"]


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense"])
def test_a_store_that_is_none_is_wrong_usage(command: Runner, url: str) -> None:
    ran = command("store", "migrate", "--store", url)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")


def test_an_edited_table_says_which_version_still_goes_ahead(
    command: Runner, mission: Path
) -> None:
    put_live(mission)
    mission.write_text(mission.read_text().replace("below: 0.72", "below: 0.8"))

    ran = command("ready", "--show")

    assert ran.code == 1
    assert "not signed for" in ran.out
    assert "is still in force: gates go on with it" in ran.out
    assert command("ready", "--show", "--json").json["another_in_force"] is not None
