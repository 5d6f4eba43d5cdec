"""The example from end to end: real training, gate, store, pages and sessions; only the mail stays here."""

import contextlib
import io
import json
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from handraise.clock import SystemClock
from handraise.demo.requests import Columns, familiar
from handraise.demo.run import Options, run
from handraise.demo.server import listen
from handraise.errors import InputError
from handraise.store import open_store


def _report(options: Options, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(options) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


class _Kept(NamedTuple):
    """A run that was kept: where, what it reported, what it said meanwhile."""

    folder: Path
    found: dict[str, Any]
    said: str


SMALL = Options(limit=60, seed=3, serve=True, unattended=True, port=0, as_json=True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> _Kept:
    """Return a small run; training and learning take most of one, so that several tests share it."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert run(replace(SMALL, keep=folder)) == 0
    return _Kept(folder, json.loads(out.getvalue()), err.getvalue())


def test_a_small_run_ends_with_every_stop_answered_and_all_of_it_on_record(kept: _Kept) -> None:
    folder, found, _ = kept
    assert found["requests"] == 60
    assert found["alone"] + found["stopped"] == 60
    assert found["waiting"] == 0
    assert found["stopped"] == sum(found["by_outcome"].values())
    assert set(found["by_person"]) <= {"dana", "marc", "ines", "noor"}
    assert {"approved", "changed", "taken_over"} <= set(found["by_outcome"])
    store = open_store(f"sqlite:///{folder / 'handraise.db'}")
    with contextlib.closing(store):
        counts = store.counts("support-agent", now=SystemClock().now())
        assert (counts.decided, counts.proceeded, counts.open) == (60, found["alone"], 0)
        assert dict(counts.by_outcome) == found["by_outcome"]
        team = {"dana", "marc", "ines", "noor", "priya"}
        assert {one.person for one in store.contact_records() if one.verified_at} == team
        assert {one.person for one in store.duties() if one.state == "accepted"} == team
        ready = store.newest_ready("support-agent")
        assert ready is not None
        assert {waiver.line for waiver in ready.waivers} == {"capacity", "drilled"}
        assert {line["state"] for line in ready.evidence} == {"green", "yellow", "waived"}
        asked = {one.ask_id for one in store.messages(limit=1_000) if one.kind == "asked"}
        assert found["messages"] < len(asked) == found["asks"]
        assert dict(counts.by_row) == {
            row["row"]: row["stopped"] for row in found["by_row"] if row["stopped"]
        }


def test_whatever_was_done_was_done_by_a_guarded_tool_that_used_its_grant(kept: _Kept) -> None:
    found = kept.found
    with contextlib.closing(sqlite3.connect(kept.folder / "handraise.db")) as database:
        (used,) = database.execute("SELECT count(*) FROM used_grants").fetchone()
    assert used == found["with_people"]["done"] > found["alone"] > 0


def test_whatever_people_decide_is_right_so_all_errors_were_the_agents_alone(kept: _Kept) -> None:
    found = kept.found
    assert found["with_people"]["wrong"] == found["with_gate"]["wrong"]
    assert found["with_people"]["money_usd"] == found["with_gate"]["money_usd"]
    assert found["without_gate"]["rate"] > found["with_people"]["rate"]
    assert found["by_outcome"]["taken_over"] == found["unfamiliar_stopped"]


@pytest.mark.uncounted
def test_the_same_seed_stops_at_the_same_requests(
    kept: _Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    again = _report(SMALL, capsys)
    assert kept.found["by_row"] == again["by_row"]
    assert kept.found["by_outcome"] == again["by_outcome"]


def _own(folder: Path) -> tuple[Path, Path]:
    """Write requests of one's own: two kinds that can be told apart, one that is rare, and strange ones."""
    rows = [
        ("where is my parcel number", "parcel", ""),
        ("please give money back for it", "money", "30"),
    ]
    lines = ["words,label,usd"]
    lines += [f"{words} {n},{label},{usd}" for n in range(150) for words, label, usd in rows]
    lines += ["lone words,lonely,"]
    (folder / "own.csv").write_text("\n".join(lines))
    strange = ["words,label,usd", "Ωψχ ЖЩЮ,strange,", "漢字,strange,", "where is my parcel,parcel,"]
    (folder / "strange.csv").write_text("\n".join(strange))
    return folder / "own.csv", folder / "strange.csv"


def test_requests_of_ones_own_are_run_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, strange = _own(tmp_path)
    columns = Columns(text="words", type="label", amount="usd")
    options = Options(requests=own, unfamiliar=strange, columns=columns, as_json=True)
    assert run(options) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert re.search(r"The routing table of this run: \S+handraise.yaml \(removed", err)
    assert "lonely (1)" in err
    assert re.search(
        r"It promises: of familiar requests it stops 1\d(\.\d)?%, with these rows ", err
    )
    assert found["looked"]["caught"] == 2
    assert "1 of the unfamiliar are familiar" in err
    assert found["unfamiliar"] == 2
    assert found["unfamiliar_stopped"] == 2
    assert found["accuracy"] == 1.0
    assert found["with_gate"]["wrong"] == 0


@pytest.mark.uncounted
def test_the_report_is_for_people_unless_json_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(Options(limit=10, unattended=True)) == 0
    out, err = capsys.readouterr()
    assert "10 requests:" in out
    assert "what it was worth" in out
    assert "✉ 1 to " in err
    assert err.index("  Dana Reyes: support_supervisor\n") < err.index("Priya Raman has signed")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(limit=0), "--limit"),
        (Options(requests=Path("none.csv")), "none.csv: there is no such file"),
        (Options(unfamiliar=Path("none.csv")), "none.csv: there is no such file"),
    ],
    ids=["limit", "requests", "unfamiliar"],
)
def test_what_cannot_be_run_is_refused_before_anything_is_done(
    options: Options, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(said)):
        run(options)
    assert list(tmp_path.iterdir()) == []


def test_where_its_port_is_taken_another_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with contextlib.closing(listen(taken)) as found:
            assert found.getsockname()[1] not in {0, taken}


@pytest.mark.uncounted
def test_serving_without_a_terminal_ends_by_itself() -> None:
    line = [
        sys.executable,
        "-m",
        "handraise",
        "demo",
        "--serve",
        "--limit",
        "20",
        "--port",
        "0",
        "--json",
    ]
    done = subprocess.run(
        line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["waiting"] == 0
    assert "The inbox is open at http://127.0.0.1:" in done.stderr
    assert done.stderr.startswith("No terminal: the example's people answer by themselves; run it ")


def test_a_kept_run_says_where_things_are(kept: _Kept) -> None:
    folder, said = kept.folder, kept.said.replace("\n", "")
    assert said.startswith("The example's people answer by themselves (--unattended).")
    assert f"The routing table of this run: {folder / 'handraise.yaml'}" in said
    assert said.endswith(f"Kept in {folder}: the table (handraise.yaml), the store, the secret.")
    assert (folder / "handraise.db").exists()


@pytest.mark.uncounted
def test_the_known_types_of_the_example_are_all_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = _report(Options(as_json=True), capsys)
    run_of_each = round(len(familiar()) * 0.22 / 28)
    assert found["requests"] == 28 * run_of_each + found["unfamiliar"]
    assert found["waiting"] == 0
    looked = found["looked"]
    assert looked["stopped"] / looked["familiar"] <= looked["promise"]["high"]
    assert looked["caught"] / looked["unfamiliar"] > 4 * looked["stopped"] / looked["familiar"]
