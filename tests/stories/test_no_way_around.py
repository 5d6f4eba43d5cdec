"""No way around: whatever is tried, a table that its owner has not signed for lets nothing go ahead.

The lists of ways in are taken from the code: a new public name, setting, command or endpoint fails
here until somebody has thought of what it could let through.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import handraise
from handraise import AsyncGate, Decision, Error, GrantError, Resolution, Verdict, guarded
from handraise.cli.app import app as commands
from handraise.cli.app import run
from handraise.clock import ManualClock
from handraise.service.granting.verifying import once, verify_grant
from handraise.service.secrets import Signer
from handraise.service.wiring import Operation
from handraise.settings import VARIABLES, Settings
from handraise.web.api.table import ENDPOINTS
from handraise.web.app import create_app
from tests.support.operation import (
    AGENT,
    SURE,
    TABLE,
    gate_of,
    opened,
)
from tests.support.server import Server

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEYED = {**SURE, "key": "ticket-991/1"}
PROPOSAL = SURE["proposal"]


@pytest.fixture
def operation(tmp_path: Path, migrated_file: Path) -> Iterator[Operation]:
    """Return an operation whose people are reachable and willing, and that nobody signed for."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    operation = opened(tmp_path, clock=ManualClock(MONDAY), is_ready=False)
    yield operation
    operation.close()


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a table that nobody signed for, in the present folder."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    for variable, _ in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    return path


def refuses(tried: Callable[[], Any], *errors: type[BaseException]) -> bool:
    """Whether something that would act is refused."""
    with pytest.raises(errors or GrantError):
        tried()
    return True


def stops(gate: Any) -> bool:
    """Whether a gate, looked at anew, lets nothing go ahead and gives no grant."""
    verdict = gate.decide(**KEYED)
    made_up = Verdict(Decision(**KEYED), version=verdict.version)
    return verdict.escalated and not verdict.may_act and refuses(lambda: gate.grant(made_up))


# Every public name


def tool_of(gate: Any) -> Any:
    """Return a tool that must not run."""

    @guarded(gate, action="refund")
    def refund(refund: float) -> None:
        raise AssertionError(f"it refunded {refund}")

    return refund


def by_open(_operation: Operation, folder: Path) -> bool:
    copy = folder / "again"
    copy.mkdir()
    (copy / "handraise.yaml").write_text(TABLE)
    with handraise.open(copy / "handraise.yaml", console=True, worker=False) as gate:
        return stops(gate)


def by_open_in_rehearsal(_operation: Operation, folder: Path) -> bool:
    copy = folder / "practice"
    copy.mkdir()
    (copy / "handraise.yaml").write_text(TABLE)
    path = copy / "handraise.yaml"
    with handraise.open(path, console=True, worker=False, rehearsal=True) as gate:
        verdict = gate.decide(**KEYED)
        return not verdict.may_act and refuses(lambda: gate.grant(verdict))


def by_connect(operation: Operation, _folder: Path) -> bool:
    _, secret = operation.door.make_key(AGENT, "the agent")
    server = Server.of(operation)
    try:
        with handraise.connect(server.url, secret) as gate:
            return stops(gate)
    finally:
        server.close()


def by_async(operation: Operation, _folder: Path) -> bool:
    gate = AsyncGate(gate_of(operation))
    verdict = asyncio.run(gate.decide(**KEYED))
    return verdict.escalated and not verdict.may_act


def by_work(operation: Operation, _folder: Path) -> bool:
    with gate_of(operation).work(case="ticket-991") as work:
        return work.decide(**SURE).escalated


def by_verdict(operation: Operation, _folder: Path) -> bool:
    gate = gate_of(operation)
    made_up = Verdict(Decision(**KEYED), version=gate.table.version)
    assert made_up.may_act, "anybody can write this down; nothing takes it"
    tool = tool_of(gate)
    return refuses(lambda: gate.grant(made_up)) and refuses(lambda: tool(refund=40))


def by_resolution(operation: Operation, _folder: Path) -> bool:
    forged = Signer("another secret that is long enough").sign({"agent": AGENT}, "grant+jwt")
    made_up = Resolution(
        escalation_id="x", outcome="approved", proposal=PROPOSAL, at=MONDAY, grant=forged
    )
    tool = tool_of(gate_of(operation))
    return refuses(lambda: tool(refund=40, grant=made_up.grant))


def by_grant(operation: Operation, _folder: Path) -> bool:
    """Try a statement of ours that is no grant, and one of somebody else."""
    ours = operation.signer.sign({"statement": "ready", "agent": AGENT})
    other = Signer("another secret that is long enough").sign({"agent": AGENT})
    keys = operation.signer.jwks()
    return all(
        refuses(
            lambda said=said: verify_grant(said, keys=keys, action="refund", proposal=PROPOSAL),
            Error,
            TypeError,
        )
        for said in (ours, other, "", "..")
    )


def by_once(operation: Operation, folder: Path) -> bool:
    assert once is handraise.once
    return by_grant(operation, folder)


def nothing(_operation: Operation, _folder: Path) -> bool:
    """Say of a name that it neither decides nor acts."""
    return True


PUBLIC: dict[str, tuple[Callable[[Operation, Path], bool], ...]] = {
    "open": (by_open, by_open_in_rehearsal),
    "connect": (by_connect,),
    "AsyncGate": (by_async,),
    "Decision": (by_verdict, by_work),
    "Verdict": (by_verdict,),
    "Resolution": (by_resolution,),
    "Grant": (by_grant,),
    "guarded": (by_verdict,),
    "verify_grant": (by_grant,),
    "once": (by_once,),
    **dict.fromkeys(
        (
            *("Error", "GrantError", "HumanNeeded", "KeyConflictError", "NotFoundError"),
            *("StillOpenError", "StoreUnavailableError", "TableError"),  # are raised, not made
            *("Reason", "__version__"),  # say something
            *("agreement_confidence", "choice_confidence", "combined_confidence"),  # numbers that
            *("logprob_confidence", "verbal_confidence"),  # the gate judges as any other
        ),
        (nothing,),
    ),
}


def test_every_public_name_was_thought_of():
    assert set(PUBLIC) == set(handraise.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_no_public_name_lets_anything_go_ahead(name: str, operation: Operation, tmp_path: Path):
    for tried in PUBLIC[name]:
        assert tried(operation, tmp_path), tried.__name__


# Every setting, and its variable in the environment

SET: dict[str, str] = {
    "store_url": "sqlite:///{folder}/another.db",
    "base_url": "http://ready.example.com",
    "host": "127.0.0.1",
    "port": "1",
    "secret": "a secret of somebody else, long enough",
    "secret_file": "{folder}/another.secret",
    "mail": "mailto://user:pass@mail.example.com",
    "embeddings_key": "key",
    "console": "1",
    "heartbeat_url": "http://127.0.0.1:1/ping",
    "push_hosts": "http://127.0.0.1:1",
    "push_contact": "mailto:operations@example.com",
    "slack_token": "xoxb-1",
    "slack_signing_secret": "secret",
    "slack_api": "http://127.0.0.1:1",
    "openid_issuer": "https://id.example.com",
    "openid_client_id": "handraise",
    "openid_client_secret": "secret",
    "openid_name": "Example",
    "openid_claim": "person",
    "proxies": "127.0.0.1",
}


def test_every_setting_was_thought_of():
    assert set(SET) == set(Settings.__struct_fields__) == set(VARIABLES)


@pytest.mark.parametrize("name", sorted(SET))
def test_no_setting_lets_anything_go_ahead(name: str, file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")
    monkeypatch.setenv(VARIABLES[name][0], SET[name].format(folder=file.parent))
    with handraise.open(file, worker=False) as gate:
        assert stops(gate)


# Every command

WAIVE = ["--waive", "drilled", "--because", "let me", "--until", "30d"]
ALL = [
    part
    for code in ("claims", "capacity", "reachable", "accepted", "drilled")
    for part in ("--waive", code)
]
COMMANDS: dict[str, list[list[str]]] = {
    "try": [["--decision", '{"type": "refund_request", "action": "refund", "confidence": 0.9}']],
    "ready": [
        ["--as", "priya"],
        ["--as", "dana", *ALL, "--because", "let me", "--until", "30d"],
        ["--as", "priya", *WAIVE],
        ["--as", "priya", "--waive", "sound", "--because", "let me", "--until", "30d"],
        ["--as", "priya", *ALL, "--because", "let me", "--until", "400d"],
        ["--as", "priya", *ALL, "--because", " ", "--until", "30d"],
        ["--show"],
    ],
    "publish": [[], ["--as", "priya"], ["--as", "dana"], ["--list"]],
    "rollback": [
        ["--as", "priya", "--because", "let me"],
        ["0", "--as", "priya", "--because", "x"],
    ],
}
HARMLESS = {
    **dict.fromkeys(("check", "table", "schema", "test", "prove", "diff", "report"), "only read"),
    **dict.fromkeys(("init", "learn", "calibrate"), "write files, which are another version"),
    **dict.fromkeys(("backtest", "drill", "rehearse"), "write evidence, and never sign"),
    **dict.fromkeys(("serve", "worker"), "serve what is tried over HTTP below"),
    **dict.fromkeys(("inbox", "people", "situations"), "are what people say, and they decide"),
    **dict.fromkeys(("log", "store"), "read, copy and erase records"),
    **dict.fromkeys(("watch", "audits", "outcomes"), "say how it went, afterwards"),
    "advice": "writes into the table's file, which is another version",
    "key": "makes agents' keys, which let in and nothing more",
    "wall": "makes addresses at which counts are shown",
    "demo": "has a store and a table of its own",
}


def names_of_commands() -> set[str]:
    single = {str(one.name) for one in commands.registered_commands}
    return single | {str(one.name) for one in commands.registered_groups}


def test_every_command_was_thought_of():
    assert {*COMMANDS, *HARMLESS} == names_of_commands()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_command_signs_for_what_is_red(
    name: str, file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")
    for arguments in COMMANDS[name]:
        run([name, *arguments])
    with handraise.open(file, worker=False) as gate:
        assert stops(gate)
    capfd.readouterr()


# Every endpoint

CALLS: dict[str, tuple[str, Any]] = {
    "decide": ("/api/v1/decisions", [SURE, {**SURE, "ready": True}, KEYED]),
    "give_grant": ("/api/v1/grants", {"decision": KEYED}),
    "use_grant": ("/api/v1/grants/use", {"grant": "..", "action": "refund", "proposal": PROPOSAL}),
    "list_escalations": ("/api/v1/escalations", None),
    "start_work": ("/api/v1/work", {"case": "ticket-991"}),
    "get_table": ("/api/v1/table", None),
}
CALM = {
    *("get_escalation", "withdraw_escalation"),  # tell of what a person decided, or end it
    *("beat_work", "finish_work", "fail_work"),  # say how work goes on
    *("give_sign_of_life", "leave", "report_outcomes"),  # say that it lives, and how it went
    *("acknowledge_ask", "release_ask", "reassign_ask", "delegate_ask", "answer_ask"),  # people
    *("get_keys", "get_schema", "get_metrics", "get_live", "get_ready"),  # tell
}


def test_every_endpoint_was_thought_of():
    assert {*CALLS, *CALM} == {endpoint.name for endpoint in ENDPOINTS}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_no_endpoint_lets_an_agent_act(name: str, operation: Operation):
    _, secret = operation.door.make_key(AGENT, "the agent")
    path, body = CALLS[name]
    endpoint = next(one for one in ENDPOINTS if one.name == name)
    with TestClient(create_app(operation), base_url="http://127.0.0.1") as client:
        headers = {"Authorization": f"Bearer {secret}"}
        for query in ("", "?rehearsal=false&ready=true"):
            answer = client.request(
                endpoint.method, path + query, headers=headers, json=body if body else None
            )
            assert '"may_act":true' not in answer.text
            assert '"ready":true' not in answer.text
            assert "eyJ" not in answer.text, "a grant"
    operation.recorder.flush()
    assert operation.store.counts(AGENT, now=operation.clock.now()).proceeded == 0
