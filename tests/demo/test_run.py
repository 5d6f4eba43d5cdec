"""The example from end to end: real training, gate, store, pages and sessions; only the mail stays here."""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from handraise.clock import SystemClock
from handraise.demo.pages import forms_of
from handraise.demo.requests import Columns, familiar
from handraise.demo.run import Options, run
from handraise.demo.server import listen
from handraise.errors import InputError
from handraise.store import open_store

HURRY = """
import sys
from handraise.demo.run import Options, run
sys.exit(run(Options(limit=30, serve=True, no_browser=True, patience_s=float(sys.argv[1]), port=0)))
"""


def _report(options: Options, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(options) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_small_run_ends_with_every_stop_answered_and_all_of_it_on_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    found = _report(Options(limit=60, keep=folder, as_json=True), capsys)
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


def test_whatever_was_done_was_done_by_a_guarded_tool_that_used_its_grant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    found = _report(Options(limit=30, keep=folder, as_json=True), capsys)
    with contextlib.closing(sqlite3.connect(folder / "handraise.db")) as database:
        (used,) = database.execute("SELECT count(*) FROM used_grants").fetchone()
    assert used == found["with_people"]["done"] > found["alone"] > 0


def test_whatever_people_decide_is_right_so_all_errors_were_the_agents_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = _report(Options(limit=80, seed=3, as_json=True), capsys)
    assert found["with_people"]["wrong"] == found["with_gate"]["wrong"]
    assert found["with_people"]["money_usd"] == found["with_gate"]["money_usd"]
    assert found["without_gate"]["rate"] > found["with_people"]["rate"]
    assert found["by_outcome"]["taken_over"] == found["unfamiliar_stopped"]


def test_the_same_seed_stops_at_the_same_requests(capsys: pytest.CaptureFixture[str]) -> None:
    first = _report(Options(limit=25, seed=5, as_json=True), capsys)
    second = _report(Options(limit=25, seed=5, as_json=True), capsys)
    assert first["by_row"] == second["by_row"]
    assert first["by_outcome"] == second["by_outcome"]


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


def test_a_kept_run_says_where_things_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    assert run(Options(limit=5, keep=folder, serve=True, unattended=True, port=0)) == 0
    err = capsys.readouterr().err.replace("\n", "")
    assert err.startswith("The example's people answer by themselves (--unattended).")
    assert f"The routing table of this run: {folder / 'handraise.yaml'}" in err
    assert err.endswith(f"Kept in {folder}: the table (handraise.yaml), the store, the secret.")
    assert (folder / "handraise.db").exists()


class _Terminal:
    """A run with somebody at the keyboard."""

    def __init__(self, patience_s: float) -> None:
        self._end, inside = pty.openpty()
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", HURRY, str(patience_s)],
            stdin=inside, stdout=inside, stderr=inside, env=env, start_new_session=True,
        )  # fmt: skip
        os.close(inside)
        self.text = ""

    def read_until(self, pattern: str, within_s: float = 90) -> re.Match[str]:
        end = time.monotonic() + within_s
        while (found := re.search(pattern, self.text)) is None:
            assert time.monotonic() < end, self.text
            self.text += os.read(self._end, 4096).decode(errors="replace")
        return found

    def press_enter(self) -> None:
        os.write(self._end, b"\n")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # the terminal is gone when the process is
            while part := os.read(self._end, 4096):
                self.text += part.decode(errors="replace")
        code = self.process.wait(30)
        os.close(self._end)
        return code


def test_a_visitor_is_left_something_to_answer_and_the_agent_acts_on_it() -> None:
    terminal = _Terminal(patience_s=0)
    link = terminal.read_until(r"(http://127\.0\.0\.1:\d+)/enter/(\S+)")
    left = terminal.read_until(r"(\d+) escalations are left for you")
    assert int(left.group(1)) == 5
    with httpx.Client(base_url=link.group(1), trust_env=False, follow_redirects=True) as browser:
        door = forms_of(browser.get(f"/enter/{link.group(2)}").text)[0]
        inbox = browser.post(f"/enter/{link.group(2)}", data=door.fields)
        opened = re.search(r"/escalations/[0-9a-f-]+", inbox.text)
        assert opened, inbox.text
        forms = forms_of(browser.get(opened.group()).text)
        takes = next(form for form in forms if form.fields.get("kind") == "take_over")
        browser.post(takes.action, data={**takes.fields, "reason": "I know this customer."})
    terminal.read_until("taken_over by dana; the agent does nothing")
    assert terminal.interrupt() == 0, terminal.text


def test_a_visitor_has_time_before_the_others_answer() -> None:
    terminal = _Terminal(patience_s=600)
    terminal.read_until("wait 300 s for your first visit, and 600 s after each page you open")
    terminal.read_until("Everything is judged")
    assert "are left for you" not in terminal.text
    assert terminal.interrupt() != 0


def test_enter_hurries_the_others() -> None:
    terminal = _Terminal(patience_s=600)
    terminal.read_until("Everything is judged")
    terminal.press_enter()
    terminal.read_until("escalations are left for you")
    assert terminal.interrupt() == 0


def test_the_known_types_of_the_example_are_all_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = _report(Options(as_json=True), capsys)
    run_of_each = round(len(familiar()) * 0.22 / 28)
    assert found["requests"] == 28 * run_of_each + found["unfamiliar"]
    assert found["waiting"] == 0
    looked = found["looked"]
    assert looked["stopped"] / looked["familiar"] <= looked["promise"]["high"]
    assert looked["caught"] / looked["unfamiliar"] > 4 * looked["stopped"] / looked["familiar"]
