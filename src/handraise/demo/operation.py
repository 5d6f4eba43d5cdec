"""The agent at the gate: it asks before it acts, goes on with other requests, and comes back.

INVARIANT: what is done is either what the gate let go ahead, or exactly what a person's resolution
allows, each by a guarded tool with its grant; everything else is left to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from handraise.demo.agent import Draft
from handraise.demo.requests import Request
from handraise.demo.tools import tools_of
from handraise.model import Resolution
from handraise.service.deciding.gate import EmbeddedGate


class Course(Struct, kw_only=True):
    """How it went with one request.

    Attributes:
        request: the request.
        draft: what the agent wanted to do.
        rows: the rows that stopped it; empty when it went ahead.
        routes: who had to agree.
        escalation_id: the escalation, when it stopped.
        resolution: what a person decided; None while nobody has, and when it went ahead.
        did: exactly what the agent did in the end; None when it did nothing.
        words: what the tool said that did it.
    """

    request: Request
    draft: Draft
    rows: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    escalation_id: str | None = None
    resolution: Resolution | None = None
    did: Any = None
    words: str = ""

    @property
    def is_alone(self) -> bool:
        """Whether the agent went ahead without asking anybody."""
        return not self.rows

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet."""
        return bool(self.rows) and self.resolution is None


class Shift:
    """One agent's work at one gate."""

    def __init__(self, gate: EmbeddedGate) -> None:
        """Keep the gate."""
        self._gate = gate
        self._tools = tools_of(gate)
        self._waiting: dict[str, Course] = {}
        self.courses: list[Course] = []

    @property
    def waiting(self) -> list[Course]:
        """The courses whose escalation is still open, the oldest first."""
        return list(self._waiting.values())

    def take(self, request: Request, draft: Draft) -> Course:
        """Return how it goes with a request: done at once, or with a person now."""
        with self._gate.work(case=request.id) as work:
            verdict = work.decide(
                type=draft.type,
                action=draft.action,
                confidence=draft.confidence,
                text=request.text,
                proposal=draft.proposal,
                context=_context(request, draft),
                key=f"{request.id}/1",
            )
            course = Course(
                request=request,
                draft=draft,
                rows=tuple(dict.fromkeys(reason.row for reason in verdict.reasons)),
                routes=verdict.routes,
                escalation_id=verdict.escalation_id,
            )
            if not verdict.escalated:
                self._act(course, draft.proposal, self._gate.grant(verdict))
        self.courses.append(course)
        if course.escalation_id is not None:
            self._waiting[course.escalation_id] = course
        return course

    def come_back(self) -> list[Course]:
        """Return the courses that people have decided since; what they allow is done."""
        decided = [course for course in self.waiting if self._settle(course)]
        for course in decided:
            self._waiting.pop(course.escalation_id or "")
        return decided

    def _settle(self, course: Course) -> bool:
        resolution = self._gate.resolution(course.escalation_id)
        if resolution is None:
            return False
        course.resolution = resolution
        if resolution.may_act:
            with self._gate.work(case=course.request.id):
                self._act(course, resolution.proposal, resolution.grant)
        return True

    def _act(self, course: Course, proposal: Any, grant: str | None) -> None:
        """Do exactly what is proposed; without a grant for it the tool does not run."""
        course.words = self._tools[course.draft.action](**proposal, grant=grant)
        course.did = proposal


def of_type(courses: Iterable[Course], *, unfamiliar: bool) -> list[Course]:
    """Return the courses of unfamiliar requests, or of familiar ones."""
    return [course for course in courses if course.request.is_for_a_person is unfamiliar]


def _context(request: Request, draft: Draft) -> dict[str, Any]:
    """Return what the person needs to see beside the message."""
    context: dict[str, Any] = {
        "likeliest types": {type: f"{share:.0%}" for type, share in draft.nearest},
    }
    if request.amount:
        context["amount on the record (USD)"] = request.amount
    return context
