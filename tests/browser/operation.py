"""A real operation in processes of its own: the commands as a user types them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.support.mailbox import Mailbox, words_of

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes,  contact: "mailto:dana@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {support_supervisor: [dana], finance_lead: [ines]}
actions:
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: text?}}
facts:
  revenue_usd: {type: number, unit: USD, from: {refund: proposal.refund}, otherwise: 0}
known: [refund_request, card_not_arrived, change_address]
escalate:
  confidence:  {below: 0.72, to: support_supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty:     {unknown: type, to: support_supervisor, tag: new situation}
tests:
  - {name: small and sure, given: {type: refund_request, action: refund, confidence: 0.9, proposal: {refund: 40}}, expect: proceed}
  - {name: a big one, given: {type: refund_request, action: refund, confidence: 0.9, proposal: {refund: 6200}}, expect: {escalate: [finance_lead]}}
  - {name: unsure and new, given: {type: alien, action: refund, confidence: 0.2, proposal: {refund: 4}}, expect: {escalate: [support_supervisor]}}
"""


class RealOperation:
    """A folder with a table, and commands run in it."""

    def __init__(self, folder: Path, port: int, mail: str) -> None:
        """Write the table; nothing runs yet."""
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        (folder / "handraise.yaml").write_text(TABLE, encoding="utf-8")
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("HANDRAISE_")
            },
            "HANDRAISE_MAIL": mail,
            "HANDRAISE_PORT": str(port),
            "NO_COLOR": "1",
        }
        self._server: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> str:
        """Return what a command prints; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "handraise", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def agent_key(self) -> str:
        """Return the secret of a new agent's key."""
        printed = self.command("key", "add", "support-agent", "--label", "browser story")
        found = re.search(r"hrk_[A-Za-z0-9_\-.]+", printed)
        assert found, printed
        return found.group(0)

    def serve(self) -> None:
        """Start the server and wait until it is ready."""
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "handraise", "serve"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._server.poll() is None, (self.folder / "server.log").read_text()
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            self._server.poll()
            _pause()
        raise AssertionError((self.folder / "server.log").read_text())

    def settle_in(self, mailbox: Mailbox) -> None:
        """Let everybody use the code that came to them, and accept their duty."""
        waiting = {"dana", "ines", "priya"}
        while waiting:
            mail = mailbox.next()
            code = re.search(r"/verify/(\S+)", words_of(mail))
            assert code, mail["Subject"]
            self.command("people", "verify", code[1])
            person = mail["To"].partition("@")[0]
            waiting.remove(person)
            self.command("people", "duties", person, "--accept", "support-agent", "--as", person)

    def stop(self) -> None:
        """End the server as an operator would; it must end cleanly."""
        if self._server is not None:
            self._server.terminate()
            assert self._server.wait(timeout=30) == 0, (self.folder / "server.log").read_text()
            self._server = None


def _pause() -> None:
    """Give the server's process a moment; it is another process, so no clock of ours reaches it."""
    time.sleep(0.1)
