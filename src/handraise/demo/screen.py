"""What the run shows while it goes: a progress bar and, sparingly, the messages that people get.

Everything here goes to standard error, so that standard output holds the report and nothing else.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from handraise.core.table.types import Person
from handraise.demo.mail import Mailboxes
from handraise.demo.operation import Course

FIRST_SHOWN = 5
THEN_EVERY = 100


class Screen:
    """The run as a person at the terminal sees it."""

    def __init__(self, console: Console, people: Mapping[str, Person], mail: Mailboxes) -> None:
        """Keep where to show what; nothing is shown before `with`."""
        self.console = console
        self._people = people
        self._mail = mail
        self._messages = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._judged: TaskID | None = None
        self._answered: TaskID | None = None

    def __enter__(self) -> Screen:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture standing."""
        self._progress.stop()

    def begin(self, requests: int) -> None:
        """Show how many requests there are."""
        self._judged = self._progress.add_task("requests judged", total=requests)
        self._answered = self._progress.add_task("escalations answered", total=0)

    def step(self, courses: list[Course]) -> None:
        """Show how far the run is, and what people were sent meanwhile."""
        stopped = sum(not course.is_alone for course in courses)
        waiting = sum(course.is_waiting for course in courses)
        if self._judged is not None:
            self._progress.update(self._judged, completed=len(courses))
        if self._answered is not None:
            self._progress.update(self._answered, total=stopped, completed=stopped - waiting)
        for message in self._mail.to_show():
            self._messages += 1
            if self._messages <= FIRST_SHOWN or self._messages % THEN_EVERY == 0:
                person = self._people.get(message.to)
                name = person.name if person else message.to
                self.say(f"✉ {self._messages:,} to {name}: {message.subject}")
                if self._messages == FIRST_SHOWN:
                    self.say(f"  … and so on; from here on one in {THEN_EVERY}")

    def say(self, text: str) -> None:
        """Show a line above the bars."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def is_enter_pressed() -> bool:
    """Whether a line waits at the terminal; it is read. Where that cannot be asked, never."""
    try:
        if not select.select([sys.stdin], [], [], 0)[0]:
            return False
    except (OSError, ValueError):
        return False
    sys.stdin.readline()
    return True


def has_display() -> bool:
    """Whether a browser can be opened for somebody to see."""
    if not sys.stderr.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
