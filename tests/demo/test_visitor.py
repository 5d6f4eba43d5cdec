"""The example with somebody at the keyboard, who answers what is left for them."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time

import httpx

from handraise.demo.pages import forms_of

HURRY = """
import sys
from handraise.demo.run import Options, run
sys.exit(run(Options(limit=30, serve=True, no_browser=True, patience_s=float(sys.argv[1]), port=0)))
"""


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


def test_a_visitor_has_time_before_the_others_answer_and_enter_hurries_them() -> None:
    terminal = _Terminal(patience_s=600)
    terminal.read_until("wait 300 s for your first visit, and 600 s after each page you open")
    terminal.read_until("Everything is judged")
    assert "are left for you" not in terminal.text
    terminal.press_enter()
    terminal.read_until("escalations are left for you")
    assert terminal.interrupt() == 0
