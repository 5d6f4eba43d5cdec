"""`log`: the record shown, checked, exported, erased from."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer, read_or_make
from handraise.store import Store, open_store
from tests.cli.running import Runner
from tests.store.records import (
    NOW,
    after,
    approval,
    make_escalation,
    make_event,
    make_message,
    make_record,
)

SECRET = Path("handraise.secret")


@pytest.fixture
def store(folder: Path) -> Store:
    """A store beside which the secret is kept, with an answered and an open escalation in it."""
    opened = open_store(f"sqlite:///{folder / 'handraise.db'}", migrate=True)
    clock = ManualClock(NOW)
    record = Record(opened, Signer(read_or_make(SECRET)), clock)
    for case in ("ticket-1", "ticket-2"):
        made = make_escalation(case=case)
        happened = [make_event(made, detail={"to": "ines", "note": "w" * 200})]
        assert (
            opened.create_escalation(make_record(made), made, happened, [make_message(made)])
            is None
        )
    first = opened.escalations()[-1].id
    opened.change(first, lambda found: (approval(found, "ines", after(hours=1)), []))
    clock.advance(days=1)
    record.tick()
    opened.close()
    return opened


def edited(statement: str) -> None:
    with closing(sqlite3.connect("handraise.db", isolation_level=None)) as connection:
        connection.execute(statement)


def first_id() -> str:
    with closing(sqlite3.connect("handraise.db")) as connection:
        return str(connection.execute("SELECT id FROM escalations ORDER BY id").fetchone()[0])


def test_what_happened_is_shown(store: Store, command: Runner) -> None:
    shown = command("log", "show")
    assert shown.code == 0
    header, first, *rest = shown.out.splitlines()
    assert header.split() == ["event", "at", "who", "what", "escalation", "detail"]
    assert first.split()[:4] == ["1", "2026-11-22", "19:50:10Z", "agent:support-agent"]
    assert first.endswith("…")
    assert "checkpoint" in rest[-1]
    found = command("log", "show", "--case", "ticket-1", "--json").json
    assert [one["kind"] for one in found] == ["created", "resolved"]
    assert found[0]["detail"] == {"note": "w" * 200, "to": "ines"}
    assert len(command("log", "show", "--escalation", first_id(), "--json").json) == 2
    assert len(command("log", "show", "--person", "ines", "--limit", "1", "--json").json) == 1
    since = command("log", "show", "--since", "2026-11-23", "--json").json
    assert [one["kind"] for one in since] == ["checkpoint"]
    assert command("log", "show", "--since", "2026-11-23T00:00+01:00", "--json").code == 0
    assert command("log", "show", "--person", "nobody").out == "nothing happened of that kind\n"
    assert command("log", "show", "--since", "noon").code == 2
    assert command("log", "show", "--since", "0001-01-01T00:00+05:00").code == 2


def test_a_record_that_is_whole_is_said_to_be(store: Store, command: Runner) -> None:
    found = command("log", "verify")
    assert found.code == 0
    assert found.out.startswith("the record is whole: nothing in it was edited")
    for said in (
        "5 events in the chain",
        "2 escalations held against",
        "2 decisions held against",
        "1 checkpoint: 4 events signed, the last of 2026-11-22",
        "what cannot be told",
    ):
        assert said in found.out
    assert command("log", "verify", "--json").json["flaw_count"] == 0


def test_every_flaw_is_named_and_ends_with_1(store: Store, command: Runner) -> None:
    edited("UPDATE events SET who = 'dana' WHERE kind = 'resolved'")
    edited("UPDATE escalations SET outcome = 'rejected' WHERE outcome = 'approved'")
    found = command("log", "verify")
    assert found.code == 1
    assert found.out.startswith("the record is not whole: 2 flaws\n")
    assert "  event 3: it was edited" in found.out
    assert f"  escalation {first_id()}: its row, or that of an ask, is not what event 3 left" in (
        found.out
    )
    assert command("log", "verify", "--json").json["flaws"][0]["seq"] == 3


def test_more_flaws_than_fit_are_counted(store: Store, command: Runner) -> None:
    edited(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1010)"
        " INSERT INTO events (seq, at, kind, who, agent, detail, detail_digest, link)"
        " SELECT 1000 + i, '', '', '', '', '{}', '', '' FROM n"
    )
    found = command("log", "verify")
    assert found.code == 1
    assert "  and 2," in found.out or "more" in found.out


def test_without_the_secret_signatures_are_not_checked(store: Store, command: Runner) -> None:
    Path("keys.json").write_text(json.dumps(Signer(read_or_make(SECRET)).jwks()), "utf-8")
    SECRET.unlink()
    found = command("log", "verify")
    assert found.code == 0
    assert "signatures were not checked" in found.out
    assert not SECRET.exists()
    assert "not checked" not in command("log", "verify", "--keys", "keys.json").out
    assert command("log", "export").code == 2
    Path("keys.json").write_text("[]", "utf-8")
    assert command("log", "verify", "--keys", "keys.json").code == 2
    assert command("log", "verify", "--keys", "nothing.json").code == 2


def test_an_export_is_checked_anywhere(store: Store, command: Runner, folder: Path) -> None:
    done = command("log", "export", "--to", "record.jsonl")
    assert (done.code, done.err) == (0, "record.jsonl: 8 lines written\n")
    Path("keys.json").write_text(json.dumps(Signer(read_or_make(SECRET)).jwks()), "utf-8")
    Path("handraise.db").unlink()
    SECRET.unlink()
    found = command("log", "verify", "record.jsonl", "--keys", "keys.json")
    assert found.code == 0
    day = json.loads(Path("record.jsonl").read_text("utf-8").splitlines()[-2])["at"][:10]
    assert f"1 checkpoint: 5 events signed, the last of {day}\n" in found.out
    assert "stand in the file itself" not in found.out
    assert "stand in the file itself" in command("log", "verify", "record.jsonl").out
    text = Path("record.jsonl").read_text("utf-8")
    Path("record.jsonl").write_text(text.replace('"who":"ines"', '"who":"dana"'), "utf-8")
    again = command("log", "verify", "record.jsonl", "--keys", "keys.json")
    assert again.code == 1
    assert "  event 3: it was edited" in again.out
    assert command("log", "verify", "nothing.jsonl").code == 2
    Path("odd.jsonl").write_bytes(b"\xff\xfe\n")
    assert command("log", "verify", "odd.jsonl").code == 2


def test_an_export_goes_to_stdout_too(store: Store, command: Runner) -> None:
    lines = command("log", "export").out.splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["header", "checkpoint", *["event"] * 5, "closing"]
    assert command("log", "export", "--to", "no/such/folder.jsonl").code == 2


def test_erasing_says_first_what_it_would_do(store: Store, command: Runner) -> None:
    would = command("log", "redact", "--case", "ticket-1")
    assert (would.code, would.out) == (
        0,
        "this would erase what 1 escalation and 1 decision were about; --yes does it\n",
    )
    assert command("log", "redact", "--case", "ticket-1", "--json").json["decisions"] == 1
    named = ("log", "redact", "--case", "ticket-1", "--as", "priya", "--reason", "asked", "--yes")
    done = command(*named)
    assert done.code == 0
    assert done.out == ("erased: 1 escalation, 1 decision, 1 message, the details of 2 events\n")
    assert "backups" in done.err
    found = command("log", "verify")
    assert found.code == 0
    assert "the details of 2 events were erased, and redactions say so" in found.out
    shown = command("log", "show", "--case", "ticket-1").out
    assert "erased" in shown
    assert "redacted" in shown
    assert command(*named, "--json").json["events"] == 0


def test_who_was_asked_stays_when_the_rest_is_erased(store: Store, command: Runner) -> None:
    opened = open_store(f"sqlite:///{Path('handraise.db').absolute()}")
    made = make_escalation(case="ticket-3")
    detail = {"to": "ines", "route": "finance_lead", "note": "w" * 200}
    happened = [make_event(made, kind="assigned", ask_id=made.asks[0].id, detail=detail)]
    opened.create_escalation(make_record(made), made, happened, [])
    opened.change(made.id, lambda found: (approval(found, "ines", after(hours=1)), []))
    opened.close()
    named = ("log", "redact", "--case", "ticket-3", "--as", "priya", "--reason", "asked", "--yes")
    assert command(*named).code == 0
    kept = '{"route":"finance_lead","to":"ines"}'
    shown = command("log", "show", "--case", "ticket-3").out
    assert f"erased, but for {kept}" in shown
    told = command("log", "show", "--case", "ticket-3", "--json").json
    assert [one["detail"] for one in told[:2]] == [json.loads(kept), None]
    assert "www" not in json.dumps(told)
    assert command("log", "verify").code == 0


def test_what_is_open_or_unknown_is_not_erased(store: Store, command: Runner) -> None:
    assert command("log", "redact", "--case", "ticket-2").code == 1
    assert command("log", "redact", "--case", "ticket-9").code == 1
    assert command("log", "redact").code == 2
    assert command("log", "redact", "--case", "ticket-1", "--yes").code == 2


def test_a_store_that_was_just_made_has_an_empty_record(command: Runner, folder: Path) -> None:
    assert command("log", "verify").code == 1
    assert not (folder / "handraise.db").exists()
    open_store(f"sqlite:///{folder / 'handraise.db'}", migrate=True).close()
    found = command("log", "verify")
    assert found.code == 0
    assert "nothing is signed yet" in found.out
