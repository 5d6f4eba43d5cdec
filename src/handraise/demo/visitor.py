"""Somebody at the keyboard: how they are let in, waited for, and left something to answer."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from handraise.demo.operation import Course, Shift
from handraise.demo.screen import Screen, has_display, is_enter_pressed
from handraise.demo.server import Visits

if TYPE_CHECKING:
    from handraise.service.wiring import Operation

VISITOR = "dana"
PATIENCE_BEFORE = 0.5
"""The share of the patience for somebody who has not come yet."""

LEFT_FOR_VISITOR = 5
LOOK_EVERY_S = 0.2
STAY_EVERY_S = 1.0


def is_at_terminal() -> bool:
    """Whether somebody sits there who could answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def let_in(
    operation: Operation, patience_s: float, say: Callable[[str], None], *, opens_browser: bool
) -> None:
    """Tell the visitor whose seat they take, with a link that signs them in once."""
    link = operation.door.link(VISITOR)
    name = operation.shelf.people()[VISITOR].name
    say(f"You are {name}, the supervisor. This link signs you in, once:")
    say(f"  {link}")
    say(f"{waits(patience_s)} With --unattended they do not wait at all.")
    if opens_browser and has_display():
        webbrowser.open(link)


def waits(patience_s: float) -> str:
    """Return for how long the example's people wait for the visitor, and how to hurry them."""
    return (
        f"The example's people wait {patience_s * PATIENCE_BEFORE:.0f} s for your first visit, and"
        f" {patience_s:.0f} s after each page you open or answer you give. Enter hurries them."
    )


def wait_for(shift: Shift, screen: Screen, patience_s: float, visits: Visits) -> None:
    """Come back to what the visitor decides, until they have done nothing for a while."""
    screen.say(f"Everything is judged; {len(shift.waiting)} escalations wait. {waits(patience_s)}")
    pause = threading.Event()
    judged = time.monotonic()
    while shift.waiting and not is_enter_pressed():
        if shift.come_back():
            screen.step(shift.courses)
        seen = visits.last
        until = judged + patience_s * PATIENCE_BEFORE if seen is None else seen + patience_s
        if time.monotonic() >= until:
            break
        pause.wait(LOOK_EVERY_S)
    screen.say("The example's people answer now; some are left for you.")


def left_for_visitor(waiting: Sequence[Course]) -> set[str]:
    """Return the escalations that are left to the visitor: some that they can answer alone."""
    alone = [course for course in waiting if course.routes == ("support_supervisor",)]
    return {course.escalation_id or "" for course in alone[-LEFT_FOR_VISITOR:]}


def stay(shift: Shift, base_url: str, say: Callable[[str], None]) -> None:
    """Keep the pages open until Ctrl-C, and let the agent act on what the visitor answers."""
    pause = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        left = len(shift.waiting)
        say(f"\n{left} escalations are left for you at {base_url}. Ctrl-C ends it.")
        while True:
            for course in shift.come_back():
                say(_decided(course))
            pause.wait(STAY_EVERY_S)


def _decided(course: Course) -> str:
    """Return what was decided about a course, and what the agent did."""
    resolution = course.resolution
    outcome, by = (resolution.outcome, resolution.by) if resolution else ("open", None)
    did = course.words or "does nothing"
    return f"{course.request.id}: {outcome} by {by}; the agent {did}."
